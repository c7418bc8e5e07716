//! The zip container of a workbook: what is in it is looked at before anything is inflated,
//! and every inflated byte is counted against the limit, whatever the entries declare.

use std::fs::File;
use std::io::{self, BufReader, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use flate2::{Decompress, FlushDecompress, Status};
use zip::CompressionMethod;

use crate::limits::Deadline;
use crate::{Limits, Measure, ReadError};

/// The entries of a container.
pub(crate) struct Package {
    path: PathBuf,
    entries: Vec<Entry>,
    budget: Arc<Budget>,
}

#[derive(Debug, Clone)]
struct Entry {
    name: String,
    start: u64,
    compressed: u64,
    is_stored: bool,
    crc32: u32,
}

/// What one pass over the workbook may cost.
#[derive(Debug)]
struct Budget {
    inflated: AtomicU64,
    compressed: AtomicU64,
    limit: u64,
    deadline: Deadline,
}

/// How far a pass is.
pub(crate) struct Share {
    budget: Arc<Budget>,
    total: u64,
}

impl Share {
    /// In thousandths of the compressed bytes.
    pub(crate) fn permille(&self) -> u16 {
        let done = self.budget.compressed.load(Ordering::Relaxed);
        u16::try_from((done * 1_000 / self.total.max(1)).min(1_000)).unwrap_or(1_000)
    }
}

/// Beyond so many inflated bytes, they may be so many times the compressed ones. Sheets shrink
/// to a tenth, very regular ones to a fiftieth; only what is made to be a bomb goes further.
const FREE: u64 = 32 << 20;
const MAX_RATIO: u64 = 250;

impl Budget {
    /// Counts what was read and inflated.
    fn spend(&self, compressed: u64, inflated: u64, place: &str) -> Result<(), ReadError> {
        let compressed = self.compressed.fetch_add(compressed, Ordering::Relaxed) + compressed;
        let inflated = self.inflated.fetch_add(inflated, Ordering::Relaxed) + inflated;
        let most = self
            .limit
            .min(FREE.max(compressed.saturating_mul(MAX_RATIO)));
        if inflated > most {
            return Err(ReadError::TooLarge {
                what: Measure::InflatedBytes,
                limit: most,
                place: Some(place.to_owned()),
            });
        }
        self.deadline.check()
    }
}

impl Package {
    pub(crate) fn open(path: &Path, limits: &Limits) -> Result<Self, ReadError> {
        let input = |source| ReadError::Input {
            path: path.to_owned(),
            source,
        };
        let file = File::open(path).map_err(input)?;
        let mut archive =
            zip::ZipArchive::new(BufReader::new(file)).map_err(|_| ReadError::Truncated)?;
        if archive.len() as u64 > limits.entries {
            return Err(ReadError::TooLarge {
                what: Measure::Entries,
                limit: limits.entries,
                place: None,
            });
        }
        let mut entries = Vec::with_capacity(archive.len());
        for index in 0..archive.len() {
            let file = archive.by_index_raw(index).map_err(|error| match error {
                zip::result::ZipError::Io(_) => ReadError::Truncated,
                error => ReadError::damaged("", error),
            })?;
            if file.encrypted() {
                return Err(ReadError::Encrypted);
            }
            let is_stored = match file.compression() {
                CompressionMethod::Stored => true,
                CompressionMethod::Deflated => false,
                // Whoever needs the entry will not find it.
                _ => continue,
            };
            let Some(start) = file.data_start() else {
                continue;
            };
            entries.push(Entry {
                name: String::from_utf8_lossy(file.name_raw())
                    .replace('\\', "/")
                    .trim_start_matches('/')
                    .to_ascii_lowercase(),
                start,
                compressed: file.compressed_size(),
                is_stored,
                crc32: file.crc32(),
            });
        }
        let budget = Arc::new(Budget {
            inflated: AtomicU64::new(0),
            compressed: AtomicU64::new(0),
            limit: limits.inflated_bytes,
            deadline: Deadline::new(limits.time),
        });
        Ok(Self {
            path: path.to_owned(),
            entries,
            budget,
        })
    }

    /// Begins a new pass: what was inflated before no longer counts.
    pub(crate) fn begin_pass(&self) {
        self.budget.inflated.store(0, Ordering::Relaxed);
        self.budget.compressed.store(0, Ordering::Relaxed);
    }

    /// How far a pass is that reads these entries.
    pub(crate) fn share(&self, names: &[&str]) -> Share {
        let total = names
            .iter()
            .filter_map(|name| self.find(name))
            .map(|entry| entry.compressed)
            .sum();
        Share {
            budget: self.budget.clone(),
            total,
        }
    }

    pub(crate) fn has(&self, name: &str) -> bool {
        self.find(name).is_some()
    }

    fn find(&self, name: &str) -> Option<&Entry> {
        let name = name.trim_start_matches('/').to_ascii_lowercase();
        self.entries.iter().find(|entry| entry.name == name)
    }

    /// Opens an entry; names are compared without regard to case, as spreadsheet programs do.
    pub(crate) fn entry(&self, name: &str) -> Result<Option<Inflater>, ReadError> {
        let Some(entry) = self.find(name) else {
            return Ok(None);
        };
        let input = |source| ReadError::Input {
            path: self.path.clone(),
            source,
        };
        let mut file = File::open(&self.path).map_err(input)?;
        file.seek(SeekFrom::Start(entry.start)).map_err(input)?;
        Ok(Some(Inflater {
            file,
            left: entry.compressed,
            input: vec![0; 32 << 10].into_boxed_slice(),
            ready: 0..0,
            state: (!entry.is_stored).then(|| Decompress::new(false)),
            crc: crc32fast::Hasher::new(),
            expected_crc: entry.crc32,
            ended: false,
            place: name.to_owned(),
            budget: self.budget.clone(),
        }))
    }

    /// A small entry as a whole.
    pub(crate) fn whole(&self, name: &str, most: u64) -> Result<Option<Vec<u8>>, ReadError> {
        let Some(entry) = self.entry(name)? else {
            return Ok(None);
        };
        let mut bytes = Vec::new();
        entry
            .take(most + 1)
            .read_to_end(&mut bytes)
            .map_err(|error| from_io(error, name))?;
        if bytes.len() as u64 > most {
            return Err(ReadError::TooLarge {
                what: Measure::InflatedBytes,
                limit: most,
                place: Some(name.to_owned()),
            });
        }
        Ok(Some(bytes))
    }
}

/// Reads an entry's content.
pub(crate) struct Inflater {
    file: File,
    left: u64,
    input: Box<[u8]>,
    ready: std::ops::Range<usize>,
    state: Option<Decompress>,
    crc: crc32fast::Hasher,
    expected_crc: u32,
    ended: bool,
    place: String,
    budget: Arc<Budget>,
}

/// A [`ReadError`] on its way through [`io::Read`].
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
struct Carried(ReadError);

fn carry(error: ReadError) -> io::Error {
    io::Error::other(Carried(error))
}

/// The [`ReadError`] that an [`Inflater`] has put into an I/O error.
pub(crate) fn from_io(error: io::Error, place: &str) -> ReadError {
    if error
        .get_ref()
        .is_some_and(<dyn std::error::Error + Send + Sync>::is::<Carried>)
    {
        match error
            .into_inner()
            .map(<dyn std::error::Error + Send + Sync>::downcast::<Carried>)
        {
            Some(Ok(carried)) => carried.0,
            _ => ReadError::damaged(place, "unreadable"),
        }
    } else if error.kind() == io::ErrorKind::UnexpectedEof {
        ReadError::Truncated
    } else {
        ReadError::damaged(place, error)
    }
}

/// The same for an error that several owners may hold, as quick-xml's.
pub(crate) fn from_shared_io(error: &io::Error, place: &str) -> ReadError {
    match error
        .get_ref()
        .and_then(|inner| inner.downcast_ref::<Carried>())
    {
        Some(Carried(ReadError::TooLarge { what, limit, place })) => ReadError::TooLarge {
            what: *what,
            limit: *limit,
            place: place.clone(),
        },
        Some(Carried(ReadError::Truncated)) => ReadError::Truncated,
        Some(Carried(ReadError::TooSlow { seconds })) => ReadError::TooSlow { seconds: *seconds },
        Some(Carried(ReadError::Damaged { place, detail })) => ReadError::Damaged {
            place: place.clone(),
            detail: detail.clone(),
        },
        _ => ReadError::damaged(place, error),
    }
}

impl Inflater {
    /// Compressed bytes that are left.
    pub(crate) fn compressed(&self) -> u64 {
        self.left
    }

    fn refill(&mut self) -> io::Result<()> {
        if self.ready.is_empty() && self.left > 0 {
            let most = usize::try_from(self.left)
                .unwrap_or(usize::MAX)
                .min(self.input.len());
            let read = self.file.read(&mut self.input[..most])?;
            if read == 0 {
                return Err(carry(ReadError::Truncated));
            }
            self.left -= read as u64;
            self.ready = 0..read;
        }
        Ok(())
    }

    fn inflate(&mut self, out: &mut [u8]) -> io::Result<usize> {
        loop {
            self.refill()?;
            let Some(state) = &mut self.state else {
                let take = self.ready.len().min(out.len());
                out[..take].copy_from_slice(&self.input[self.ready.start..self.ready.start + take]);
                self.ready.start += take;
                self.ended = take == 0;
                return Ok(take);
            };
            let (before_in, before_out) = (state.total_in(), state.total_out());
            let status = state
                .decompress(&self.input[self.ready.clone()], out, FlushDecompress::None)
                .map_err(|error| carry(ReadError::damaged(&self.place, error)))?;
            self.ready.start += usize::try_from(state.total_in() - before_in).unwrap_or(0);
            let written = usize::try_from(state.total_out() - before_out).unwrap_or(0);
            self.ended = status == Status::StreamEnd;
            if written > 0 || self.ended {
                return Ok(written);
            }
            if self.ready.is_empty() && self.left == 0 {
                return Err(carry(ReadError::Truncated));
            }
        }
    }
}

impl Read for Inflater {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        if self.ended || out.is_empty() {
            return Ok(0);
        }
        let before = self.left + self.ready.len() as u64;
        let written = self.inflate(out)?;
        self.crc.update(&out[..written]);
        let compressed = before - self.left - self.ready.len() as u64;
        self.budget
            .spend(compressed, written as u64, &self.place)
            .map_err(carry)?;
        if self.ended && self.crc.clone().finalize() != self.expected_crc {
            return Err(carry(ReadError::damaged(
                &self.place,
                "its checksum is wrong",
            )));
        }
        Ok(written)
    }
}
