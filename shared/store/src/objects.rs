//! A bucket: files in and out, and presigned requests.

use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use aws_sdk_s3::Client;
use aws_sdk_s3::error::SdkError;
use aws_sdk_s3::operation::head_object::HeadObjectOutput;
use aws_sdk_s3::presigning::PresigningConfig;
use aws_sdk_s3::primitives::ByteStream;
use tokio::io::AsyncWriteExt;

use crate::Clients;
use crate::post::Signer;

/// The content type of a workbook.
pub const XLSX: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";

/// The metadata that orders the files of one name.
const ORDER: &str = "order";
/// The metadata that says something about an object.
const NOTE: &str = "note";
/// How often a file is written while others write under the same name.
const ATTEMPTS: u32 = 10;

/// One bucket.
#[derive(Debug, Clone)]
pub struct Bucket {
    client: Client,
    name: String,
    pub(crate) signer: Option<Signer>,
}

/// A request that whoever holds it may send, until it expires.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Presigned {
    /// The method to use.
    pub method: String,
    /// The address, signature included.
    pub url: String,
    /// Headers that are signed and must be sent as they are.
    pub headers: Vec<(String, String)>,
}

impl Bucket {
    /// The bucket of this name.
    pub fn new(clients: &Clients, name: impl Into<String>) -> Self {
        Self {
            client: clients.s3(),
            name: name.into(),
            signer: clients.signer(),
        }
    }

    /// Its name.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// Copies an object into a file, piece by piece, and returns its size in bytes. More than
    /// `limit` bytes is an error before anything is written.
    pub async fn download(&self, key: &str, to: &Path, limit: u64) -> Result<Download> {
        let answer = self
            .client
            .get_object()
            .bucket(&self.name)
            .key(key)
            .send()
            .await;
        let mut answer = match answer {
            Ok(answer) => answer,
            Err(error)
                if error.as_service_error().is_some_and(
                    aws_sdk_s3::operation::get_object::GetObjectError::is_no_such_key,
                ) =>
            {
                return Ok(Download::Gone);
            }
            Err(error) => return Err(error).with_context(|| format!("read {}/{key}", self.name)),
        };
        let size = u64::try_from(answer.content_length().unwrap_or_default()).unwrap_or_default();
        if size > limit {
            return Ok(Download::TooLarge(size));
        }
        let mut file = tokio::fs::File::create(to).await?;
        while let Some(piece) = answer
            .body
            .try_next()
            .await
            .with_context(|| format!("read {}/{key}", self.name))?
        {
            file.write_all(&piece).await?;
        }
        file.flush().await?;
        Ok(Download::Done(size))
    }

    /// The first `most` bytes of an object; `None` if there is none.
    pub async fn read(&self, key: &str, most: usize) -> Result<Option<Vec<u8>>> {
        let answer = self.client.get_object().bucket(&self.name).key(key);
        let mut body = match answer.send().await {
            Ok(answer) => answer.body,
            Err(error)
                if error.as_service_error().is_some_and(
                    aws_sdk_s3::operation::get_object::GetObjectError::is_no_such_key,
                ) =>
            {
                return Ok(None);
            }
            Err(error) => return Err(error).with_context(|| format!("read {}/{key}", self.name)),
        };
        let mut bytes = Vec::new();
        while bytes.len() < most {
            let piece = body.try_next().await;
            let piece = piece.with_context(|| format!("read {}/{key}", self.name))?;
            let Some(piece) = piece else { break };
            bytes.extend_from_slice(&piece);
        }
        bytes.truncate(most);
        Ok(Some(bytes))
    }

    /// The folders right below a prefix, which ends with `/`; each with the prefix and its own `/`.
    pub async fn folders(&self, prefix: &str) -> Result<Vec<String>> {
        let list = self.client.list_objects_v2().bucket(&self.name);
        let mut pages = list.prefix(prefix).delimiter("/").into_paginator().send();
        let mut folders = Vec::new();
        while let Some(page) = pages.next().await {
            let page = page.with_context(|| format!("list {}/{prefix}", self.name))?;
            let found = page.common_prefixes.unwrap_or_default().into_iter();
            folders.extend(found.filter_map(|folder| folder.prefix));
        }
        Ok(folders)
    }

    /// The keys that begin with a prefix, in the order of their bytes: those greater than `after`
    /// and less than `before`, where they are given.
    pub async fn keys(
        &self,
        prefix: &str,
        after: Option<&str>,
        before: Option<&str>,
    ) -> Result<Vec<String>> {
        let list = self.client.list_objects_v2().bucket(&self.name);
        let mut pages = list
            .prefix(prefix)
            .set_start_after(after.map(str::to_owned))
            .into_paginator()
            .send();
        let mut keys = Vec::new();
        while let Some(page) = pages.next().await {
            let page = page.with_context(|| format!("list {}/{prefix}", self.name))?;
            let found = page.contents.unwrap_or_default().into_iter();
            for key in found.filter_map(|object| object.key) {
                if before.is_some_and(|before| key.as_str() >= before) {
                    return Ok(keys);
                }
                keys.push(key);
            }
        }
        Ok(keys)
    }

    /// Writes a file as an object with a note of ASCII characters, which [`Self::note`] reads
    /// without the object.
    pub async fn upload_with_note(
        &self,
        key: &str,
        from: &Path,
        content_type: &str,
        note: &str,
    ) -> Result<()> {
        let body = ByteStream::from_path(from)
            .await
            .with_context(|| format!("read {}", from.display()))?;
        let put = self.client.put_object().bucket(&self.name).key(key);
        put.content_type(content_type)
            .metadata(NOTE, note)
            .body(body)
            .send()
            .await
            .with_context(|| format!("write {}/{key}", self.name))?;
        Ok(())
    }

    /// The note of an object; `None` if there is no such object, or it has none.
    pub async fn note(&self, key: &str) -> Result<Option<String>> {
        let Some(head) = self.head(key).await? else {
            return Ok(None);
        };
        Ok(head.metadata.and_then(|mut all| all.remove(NOTE)))
    }

    /// Writes a file as an object.
    pub async fn upload(&self, key: &str, from: &Path, content_type: &str) -> Result<()> {
        let body = ByteStream::from_path(from)
            .await
            .with_context(|| format!("read {}", from.display()))?;
        self.put(key, body, content_type).await
    }

    /// Writes bytes as an object.
    pub async fn write(&self, key: &str, bytes: Vec<u8>, content_type: &str) -> Result<()> {
        self.put(key, bytes.into(), content_type).await
    }

    async fn put(&self, key: &str, body: ByteStream, content_type: &str) -> Result<()> {
        self.client
            .put_object()
            .bucket(&self.name)
            .key(key)
            .content_type(content_type)
            .body(body)
            .send()
            .await
            .with_context(|| format!("write {}/{key}", self.name))?;
        Ok(())
    }

    /// Writes a file under a name that leads to the latest of several files, unless a later one
    /// stands there. `order` says which is later, compared as text, in ASCII. Whoever writes at
    /// the same time, the latest stands in the end. Says whether it was written.
    pub async fn upload_latest(
        &self,
        key: &str,
        from: &Path,
        content_type: &str,
        order: &str,
    ) -> Result<bool> {
        for _ in 0..ATTEMPTS {
            let standing = self.standing(key).await?;
            let put = self
                .client
                .put_object()
                .bucket(&self.name)
                .key(key)
                .content_type(content_type)
                .metadata(ORDER, order)
                .body(ByteStream::from_path(from).await?);
            let put = match standing {
                Some((_, Some(later))) if later.as_str() > order => return Ok(false),
                Some((etag, _)) => put.if_match(etag),
                None => put.if_none_match("*"),
            };
            match put.send().await {
                Ok(_) => return Ok(true),
                Err(error) if was_first(&error) => {}
                Err(error) => {
                    return Err(error).with_context(|| format!("write {}/{key}", self.name));
                }
            }
        }
        bail!("{}/{key} was written by others {ATTEMPTS} times", self.name)
    }

    /// The version of an object, by which [`Self::replace`] knows it; `None` if there is none.
    pub async fn version(&self, key: &str) -> Result<Option<String>> {
        Ok(self.standing(key).await?.map(|(etag, _)| etag))
    }

    /// Writes a file in the place of this version of an object, or of none. Says whether it was
    /// written: somebody else may have been first.
    pub async fn replace(
        &self,
        key: &str,
        from: &Path,
        content_type: &str,
        version: Option<&str>,
    ) -> Result<bool> {
        let put = self
            .client
            .put_object()
            .bucket(&self.name)
            .key(key)
            .content_type(content_type)
            .body(ByteStream::from_path(from).await?);
        let put = match version {
            Some(version) => put.if_match(version),
            None => put.if_none_match("*"),
        };
        match put.send().await {
            Ok(_) => Ok(true),
            Err(error) if was_first(&error) => Ok(false),
            Err(error) => Err(error).with_context(|| format!("write {}/{key}", self.name)),
        }
    }

    /// The `ETag` of an object, and its place in the order of [`Self::upload_latest`].
    async fn standing(&self, key: &str) -> Result<Option<(String, Option<String>)>> {
        let Some(object) = self.head(key).await? else {
            return Ok(None);
        };
        let order = object.metadata().and_then(|all| all.get(ORDER)).cloned();
        let etag = object.e_tag().context("an object has no ETag")?;
        Ok(Some((etag.to_owned(), order)))
    }

    /// What is known of an object without its content.
    async fn head(&self, key: &str) -> Result<Option<HeadObjectOutput>> {
        let head = self.client.head_object().bucket(&self.name).key(key);
        match head.send().await {
            Ok(object) => Ok(Some(object)),
            Err(error)
                if error.as_service_error().is_some_and(
                    aws_sdk_s3::operation::head_object::HeadObjectError::is_not_found,
                ) =>
            {
                Ok(None)
            }
            Err(error) => Err(error).with_context(|| format!("look for {}/{key}", self.name)),
        }
    }

    /// A request that reads an object under the file name `name`.
    pub async fn presign_get(&self, key: &str, name: &str, valid: Duration) -> Result<Presigned> {
        let request = self
            .client
            .get_object()
            .bucket(&self.name)
            .key(key)
            .response_content_disposition(attachment(name))
            .presigned(PresigningConfig::expires_in(valid)?)
            .await
            .with_context(|| format!("sign a request for {}/{key}", self.name))?;
        Ok(presigned(&request))
    }

    /// A request that writes an object.
    pub async fn presign_put(&self, key: &str, valid: Duration) -> Result<Presigned> {
        let request = self
            .client
            .put_object()
            .bucket(&self.name)
            .key(key)
            .presigned(PresigningConfig::expires_in(valid)?)
            .await
            .with_context(|| format!("sign a request for {}/{key}", self.name))?;
        Ok(presigned(&request))
    }

    /// Whether there is an object of this key.
    pub async fn has(&self, key: &str) -> Result<bool> {
        Ok(self.standing(key).await?.is_some())
    }
}

/// What became of a download.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Download {
    /// It is in the file; its size in bytes.
    Done(u64),
    /// It is larger than the limit; its size in bytes. Nothing was written.
    TooLarge(u64),
    /// There is no such object any more.
    Gone,
}

/// Whether somebody else wrote in between: 412, or 409 while they still do, or 404 after they
/// removed the object.
fn was_first<E>(error: &SdkError<E>) -> bool {
    error
        .raw_response()
        .is_some_and(|response| matches!(response.status().as_u16(), 404 | 409 | 412))
}

fn presigned(request: &aws_sdk_s3::presigning::PresignedRequest) -> Presigned {
    Presigned {
        method: request.method().to_owned(),
        url: request.uri().to_owned(),
        headers: request
            .headers()
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect(),
    }
}

/// A `Content-Disposition` for a file name in any script (RFC 6266, RFC 8187).
fn attachment(name: &str) -> String {
    use std::fmt::Write as _;
    let mut header = "attachment; filename*=UTF-8''".to_owned();
    for byte in name.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_') {
            header.push(char::from(byte));
        } else {
            let _ = write!(header, "%{byte:02X}");
        }
    }
    header
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_korean_file_name_survives_the_header() {
        assert_eq!(
            attachment("11월 가격.xlsx"),
            "attachment; filename*=UTF-8''11%EC%9B%94%20%EA%B0%80%EA%B2%A9.xlsx"
        );
    }
}
