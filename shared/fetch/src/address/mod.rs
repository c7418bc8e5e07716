//! Which addresses may be fetched.
//!
//! A product's address comes from people, and a shop can redirect anywhere: without a check the
//! worker would be a way into whatever network it runs in. So only http and https are fetched,
//! and only from public addresses. Every name is resolved here, and the connection goes to the
//! very addresses that were checked, at each redirect anew.

#[cfg(test)]
mod tests;

use std::collections::HashSet;
use std::fmt;
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
    #[error("an address must not hold a user name or a password")]
    Credentials,
    #[error("the shop sends a request with a secret header on to {0}")]
    OtherOrigin(String),
}

/// The rule: public addresses, and the hosts that the owner allows besides.
///
/// As the client's resolver it gives only addresses that it has checked; the client connects to
/// those and asks anew for every connection.
#[derive(Clone)]
pub struct Addresses {
    allowed: Arc<HashSet<String>>,
    names: Arc<dyn Resolve>,
}

/// Names as this machine resolves them.
struct System;

impl Resolve for System {
    fn resolve(&self, name: Name) -> Resolving {
        Box::pin(async move {
            let found = tokio::net::lookup_host((name.as_str(), 0)).await?;
            let found: Addrs = Box::new(found.collect::<Vec<_>>().into_iter());
            Ok(found)
        })
    }
}

impl fmt::Debug for Addresses {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("Addresses");
        shown
            .field("allowed", &self.allowed)
            .finish_non_exhaustive()
    }
}

impl Addresses {
    /// Reads a list of `host` or `host:port` that may be private, separated by commas. A host is
    /// a name, or an address, which then may also be what a name resolves to. A name that is
    /// listed with ports alone may be fetched at those ports alone.
    pub fn allowing(list: &str) -> Self {
        let allowed = list
            .split(',')
            .map(|host| host.trim().to_ascii_lowercase())
            .filter(|host| !host.is_empty())
            .collect();
        Self {
            allowed: Arc::new(allowed),
            names: Arc::new(System),
        }
    }

    /// The same rule over other names.
    #[cfg(test)]
    pub(crate) fn resolved_by(mut self, names: Arc<dyn Resolve>) -> Self {
        self.names = names;
        self
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
        if !url.username().is_empty() || url.password().is_some() {
            return Err(Refused::Credentials);
        }
        let port = url.port_or_known_default().unwrap_or_default();
        let passes = match host {
            Host::Ipv4(ip) => is_public(ip.into()),
            Host::Ipv6(ip) => is_public(ip.into()),
            Host::Domain(name) => !self.allows_at_a_port(name),
        };
        let host = host.to_string();
        if passes || self.allows(&host) || self.allows(&format!("{host}:{port}")) {
            Ok(())
        } else {
            Err(Refused::Private(format!("{host}:{port}")))
        }
    }

    fn allows(&self, host: &str) -> bool {
        self.allowed.contains(&host.to_ascii_lowercase())
    }

    fn allows_at_a_port(&self, name: &str) -> bool {
        let with_port = |host: &String| {
            let host = host.rsplit_once(':').map(|(host, _)| host);
            host.is_some_and(|host| host.eq_ignore_ascii_case(name))
        };
        self.allowed.iter().any(with_port)
    }

    /// The first of what a name resolves to that may not be fetched.
    fn refused(&self, found: &[SocketAddr]) -> Option<IpAddr> {
        found.iter().map(SocketAddr::ip).find(|ip| {
            let host = match *ip {
                IpAddr::V4(ip) => Host::<&str>::Ipv4(ip),
                IpAddr::V6(ip) => Host::Ipv6(ip),
            };
            !is_public(*ip) && !self.allows(&host.to_string())
        })
    }
}

impl Resolve for Addresses {
    fn resolve(&self, name: Name) -> Resolving {
        let addresses = self.clone();
        Box::pin(async move {
            let host = name.as_str().to_owned();
            let found: Vec<_> = addresses.names.resolve(name).await?.collect();
            // A name that is listed with a port was held to it by `check`.
            let allowed = addresses.allows(&host) || addresses.allows_at_a_port(&host);
            if !allowed && let Some(private) = addresses.refused(&found) {
                return Err(Refused::Private(format!("{host} ({private})")).into());
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
