//! Text of any encoding as UTF-8, while it is read.

use std::io::Read;

use encoding_rs::Encoding;

/// A file as UTF-8, decoded as it is read.
pub(crate) struct Decoded<R> {
    inner: R,
    decoder: encoding_rs::Decoder,
    raw: Vec<u8>,
    /// What of `raw` is not yet decoded.
    rest: std::ops::Range<usize>,
    out: Vec<u8>,
    /// What of `out` is not yet handed on.
    ready: std::ops::Range<usize>,
    at_end: bool,
    finished: bool,
}

impl<R: Read> Decoded<R> {
    pub(crate) fn new(inner: R, encoding: &'static Encoding) -> Self {
        Self {
            inner,
            decoder: encoding.new_decoder_with_bom_removal(),
            raw: vec![0; 32 << 10],
            rest: 0..0,
            out: vec![0; 64 << 10],
            ready: 0..0,
            at_end: false,
            finished: false,
        }
    }

    fn refill(&mut self) -> std::io::Result<()> {
        if self.rest.is_empty() && !self.at_end {
            let read = self.inner.read(&mut self.raw)?;
            self.rest = 0..read;
            self.at_end = read == 0;
        }
        let (result, read, written, _) =
            self.decoder
                .decode_to_utf8(&self.raw[self.rest.clone()], &mut self.out, self.at_end);
        self.rest.start += read;
        self.ready = 0..written;
        self.finished = self.at_end && result == encoding_rs::CoderResult::InputEmpty;
        Ok(())
    }
}

impl<R: Read> Read for Decoded<R> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        while self.ready.is_empty() && !self.finished {
            self.refill()?;
        }
        let take = buffer.len().min(self.ready.len());
        buffer[..take].copy_from_slice(&self.out[self.ready.start..self.ready.start + take]);
        self.ready.start += take;
        Ok(take)
    }
}
