//! Which route of the HTTP API a request takes, as API Gateway chooses: a fixed segment before a
//! parameter, a parameter before `{rest+}`, a method before `ANY`, and `$default` last.

use std::collections::BTreeMap;

use percent_encoding::percent_decode_str;

use crate::manifest::Route;

/// A route that was taken.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Taken<'a> {
    pub(super) function: &'a str,
    /// `GET /products/{id}`.
    pub(super) key: String,
    /// The values of the path's parameters, decoded.
    pub(super) parameters: BTreeMap<String, String>,
}

/// The routes of the API, with the function of each.
#[derive(Debug, Default)]
pub(super) struct Routes(Vec<(Route, String)>);

impl Routes {
    pub(super) fn new(routes: impl Iterator<Item = (Route, String)>) -> Self {
        Self(routes.collect())
    }

    /// The best route for a request; `path` is as it was sent, percent-encoded.
    pub(super) fn take(&self, method: &str, path: &str) -> Option<Taken<'_>> {
        let best = self
            .0
            .iter()
            .filter(|(route, _)| route.method == "ANY" || route.method == method)
            .filter_map(|(route, function)| {
                let (rank, parameters) = matched(&route.path, path)?;
                Some(((rank, route.method != "ANY"), route, function, parameters))
            })
            .max_by(|(one, ..), (other, ..)| one.cmp(other));
        best.map(|(_, route, function, parameters)| Taken {
            function,
            key: route.key(),
            parameters,
        })
    }
}

/// How well a route's path fits: for each segment 2 when it is fixed, 1 when it is a parameter,
/// 0 when it takes the rest. Compared from the left.
fn matched(pattern: &str, path: &str) -> Option<(Vec<u8>, BTreeMap<String, String>)> {
    let mut parameters = BTreeMap::new();
    if pattern == "$default" {
        return Some((Vec::new(), parameters));
    }
    let mut rank = Vec::new();
    let mut rest = Some(path.strip_prefix('/')?);
    for segment in pattern.strip_prefix('/')?.split('/') {
        let left = rest?;
        if let Some(name) = parameter(segment, "+}") {
            if left.is_empty() {
                return None;
            }
            parameters.insert(name.to_owned(), decoded(left));
            rank.push(0);
            return Some((rank, parameters));
        }
        let (value, after) = match left.split_once('/') {
            Some((value, after)) => (value, Some(after)),
            None => (left, None),
        };
        if let Some(name) = parameter(segment, "}") {
            if value.is_empty() {
                return None;
            }
            parameters.insert(name.to_owned(), decoded(value));
            rank.push(1);
        } else if decoded(value) == segment {
            rank.push(2);
        } else {
            return None;
        }
        rest = after;
    }
    rest.is_none().then_some((rank, parameters))
}

fn parameter<'a>(segment: &'a str, end: &str) -> Option<&'a str> {
    segment.strip_prefix('{')?.strip_suffix(end)
}

/// What percent-encoding stands for; bytes that are no UTF-8 become replacement characters.
pub(super) fn decoded(text: &str) -> String {
    percent_decode_str(text).decode_utf8_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn routes(keys: &[&str]) -> Routes {
        Routes::new(keys.iter().map(|key| {
            let (method, path) = key.split_once(' ').unwrap_or(("ANY", key));
            let route = Route {
                method: method.to_owned(),
                path: path.to_owned(),
            };
            (route, (*key).to_owned())
        }))
    }

    #[test]
    fn the_best_route_is_taken() {
        let routes = routes(&[
            "ANY /{proxy+}",
            "GET /products/{id}",
            "ANY /products/{id}",
            "GET /products/new",
            "GET /products/{id}/prices",
            "GET /files/{key+}",
            "POST /",
        ]);
        for (method, path, function, parameters) in [
            (
                "GET",
                "/products/a",
                "GET /products/{id}",
                &[("id", "a")][..],
            ),
            ("PUT", "/products/a", "ANY /products/{id}", &[("id", "a")]),
            ("GET", "/products/new", "GET /products/new", &[]),
            (
                "GET",
                "/products/new/prices",
                "GET /products/{id}/prices",
                &[("id", "new")],
            ),
            (
                "GET",
                "/products/a%2Fb%20%EA%B0%80",
                "GET /products/{id}",
                &[("id", "a/b 가")],
            ),
            (
                "GET",
                "/files/a/b%20c.xlsx",
                "GET /files/{key+}",
                &[("key", "a/b c.xlsx")],
            ),
            ("GET", "/files/", "ANY /{proxy+}", &[("proxy", "files/")]),
            (
                "GET",
                "/products/a/",
                "ANY /{proxy+}",
                &[("proxy", "products/a/")],
            ),
            ("POST", "/", "POST /", &[]),
        ] {
            let taken = routes.take(method, path).unwrap();
            assert_eq!(taken.function, function, "{method} {path}");
            let expected = parameters.iter().map(|(k, v)| ((*k).into(), (*v).into()));
            assert_eq!(taken.parameters, expected.collect(), "{method} {path}");
        }
        assert_eq!(routes.take("GET", "/"), None);
    }

    #[test]
    fn the_default_route_takes_what_is_left() {
        let routes = routes(&["$default", "GET /a"]);
        assert_eq!(routes.take("GET", "/a").unwrap().key, "GET /a");
        assert_eq!(routes.take("POST", "/a/b").unwrap().key, "$default");
    }
}
