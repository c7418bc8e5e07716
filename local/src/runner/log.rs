//! What functions print: a file for each function, and tracing.

use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use jiff::Timestamp;
use tokio::io::{AsyncBufReadExt, AsyncRead, BufReader};

/// A file that grows beyond this is moved aside, replacing the one moved before.
const MAX_FILE: u64 = 8 * 1024 * 1024;

/// A longer line is cut: a function that prints without line ends must not fill the memory.
const MAX_LINE: usize = 32 * 1024;

/// The log of one function.
#[derive(Debug)]
pub(super) struct FunctionLog {
    function: String,
    path: PathBuf,
    file: Mutex<(File, u64)>,
}

impl FunctionLog {
    /// Opens `folder/function.log` to write at its end.
    pub(super) fn open(folder: &Path, function: &str) -> io::Result<Self> {
        std::fs::create_dir_all(folder)?;
        let path = folder.join(format!("{function}.log"));
        Ok(Self {
            function: function.to_owned(),
            file: Mutex::new(open(&path)?),
            path,
        })
    }

    /// Writes one line with the time before it. A log that cannot be written must not stop the
    /// function: the failure goes to tracing.
    pub(super) fn line(&self, text: &str) {
        tracing::debug!(target: "function", function = %self.function, "{text}");
        let line = format!("{:.3} {text}\n", Timestamp::now());
        let mut file = self
            .file
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        if let Err(error) = self.write(&mut file, line.as_bytes()) {
            tracing::warn!(path = %self.path.display(), %error, "cannot write the function's log");
        }
    }

    fn write(&self, (file, size): &mut (File, u64), line: &[u8]) -> io::Result<()> {
        if *size > MAX_FILE {
            std::fs::rename(&self.path, self.path.with_extension("log.1"))?;
            (*file, *size) = open(&self.path)?;
        }
        file.write_all(line)?;
        *size += line.len() as u64;
        Ok(())
    }

    /// Copies what the function prints, line by line, until it closes the stream.
    pub(super) async fn copy(&self, stream: impl AsyncRead + Unpin) {
        let mut reader = BufReader::new(stream);
        let mut line = Vec::new();
        let mut cut = false;
        loop {
            let (taken, ends) = match reader.fill_buf().await {
                Ok([]) | Err(_) => break,
                Ok(bytes) => {
                    let end = bytes.iter().position(|byte| *byte == b'\n');
                    let part = &bytes[..end.unwrap_or(bytes.len())];
                    let room = MAX_LINE.saturating_sub(line.len());
                    cut |= part.len() > room;
                    line.extend_from_slice(&part[..part.len().min(room)]);
                    (part.len() + usize::from(end.is_some()), end.is_some())
                }
            };
            reader.consume(taken);
            if ends {
                self.bytes(&line, cut);
                line.clear();
                cut = false;
            }
        }
        if !line.is_empty() {
            self.bytes(&line, cut);
        }
    }

    fn bytes(&self, line: &[u8], cut: bool) {
        let mark = if cut { "…" } else { "" };
        self.line(&format!(
            "{}{mark}",
            String::from_utf8_lossy(line).trim_end()
        ));
    }
}

fn open(path: &Path) -> io::Result<(File, u64)> {
    let file = OpenOptions::new().create(true).append(true).open(path)?;
    let size = file.metadata()?.len();
    Ok((file, size))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn lines_are_kept_and_endless_ones_are_cut() {
        let folder = tempfile::tempdir().unwrap();
        let log = FunctionLog::open(folder.path(), "worker").unwrap();
        let mut input = b"first\nsecond \xff\r\n".to_vec();
        input.extend(std::iter::repeat_n(b'x', MAX_LINE * 3));
        input.extend(b"\nno end");
        log.copy(input.as_slice()).await;
        let text = std::fs::read_to_string(folder.path().join("worker.log")).unwrap();
        let lines: Vec<&str> = text
            .lines()
            .map(|line| line.split_once(' ').unwrap().1)
            .collect();
        assert_eq!(lines[0], "first");
        assert_eq!(lines[1], "second \u{fffd}");
        assert_eq!(lines[2].len(), MAX_LINE + "…".len());
        assert_eq!(lines[3], "no end");
    }

    #[test]
    fn a_full_file_is_moved_aside() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("worker.log");
        std::fs::write(&path, vec![b'x'; usize::try_from(MAX_FILE).unwrap() + 1]).unwrap();
        let log = FunctionLog::open(folder.path(), "worker").unwrap();
        log.line("new");
        assert!(std::fs::read_to_string(&path).unwrap().ends_with(" new\n"));
        let old = std::fs::metadata(folder.path().join("worker.log.1")).unwrap();
        assert!(old.len() > MAX_FILE);
    }
}
