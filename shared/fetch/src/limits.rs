//! What one request may cost.

use std::time::Duration;

/// The bounds of one request. What passes one of them fails as `too_large`,
/// `too_many_redirects` or `timeout`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// The whole request, redirects and body included: 20 s.
    pub total: Duration,
    /// Until a connection stands, the look-up of its name and TLS included: 5 s.
    pub connect: Duration,
    /// How many redirects are followed: 5.
    pub redirects: usize,
    /// How many bytes the header fields of an answer may have, names and values: 64 KiB. HTTP/1
    /// reads some 400 KiB and 100 fields of them at the most before they are counted.
    pub header: u32,
    /// How many bytes a body may have after decompression: 5 MiB.
    pub body: usize,
    /// How many bytes are read of the body of an error, where a block page shows itself: 256 KiB.
    /// What comes after them is left unread.
    pub error_body: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            total: Duration::from_secs(20),
            connect: Duration::from_secs(5),
            redirects: 5,
            header: 64 * 1024,
            body: 5 * 1024 * 1024,
            error_body: 256 * 1024,
        }
    }
}
