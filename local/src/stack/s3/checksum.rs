//! Digests of uploads: the MD5 that is the `ETag`, and the one checksum that a client chose.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use md5::{Digest, Md5};
use s3s::checksum::ChecksumHasher;
use s3s::crypto::Checksum as _;
use s3s::dto::{Checksum, ChecksumAlgorithm, ChecksumType};
use s3s::{S3Result, TrailingHeaders, s3_error};
use serde::{Deserialize, Serialize};

/// A checksum algorithm of S3.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Algorithm {
    Crc32,
    Crc32c,
    Crc64Nvme,
    Sha1,
    Sha256,
}

/// The checksum of an object or a part, base64.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Sum {
    pub(super) algorithm: Algorithm,
    pub(super) value: String,
    /// Over the checksums of the parts instead of the contents.
    pub(super) composite: bool,
}

/// What an upload was found to be.
pub(super) struct Digests {
    pub(super) md5: [u8; 16],
    pub(super) sum: Sum,
    pub(super) size: u64,
}

/// Digests an upload on its way to the file.
pub(super) struct Hasher {
    md5: Md5,
    algorithm: Algorithm,
    checksum: ChecksumHasher,
}

impl Algorithm {
    const ALL: [Self; 5] = [
        Self::Crc32,
        Self::Crc32c,
        Self::Crc64Nvme,
        Self::Sha1,
        Self::Sha256,
    ];

    fn name(self) -> &'static str {
        match self {
            Self::Crc32 => ChecksumAlgorithm::CRC32,
            Self::Crc32c => ChecksumAlgorithm::CRC32C,
            Self::Crc64Nvme => ChecksumAlgorithm::CRC64NVME,
            Self::Sha1 => ChecksumAlgorithm::SHA1,
            Self::Sha256 => ChecksumAlgorithm::SHA256,
        }
    }

    fn header(self) -> String {
        format!("x-amz-checksum-{}", self.name().to_ascii_lowercase())
    }

    pub(super) fn of_dto(name: &ChecksumAlgorithm) -> S3Result<Self> {
        Self::ALL
            .into_iter()
            .find(|algorithm| algorithm.name() == name.as_str())
            .ok_or_else(|| s3_error!(InvalidRequest, "{} is no checksum algorithm", name.as_str()))
    }

    pub(super) fn dto(self) -> ChecksumAlgorithm {
        ChecksumAlgorithm::from_static(self.name())
    }

    fn hasher(self) -> ChecksumHasher {
        let mut hasher = ChecksumHasher::default();
        match self {
            Self::Crc32 => hasher.crc32 = Some(s3s::crypto::Crc32::new()),
            Self::Crc32c => hasher.crc32c = Some(s3s::crypto::Crc32c::new()),
            Self::Crc64Nvme => hasher.crc64nvme = Some(s3s::crypto::Crc64Nvme::new()),
            Self::Sha1 => hasher.sha1 = Some(s3s::crypto::Sha1::new()),
            Self::Sha256 => hasher.sha256 = Some(s3s::crypto::Sha256::new()),
        }
        hasher
    }

    fn value(self, checksum: Checksum) -> String {
        let value = match self {
            Self::Crc32 => checksum.checksum_crc32,
            Self::Crc32c => checksum.checksum_crc32c,
            Self::Crc64Nvme => checksum.checksum_crc64nvme,
            Self::Sha1 => checksum.checksum_sha1,
            Self::Sha256 => checksum.checksum_sha256,
        };
        value.unwrap_or_default()
    }

    /// The checksum over the checksums of the parts.
    pub(super) fn composite<'a>(self, parts: impl Iterator<Item = &'a Sum>) -> Sum {
        let mut hasher = self.hasher();
        let mut count = 0;
        for part in parts {
            hasher.update(&STANDARD.decode(&part.value).unwrap_or_default());
            count += 1;
        }
        Sum {
            algorithm: self,
            value: format!("{}-{count}", self.value(hasher.finalize())),
            composite: true,
        }
    }
}

impl Sum {
    /// As answers carry it.
    pub(super) fn dto(&self) -> Checksum {
        let mut checksum = Checksum::default();
        let value = Some(self.value.clone());
        match self.algorithm {
            Algorithm::Crc32 => checksum.checksum_crc32 = value,
            Algorithm::Crc32c => checksum.checksum_crc32c = value,
            Algorithm::Crc64Nvme => checksum.checksum_crc64nvme = value,
            Algorithm::Sha1 => checksum.checksum_sha1 = value,
            Algorithm::Sha256 => checksum.checksum_sha256 = value,
        }
        checksum.checksum_type = Some(ChecksumType::from_static(if self.composite {
            ChecksumType::COMPOSITE
        } else {
            ChecksumType::FULL_OBJECT
        }));
        checksum
    }

    /// The checksum among those a request carries.
    pub(super) fn of_dto(given: Checksum) -> Option<(Algorithm, String)> {
        let fields = [
            given.checksum_crc32,
            given.checksum_crc32c,
            given.checksum_crc64nvme,
            given.checksum_sha1,
            given.checksum_sha256,
        ];
        let pairs = Algorithm::ALL.into_iter().zip(fields);
        pairs
            .into_iter()
            .find_map(|(algorithm, value)| Some((algorithm, value?)))
    }
}

impl Hasher {
    pub(super) fn new(algorithm: Algorithm) -> Self {
        Self {
            md5: Md5::new(),
            algorithm,
            checksum: algorithm.hasher(),
        }
    }

    pub(super) fn update(&mut self, bytes: &[u8]) {
        self.md5.update(bytes);
        self.checksum.update(bytes);
    }

    pub(super) fn finish(self, size: u64) -> Digests {
        Digests {
            md5: self.md5.finalize().into(),
            sum: Sum {
                algorithm: self.algorithm,
                value: self.algorithm.value(self.checksum.finalize()),
                composite: false,
            },
            size,
        }
    }
}

/// What an upload claims to be, in its headers or its trailer.
pub(super) struct Claimed {
    pub(super) algorithm: Algorithm,
    value: Option<String>,
    trailer: Option<TrailingHeaders>,
    md5: Option<String>,
}

impl Claimed {
    /// Reads the claim. Without one, the checksum is the one that S3 itself takes.
    pub(super) fn read(
        headers: &::http::HeaderMap,
        trailer: Option<TrailingHeaders>,
        given: Checksum,
        algorithm: Option<&ChecksumAlgorithm>,
        md5: Option<String>,
    ) -> S3Result<Self> {
        let announced = headers
            .get("x-amz-trailer")
            .and_then(|name| name.to_str().ok());
        let announced = announced.and_then(|name| {
            Algorithm::ALL
                .into_iter()
                .find(|algorithm| algorithm.header() == name.trim())
        });
        let (algorithm, value, trailer) = match (Sum::of_dto(given), announced) {
            (Some((algorithm, value)), _) => (algorithm, Some(value), None),
            (None, Some(algorithm)) => (algorithm, None, trailer),
            (None, None) => {
                let algorithm = algorithm.map(Algorithm::of_dto).transpose()?;
                (algorithm.unwrap_or(Algorithm::Crc64Nvme), None, None)
            }
        };
        Ok(Self {
            algorithm,
            value,
            trailer,
            md5,
        })
    }

    /// Whether the client gave a checksum, now or later.
    pub(super) fn is_explicit(&self) -> bool {
        self.value.is_some() || self.trailer.is_some()
    }

    /// Holds what arrived against the claim.
    pub(super) fn check(&self, digests: &Digests) -> S3Result<()> {
        let trailing = self.trailer.as_ref().and_then(|trailer| {
            let header = self.algorithm.header();
            trailer.read(|headers| Some(headers.get(&header)?.to_str().ok()?.to_owned()))
        });
        let claimed = self.value.clone().or(trailing.flatten());
        if self.trailer.is_some() && claimed.is_none() {
            return Err(s3_error!(
                InvalidRequest,
                "the announced checksum is missing"
            ));
        }
        if claimed.is_some_and(|claimed| claimed != digests.sum.value) {
            let name = self.algorithm.name();
            return Err(s3_error!(
                BadDigest,
                "The {name} you specified did not match the calculated checksum."
            ));
        }
        match &self.md5 {
            Some(md5) if *md5 != STANDARD.encode(digests.md5) => Err(s3_error!(
                BadDigest,
                "The Content-MD5 you specified did not match what we received."
            )),
            _ => Ok(()),
        }
    }
}

/// The `ETag` of an object that was uploaded in one piece.
pub(super) fn etag(md5: &[u8; 16]) -> String {
    hex::encode(md5)
}

/// The `ETag` of an object that was uploaded in parts: the digest of their digests.
pub(super) fn etag_of_parts<'a>(parts: impl Iterator<Item = &'a str>) -> String {
    let mut digest = Md5::new();
    let mut count = 0;
    for part in parts {
        // Our own tags are always hexadecimal.
        digest.update(hex::decode(part).unwrap_or_default());
        count += 1;
    }
    format!("{}-{count}", hex::encode(digest.finalize()))
}
