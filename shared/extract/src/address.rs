//! Comparing the addresses of products with the page's own.

use url::Url;

use crate::steps;

/// How well two addresses agree; the greater, the better.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Match {
    /// They are different pages.
    Different,
    /// The same page as far as can be told, but one names a variant that the other leaves open.
    Loose,
    /// The same, but for what does not matter: scheme, `www.`, tracking, fragment.
    Same,
}

/// The addresses by which a page is known.
#[derive(Debug, Default)]
pub(crate) struct Pages {
    base: Option<Url>,
    own: Vec<Url>,
}

impl Pages {
    /// `addresses` are the fetched one, the canonical one and the like, best first; the first that
    /// is absolute resolves the others, unless the page has a `base` of its own.
    pub(crate) fn new<'a>(
        addresses: impl IntoIterator<Item = Option<&'a str>>,
        base: Option<&str>,
    ) -> Self {
        let mut pages = Self::default();
        for address in addresses.into_iter().flatten() {
            if let Some(url) = pages.resolve(address) {
                if pages.base.is_none() {
                    pages.base = Some(url.clone());
                }
                pages.own.push(url);
            }
        }
        if let Some(base) = base.and_then(|base| pages.resolve(base)) {
            pages.base = Some(base);
        }
        pages
    }

    fn resolve(&self, address: &str) -> Option<Url> {
        steps::count(address.len());
        let address = address.trim();
        let url = match &self.base {
            Some(base) => base.join(address).ok()?,
            None => Url::parse(address).ok()?,
        };
        matches!(url.scheme(), "http" | "https").then_some(url)
    }

    /// How well `address` agrees with the page; `None` if that cannot be told.
    pub(crate) fn compare(&self, address: &str) -> Option<Match> {
        let url = self.resolve(address)?;
        self.own.iter().map(|own| compare(&url, own)).max()
    }

    /// How well two addresses agree, both resolved against the page.
    pub(crate) fn compare_two(&self, one: &str, other: &str) -> Option<Match> {
        let one_url = self.resolve(one);
        match (one_url, self.resolve(other)) {
            (Some(one), Some(other)) => {
                let fragments = one.fragment().is_some() && other.fragment().is_some();
                if fragments && one.fragment() != other.fragment() {
                    return Some(Match::Different);
                }
                Some(compare(&one, &other))
            }
            _ => (one.trim() == other.trim()).then_some(Match::Same),
        }
    }
}

fn compare(one: &Url, other: &Url) -> Match {
    fn host(url: &Url) -> &str {
        let host = url.host_str().unwrap_or("");
        host.strip_prefix("www.")
            .or_else(|| host.strip_prefix("m."))
            .unwrap_or(host)
    }
    fn path(url: &Url) -> &str {
        url.path().trim_end_matches('/')
    }
    if host(one) != host(other) || !is_same_path(path(one), path(other)) {
        return Match::Different;
    }
    let (one, other) = (query(one), query(other));
    if one == other {
        return Match::Same;
    }
    let within = |small: &[(String, String)], large: &[(String, String)]| {
        small.iter().all(|pair| large.contains(pair))
    };
    if within(&one, &other) || within(&other, &one) {
        Match::Loose
    } else {
        Match::Different
    }
}

/// Whether two paths lead to the same product. Shops show it under a collection too
/// (`/collections/all/products/tee`), and under the address of a market (`/de-at/products/tee`);
/// two markets are two pages, as their prices differ.
fn is_same_path(one: &str, other: &str) -> bool {
    if one.eq_ignore_ascii_case(other) {
        return true;
    }
    let (market, bare) = split_market(one);
    let (other_market, other_bare) = split_market(other);
    let same_market = match (market, other_market) {
        (Some(market), Some(other)) => market.eq_ignore_ascii_case(other),
        _ => true,
    };
    same_market && without_collection(bare).eq_ignore_ascii_case(without_collection(other_bare))
}

/// The market at the beginning of a path (`/de`, `/de-at`), and what stands behind it, if that is
/// more than one name.
fn split_market(path: &str) -> (Option<&str>, &str) {
    let Some((first, rest)) = path.get(1..).and_then(|path| path.split_once('/')) else {
        return (None, path);
    };
    let letters = |part: &str| part.len() == 2 && part.bytes().all(|b| b.is_ascii_alphabetic());
    let is_market = match first.split_once(['-', '_']) {
        Some((language, country)) => letters(language) && letters(country),
        None => letters(first),
    };
    if is_market && rest.contains('/') {
        (Some(first), &path[1 + first.len()..])
    } else {
        (None, path)
    }
}

/// A product's path without the collection that it is shown in.
fn without_collection(path: &str) -> &str {
    let Some(rest) = path.strip_prefix("/collections/") else {
        return path;
    };
    rest.find("/products/").map_or(path, |at| &rest[at..])
}

/// The parameters that may tell pages apart, in order; at most 32, as no product needs more.
fn query(url: &Url) -> Vec<(String, String)> {
    let mut pairs: Vec<(String, String)> = url
        .query_pairs()
        .filter(|(name, _)| !is_tracking(name))
        .take(32)
        .map(|(name, value)| (name.into_owned(), value.into_owned()))
        .collect();
    pairs.sort_unstable();
    pairs
}

fn is_tracking(parameter: &str) -> bool {
    parameter.starts_with("utm_")
        || matches!(
            parameter,
            "gclid" | "fbclid" | "msclkid" | "ref" | "src" | "source" | "srsltid" | "_ga" | "NaPm"
        )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_agree_in_what_matters() {
        let pages = Pages::new(
            [Some("https://www.shop.example/p/1?v=2&utm_source=x")],
            None,
        );
        for (address, expected) in [
            ("http://shop.example/p/1/?v=2", Some(Match::Same)),
            ("/p/1?v=2#top", Some(Match::Same)),
            ("/p/1", Some(Match::Loose)),
            ("/p/1?v=3", Some(Match::Different)),
            ("/p/2?v=2", Some(Match::Different)),
            ("https://other.example/p/1?v=2", Some(Match::Different)),
            ("mailto:a@b.example", None),
        ] {
            assert_eq!(pages.compare(address), expected, "{address}");
        }
    }

    #[test]
    fn a_product_in_a_collection_or_a_market_is_the_same() {
        let own = "https://shop.example/products/tee?variant=2";
        let pages = Pages::new([Some(own)], None);
        for (address, expected) in [
            ("/collections/all/products/tee?variant=2", Match::Same),
            ("/de-at/products/tee?variant=2", Match::Same),
            ("/de/collections/sale/products/tee?variant=2", Match::Same),
            ("/de-at/products/tee?variant=1", Match::Different),
            ("/collections/all/products/top?variant=2", Match::Different),
            ("/collections/products", Match::Different),
        ] {
            assert_eq!(pages.compare(address), Some(expected), "{address}");
        }
        let german = Pages::new([Some("https://shop.example/de/products/tee")], None);
        assert_eq!(german.compare("/fr/products/tee"), Some(Match::Different));
        let short = Pages::new([Some("https://shop.example/tv/1")], None);
        assert_eq!(short.compare("/pc/1"), Some(Match::Different));
    }

    #[test]
    fn without_a_page_nothing_can_be_told() {
        let pages = Pages::new([None], None);
        assert_eq!(pages.compare("/p/1"), None);
        assert_eq!(pages.compare_two("/p/1", "/p/1"), Some(Match::Same));
        assert_eq!(pages.compare_two("/p/1", "/p/2"), None);
    }
}
