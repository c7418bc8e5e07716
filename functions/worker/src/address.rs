//! Which addresses may be fetched.
//!
//! A product's address comes from people, and a shop can redirect anywhere: without a check the
//! worker would be a way into whatever network it runs in. So only http and https are fetched,
//! and only from public addresses. Every name is resolved here, and the connection goes to the
//! very addresses that were checked, at each redirect anew.

use std::collections::HashSet;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use url::{Host, Url};

/// Why an address is not fetched.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Refused {
    #[error("{0:?} is not a web address: {1}")]
    NotAnAddress(String, String),
    #[error("only http and https are fetched, not {0}")]
    Scheme(String),
    #[error("{0} is an address inside a private network")]
    Private(String),
    #[error("the shop sends a request with a secret header on to {0}")]
    OtherOrigin(String),
}

/// The rule: public addresses, and the hosts that the owner allows besides.
#[derive(Debug, Clone, Default)]
pub struct Addresses {
    allowed: Arc<HashSet<String>>,
}

impl Addresses {
    /// Reads a list of `host` or `host:port` that may be private, separated by commas.
    pub fn allowing(list: &str) -> Self {
        let allowed = list
            .split(',')
            .map(|host| host.trim().to_ascii_lowercase())
            .filter(|host| !host.is_empty())
            .collect();
        Self {
            allowed: Arc::new(allowed),
        }
    }

    /// Parses and checks an address. What its name resolves to is checked when it is resolved.
    pub(crate) fn parse(&self, text: &str) -> Result<Url, Refused> {
        let url = Url::parse(text.trim())
            .map_err(|error| Refused::NotAnAddress(text.to_owned(), error.to_string()))?;
        self.check(&url)?;
        Ok(url)
    }

    /// Checks an address.
    pub(crate) fn check(&self, url: &Url) -> Result<(), Refused> {
        if !matches!(url.scheme(), "http" | "https") {
            return Err(Refused::Scheme(url.scheme().to_owned()));
        }
        let Some(host) = url.host() else {
            let reason = "it has no host".to_owned();
            return Err(Refused::NotAnAddress(url.to_string(), reason));
        };
        let ip = match host {
            Host::Ipv4(ip) => IpAddr::V4(ip),
            Host::Ipv6(ip) => IpAddr::V6(ip),
            Host::Domain(_) => return Ok(()),
        };
        let port = url.port_or_known_default().unwrap_or_default();
        if is_public(ip) || self.allows(&host.to_string()) || self.allows(&format!("{host}:{port}"))
        {
            Ok(())
        } else {
            Err(Refused::Private(host.to_string()))
        }
    }

    fn allows(&self, host: &str) -> bool {
        self.allowed.contains(&host.to_ascii_lowercase())
    }
}

impl Resolve for Addresses {
    fn resolve(&self, name: Name) -> Resolving {
        let allowed = self.allows(name.as_str());
        Box::pin(async move {
            let found: Vec<SocketAddr> =
                tokio::net::lookup_host((name.as_str(), 0)).await?.collect();
            if !allowed && let Some(private) = found.iter().find(|found| !is_public(found.ip())) {
                let shown = format!("{} ({})", name.as_str(), private.ip());
                return Err(Refused::Private(shown).into());
            }
            let found: Addrs = Box::new(found.into_iter());
            Ok(found)
        })
    }
}

/// Whether an address belongs to the public internet (the IANA special-purpose registries).
fn is_public(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => is_public_v4(ip),
        IpAddr::V6(ip) => is_public_v6(ip),
    }
}

fn is_public_v4(ip: Ipv4Addr) -> bool {
    let [a, b, c, _] = ip.octets();
    let special = ip.is_private()
        || ip.is_loopback()
        || ip.is_link_local()
        || ip.is_multicast()
        || ip.is_documentation()
        || a == 0
        || a >= 240
        || (a == 100 && (64..128).contains(&b))
        || (a == 192 && b == 0 && c == 0)
        || (a == 198 && (18..20).contains(&b));
    !special
}

fn is_public_v6(ip: Ipv6Addr) -> bool {
    let segments = ip.segments();
    // An IPv4 address in IPv6 clothes: mapped, compatible, NAT64, 6to4.
    let [.., g, h] = segments;
    let tail = Ipv4Addr::from((u32::from(g) << 16) | u32::from(h));
    match segments {
        [0, 0, 0, 0, 0, 0xffff | 0, ..] | [0x64, 0xff9b, 0, 0, 0, 0, ..] => {
            return is_public_v4(tail);
        }
        [0x2002, high, low, ..] => {
            return is_public_v4(Ipv4Addr::from((u32::from(high) << 16) | u32::from(low)));
        }
        _ => {}
    }
    // Only 2000::/3 is given out; of that, not Teredo and the documentation ranges.
    let global = segments[0] & 0xe000 == 0x2000;
    let special = matches!(segments, [0x2001, 0 | 0xdb8, ..]) || segments[0] & 0xfff0 == 0x3ff0;
    global && !special
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn private_addresses_are_refused_in_every_clothing() {
        let addresses = Addresses::default();
        for url in [
            "http://127.0.0.1/",
            "http://2130706433/",
            "http://0x7f.1/",
            "http://0.0.0.0/",
            "http://10.1.2.3/",
            "http://172.16.0.1/",
            "http://192.168.0.1/",
            "http://169.254.169.254/latest/meta-data/",
            "http://100.64.0.1/",
            "http://224.0.0.1/",
            "http://255.255.255.255/",
            "http://[::1]/",
            "http://[::]/",
            "http://[::ffff:127.0.0.1]/",
            "http://[::127.0.0.1]/",
            "http://[64:ff9b::7f00:1]/",
            "http://[2002:7f00:1::]/",
            "http://[fe80::1]/",
            "http://[fd00:ec2::254]/",
            "http://[ff02::1]/",
        ] {
            assert!(
                matches!(addresses.parse(url), Err(Refused::Private(_))),
                "{url}"
            );
        }
    }

    #[test]
    fn other_schemes_and_no_addresses_are_refused() {
        let addresses = Addresses::default();
        for url in [
            "ftp://example.com/",
            "file:///etc/passwd",
            "data:text/html,1",
        ] {
            assert!(
                matches!(addresses.parse(url), Err(Refused::Scheme(_))),
                "{url}"
            );
        }
        for url in ["", "example.com/p/1", "http://", "http://exa mple.com/"] {
            assert!(addresses.parse(url).is_err(), "{url}");
        }
    }

    #[test]
    fn public_addresses_and_allowed_hosts_pass() {
        let addresses = Addresses::allowing("127.0.0.1:8080, 10.0.0.7");
        for url in [
            "https://example.com/p/1",
            "http://93.184.216.34/",
            "http://[2606:2800:220:1::1]/",
            "http://127.0.0.1:8080/p/1",
            "http://10.0.0.7/",
        ] {
            assert!(addresses.parse(url).is_ok(), "{url}");
        }
        assert!(addresses.parse("http://127.0.0.1:8081/").is_err());
    }

    #[tokio::test]
    async fn a_name_of_a_private_address_does_not_resolve() {
        let resolved = Addresses::default()
            .resolve("localhost".parse().unwrap())
            .await;
        let error = resolved.err().unwrap();
        assert!(error.downcast_ref::<Refused>().is_some(), "{error}");
        let allowed = Addresses::allowing("localhost");
        assert!(allowed.resolve("localhost".parse().unwrap()).await.is_ok());
    }
}
