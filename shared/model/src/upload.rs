//! An uploaded object.

use sha2::{Digest, Sha256};

use crate::FileId;

/// An object in the inbox.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Upload {
    /// The bucket.
    pub bucket: String,
    /// The key, decoded.
    pub key: String,
    /// Orders the versions of one key: greater is newer (compared as text, as the S3 guide
    /// says of `sequencer`).
    pub sequencer: String,
    /// Its size in bytes.
    pub size: u64,
}

impl Upload {
    /// The id of the file.
    pub fn file_id(&self) -> FileId {
        Self::file_id_of(&self.bucket, &self.key)
    }

    /// The id of the file that lies under this key: 32 hex digits of the SHA-256 of bucket and
    /// key, so that every event for one place means one file.
    pub fn file_id_of(bucket: &str, key: &str) -> FileId {
        let digest = Sha256::digest(format!("{bucket}/{key}"));
        let (number, _) = digest.split_at(16);
        let number = number
            .iter()
            .fold(0_u128, |number, byte| number << 8 | u128::from(*byte));
        FileId::new(format!("{number:032x}")).expect("hex digits are a file id")
    }

    /// The upload's own file name: what follows the last `/` of its key.
    pub fn file_name(&self) -> &str {
        self.key.rsplit('/').next().unwrap_or(&self.key)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_place_is_one_file() {
        let id = Upload::file_id_of("inbox", "uploads/prices/a1/11월 가격.xlsx");
        assert_eq!(
            id,
            Upload::file_id_of("inbox", "uploads/prices/a1/11월 가격.xlsx")
        );
        assert_ne!(
            id,
            Upload::file_id_of("inbox", "uploads/prices/a2/11월 가격.xlsx")
        );
        assert_eq!(id.as_str().len(), 32);
    }
}
