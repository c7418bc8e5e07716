//! The contents of objects: opaque files, written once and never changed.
//!
//! The name of a file says nothing about the object, so any key works. A file belongs to an
//! object only once the metadata says so; one that nothing names is deleted at the next start.

use std::collections::{HashMap, HashSet};
use std::fs::{self, File};
use std::io;
use std::ops::Range;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::Context;
use bytes::{Bytes, BytesMut};
use futures::{StreamExt, stream};
use s3s::dto::StreamingBlob;
use s3s::{S3Error, S3Result, s3_error};
use serde::{Deserialize, Serialize};
use tokio::io::AsyncWriteExt;
use uuid::Uuid;

use super::checksum::{Digests, Hasher};
use super::internal;

/// How much is read at a time.
const CHUNK: u64 = 128 * 1024;

/// A file that is a part of an object, or all of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Segment {
    pub(super) file: String,
    pub(super) size: u64,
}

/// The folder of all files.
#[derive(Clone)]
pub(super) struct Blobs {
    dir: Arc<PathBuf>,
    pins: Arc<Mutex<HashMap<String, Pin>>>,
}

/// Who still reads a file.
#[derive(Default)]
struct Pin {
    readers: usize,
    /// The object is gone; the last reader deletes the file.
    doomed: bool,
}

/// Files that are written but belong to no object yet. Dropping this deletes them.
pub(super) struct Fresh {
    segments: Vec<Segment>,
    blobs: Blobs,
}

impl Fresh {
    pub(super) fn segments(&self) -> &[Segment] {
        &self.segments
    }

    /// To be called when the metadata names the files.
    pub(super) fn keep(mut self) {
        self.segments.clear();
    }
}

impl Drop for Fresh {
    fn drop(&mut self) {
        self.blobs.remove(&self.segments);
    }
}

/// Keeps files from being deleted while they are read.
pub(super) struct Pinned {
    segments: Vec<Segment>,
    blobs: Blobs,
}

impl Drop for Pinned {
    fn drop(&mut self) {
        let mut pins = self.blobs.lock_pins();
        for segment in &self.segments {
            let Some(pin) = pins.get_mut(&segment.file) else {
                continue;
            };
            pin.readers -= 1;
            if pin.readers == 0 {
                let doomed = pin.doomed;
                pins.remove(&segment.file);
                if doomed {
                    self.blobs.unlink(&segment.file);
                }
            }
        }
    }
}

impl Blobs {
    /// Opens the folder and deletes every file that is not `known`: what was being written, or
    /// had just been replaced, when the process was killed.
    pub(super) fn open(dir: PathBuf, known: &HashSet<String>) -> anyhow::Result<Self> {
        let shown = dir.display();
        for first in 0..256 {
            let folder = dir.join(format!("{first:02x}"));
            fs::create_dir_all(&folder).with_context(|| format!("{shown} cannot be created"))?;
            for entry in fs::read_dir(&folder)? {
                let entry = entry?;
                let name = entry.file_name();
                if !name.to_str().is_some_and(|name| known.contains(name)) {
                    fs::remove_file(entry.path())
                        .with_context(|| format!("{} cannot be deleted", entry.path().display()))?;
                }
            }
        }
        Ok(Self {
            dir: Arc::new(dir),
            pins: Arc::default(),
        })
    }

    /// Writes a stream to a new file, piece by piece, digesting it on the way.
    pub(super) async fn write(
        &self,
        body: Option<StreamingBlob>,
        mut hasher: Hasher,
    ) -> S3Result<(Fresh, Digests)> {
        let name = new_name();
        let path = self.path(&name);
        let mut fresh = Fresh {
            segments: Vec::new(),
            blobs: self.clone(),
        };
        let mut file = None;
        let mut size = 0;
        if let Some(mut body) = body {
            while let Some(bytes) = body.next().await {
                let bytes = bytes.map_err(broken_upload)?;
                if bytes.is_empty() {
                    continue;
                }
                hasher.update(&bytes);
                size += bytes.len() as u64;
                let file = if let Some(file) = &mut file {
                    file
                } else {
                    let new = tokio::fs::File::create_new(&path).await.map_err(internal)?;
                    fresh.segments.push(Segment {
                        file: name.clone(),
                        size: 0,
                    });
                    file.insert(new)
                };
                file.write_all(&bytes).await.map_err(internal)?;
            }
        }
        if let Some(mut file) = file {
            file.flush().await.map_err(internal)?;
        }
        for segment in &mut fresh.segments {
            segment.size = size;
        }
        Ok((fresh, hasher.finish(size)))
    }

    /// Gives the same contents a second name each, for a copy that outlives the original.
    pub(super) fn link(&self, segments: &[Segment]) -> io::Result<Fresh> {
        let mut fresh = Fresh {
            segments: Vec::new(),
            blobs: self.clone(),
        };
        for segment in segments {
            let file = new_name();
            fs::hard_link(self.path(&segment.file), self.path(&file))?;
            fresh.segments.push(Segment {
                file,
                size: segment.size,
            });
        }
        Ok(fresh)
    }

    /// Keeps the files for a reader. To be called while the metadata still names them.
    pub(super) fn pin(&self, segments: Vec<Segment>) -> Pinned {
        let mut pins = self.lock_pins();
        for segment in &segments {
            pins.entry(segment.file.clone()).or_default().readers += 1;
        }
        Pinned {
            segments,
            blobs: self.clone(),
        }
    }

    /// Deletes files that no object names any more, now or after their last reader.
    pub(super) fn remove(&self, segments: &[Segment]) {
        let mut pins = self.lock_pins();
        for segment in segments {
            match pins.get_mut(&segment.file) {
                Some(pin) => pin.doomed = true,
                None => self.unlink(&segment.file),
            }
        }
    }

    fn unlink(&self, file: &str) {
        if let Err(error) = fs::remove_file(self.path(file)) {
            tracing::warn!(%error, file, "a file of a deleted object could not be deleted");
        }
    }

    fn path(&self, file: &str) -> PathBuf {
        let folder = file.get(..2).unwrap_or("00");
        Path::join(&self.dir, folder).join(file)
    }

    fn lock_pins(&self) -> std::sync::MutexGuard<'_, HashMap<String, Pin>> {
        self.pins.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Pinned {
    /// The bytes of a range over all files, in order.
    pub(super) fn read(self, range: Range<u64>) -> StreamingBlob {
        let reader = Reader {
            position: range.start,
            end: range.end,
            open: None,
            pinned: self,
        };
        StreamingBlob::wrap(stream::try_unfold(reader, Reader::next))
    }

    /// Digests all bytes.
    pub(super) fn digest(&self, mut hasher: Hasher) -> io::Result<Digests> {
        let mut buffer = vec![0; 128 * 1024];
        let mut size = 0;
        for segment in &self.segments {
            let mut file = File::open(self.blobs.path(&segment.file))?;
            loop {
                let count = io::Read::read(&mut file, &mut buffer)?;
                if count == 0 {
                    break;
                }
                hasher.update(&buffer[..count]);
                size += count as u64;
            }
        }
        Ok(hasher.finish(size))
    }
}

/// A reader somewhere in the files.
struct Reader {
    position: u64,
    end: u64,
    /// The index of the open file, where it begins, and the file.
    open: Option<(usize, u64, Arc<File>)>,
    pinned: Pinned,
}

impl Reader {
    async fn next(mut self) -> io::Result<Option<(Bytes, Self)>> {
        if self.position >= self.end {
            return Ok(None);
        }
        let (index, start, size) = self.segment()?;
        let opened = match &self.open {
            Some((open, _, file)) if *open == index => Ok(Arc::clone(file)),
            _ => Err(self.pinned.blobs.path(&self.pinned.segments[index].file)),
        };
        let offset = self.position - start;
        let wanted = CHUNK.min(size - offset).min(self.end - self.position);
        let read = tokio::task::spawn_blocking(move || {
            let file = match opened {
                Ok(file) => file,
                Err(path) => Arc::new(File::open(path)?),
            };
            let mut buffer = BytesMut::zeroed(usize::try_from(wanted).unwrap_or(0));
            file.read_exact_at(&mut buffer, offset)?;
            Ok::<_, io::Error>((file, buffer.freeze()))
        });
        let (file, bytes) = read.await.map_err(io::Error::other)??;
        self.open = Some((index, start, file));
        self.position += bytes.len() as u64;
        Ok(Some((bytes, self)))
    }

    /// The file at the position: its index, where it begins, and its size.
    fn segment(&self) -> io::Result<(usize, u64, u64)> {
        let mut start = 0;
        for (index, segment) in self.pinned.segments.iter().enumerate() {
            if self.position < start + segment.size {
                return Ok((index, start, segment.size));
            }
            start += segment.size;
        }
        Err(io::Error::from(io::ErrorKind::UnexpectedEof))
    }
}

fn new_name() -> String {
    Uuid::new_v4().simple().to_string()
}

/// The upload ended early, or its chunks were not signed as its request was.
fn broken_upload(error: Box<dyn std::error::Error + Send + Sync>) -> S3Error {
    match error.downcast::<S3Error>() {
        Ok(error) => *error,
        Err(error) => s3_error!(IncompleteBody, "the upload broke off: {error}"),
    }
}
