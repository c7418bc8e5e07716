//! The page beside the API, on the same origin, as the distribution in front of both serves it
//! when deployed.
//!
//! Files are read from the folder at every request, so that a change is there at a reload. They
//! are revalidated by `ETag` and gzipped.

use std::io::Write as _;
use std::path::{Component, Path, PathBuf};

use bytes::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;
use http_body_util::Full;
use hyper::http::request::Parts;
use hyper::http::{HeaderValue, Method, Response, StatusCode, header};
use sha2::{Digest, Sha256};

use super::routes::decoded;

/// The page's files, and what its scripts may talk to.
#[derive(Debug, Clone)]
pub(super) struct Site {
    folder: PathBuf,
    policy: HeaderValue,
}

impl Site {
    /// The page in this folder; `uploads` is the origin that files are sent to.
    pub(super) fn new(folder: PathBuf, uploads: &str) -> Self {
        let policy = format!(
            "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; \
             connect-src 'self' {uploads}; manifest-src 'self'; base-uri 'none'; \
             form-action 'self'; frame-ancestors 'none'"
        );
        Self {
            folder,
            policy: HeaderValue::from_str(&policy)
                .unwrap_or(HeaderValue::from_static("default-src 'none'")),
        }
    }

    /// The answer to a request that is not the API's.
    pub(super) fn answer(&self, parts: &Parts) -> Response<Full<Bytes>> {
        if !matches!(parts.method, Method::GET | Method::HEAD) {
            return self.plain(StatusCode::METHOD_NOT_ALLOWED, "The page is only read.");
        }
        let Some((path, bytes)) = self.file(&decoded(parts.uri.path())) else {
            return self.plain(
                StatusCode::NOT_FOUND,
                "There is no such page; the start is at /.",
            );
        };
        let digest = Sha256::digest(&bytes);
        let tag = format!("W/\"{}\"", hex::encode(&digest[..12]));
        let known = parts.headers.get(header::IF_NONE_MATCH);
        let status = if known.is_some_and(|known| known.as_bytes() == tag.as_bytes()) {
            StatusCode::NOT_MODIFIED
        } else {
            StatusCode::OK
        };
        let zips = parts
            .headers
            .get(header::ACCEPT_ENCODING)
            .and_then(|kinds| kinds.to_str().ok())
            .is_some_and(|kinds| kinds.contains("gzip"));
        let kind = content_type(&path);
        let zip = zips && bytes.len() > 1_024;
        let body = match status {
            StatusCode::OK if parts.method == Method::GET && zip => gzip(&bytes),
            StatusCode::OK if parts.method == Method::GET => bytes,
            _ => Vec::new(),
        };
        let mut response = self.with_headers(status, body);
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
        headers.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
        if zip && status == StatusCode::OK {
            headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
        }
        if let Ok(tag) = HeaderValue::from_str(&tag) {
            headers.insert(header::ETAG, tag);
        }
        response
    }

    /// The file that a path names: `/` is `index.html`, `/docs` is `docs.html`. Nothing outside
    /// of the folder has a name.
    fn file(&self, path: &str) -> Option<(PathBuf, Vec<u8>)> {
        let name = match path.trim_start_matches('/') {
            "" => "index.html",
            "docs" | "docs/" => "docs.html",
            name => name,
        };
        let relative = Path::new(name);
        let inside = relative
            .components()
            .all(|part| matches!(part, Component::Normal(part) if !part.as_encoded_bytes().starts_with(b".")));
        let whole = self.folder.join(relative);
        if !inside || !whole.is_file() {
            return None;
        }
        let bytes = std::fs::read(&whole).ok()?;
        Some((whole, bytes))
    }

    fn plain(&self, status: StatusCode, text: &str) -> Response<Full<Bytes>> {
        let mut response = self.with_headers(status, text.as_bytes().to_vec());
        let kind = HeaderValue::from_static("text/plain; charset=utf-8");
        response.headers_mut().insert(header::CONTENT_TYPE, kind);
        response
    }

    fn with_headers(&self, status: StatusCode, body: Vec<u8>) -> Response<Full<Bytes>> {
        let mut response = Response::new(Full::new(Bytes::from(body)));
        *response.status_mut() = status;
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_SECURITY_POLICY, self.policy.clone());
        for (name, value) in [
            (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
            (header::REFERRER_POLICY, "no-referrer"),
        ] {
            headers.insert(name, HeaderValue::from_static(value));
        }
        response
    }
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    let written = encoder.write_all(bytes).and_then(|()| encoder.finish());
    written.expect("memory takes every byte")
}

fn content_type(path: &Path) -> &'static str {
    match path.extension().and_then(|ending| ending.to_str()) {
        Some("html") => "text/html; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("svg") => "image/svg+xml",
        Some("png") => "image/png",
        Some("json") => "application/json",
        Some("webmanifest") => "application/manifest+json",
        _ => "text/plain; charset=utf-8",
    }
}

#[cfg(test)]
mod tests {
    use hyper::http::Request;

    use super::*;

    fn get(path: &str) -> Response<Full<Bytes>> {
        let folder = tempfile::tempdir().unwrap();
        let site = folder.path().join("web");
        std::fs::create_dir_all(site.join("js")).unwrap();
        std::fs::write(folder.path().join("secret.txt"), "secret").unwrap();
        std::fs::write(site.join(".hidden"), "hidden").unwrap();
        std::fs::write(site.join("index.html"), "<!doctype html>").unwrap();
        std::fs::write(site.join("js/app.js"), "export {};").unwrap();
        let request = Request::get(path).body(()).unwrap();
        Site::new(site, "http://127.0.0.1:1").answer(&request.into_parts().0)
    }

    #[test]
    fn the_page_is_served_with_its_policy() {
        let page = get("/");
        assert_eq!(page.status(), StatusCode::OK);
        let policy = &page.headers()[header::CONTENT_SECURITY_POLICY];
        assert!(policy.to_str().unwrap().contains("script-src 'self';"));
        let script = get("/js/app.js");
        assert_eq!(
            script.headers()[header::CONTENT_TYPE],
            "text/javascript; charset=utf-8"
        );
    }

    #[test]
    fn nothing_outside_of_the_folder_is_served() {
        for path in [
            "/../secret.txt",
            "/%2e%2e/secret.txt",
            "/.hidden",
            "/none",
            "/js",
        ] {
            assert_eq!(get(path).status(), StatusCode::NOT_FOUND, "{path}");
        }
    }
}
