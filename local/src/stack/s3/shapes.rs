//! What the requests and answers of `s3s` have in common, without a type of its own there.

/// The checksum members of a request, moved into one value.
macro_rules! given_checksum {
    ($input:expr) => {
        s3s::dto::Checksum {
            checksum_crc32: $input.checksum_crc32.clone(),
            checksum_crc32c: $input.checksum_crc32c.clone(),
            checksum_crc64nvme: $input.checksum_crc64nvme.clone(),
            checksum_sha1: $input.checksum_sha1.clone(),
            checksum_sha256: $input.checksum_sha256.clone(),
            ..s3s::dto::Checksum::default()
        }
    };
}

/// Writes a checksum into the members of an answer.
macro_rules! with_checksum {
    ($output:expr, $sum:expr) => {
        if let Some(sum) = $sum {
            let checksum = sum.dto();
            $output.checksum_crc32 = checksum.checksum_crc32;
            $output.checksum_crc32c = checksum.checksum_crc32c;
            $output.checksum_crc64nvme = checksum.checksum_crc64nvme;
            $output.checksum_sha1 = checksum.checksum_sha1;
            $output.checksum_sha256 = checksum.checksum_sha256;
        }
    };
    ($output:expr, $sum:expr, typed) => {
        with_checksum!($output, $sum);
        $output.checksum_type = $sum.and_then(|sum| sum.dto().checksum_type);
    };
}

/// The conditions under which a request replaces an object.
macro_rules! conditions {
    ($input:expr) => {
        $crate::stack::s3::store::PutConditions {
            if_match: $input.if_match.clone(),
            if_none_match: $input.if_none_match.clone(),
        }
    };
}

/// What a request says an object is to be served with.
macro_rules! headers {
    ($input:expr) => {
        $crate::stack::s3::store::Headers {
            content_type: $input.content_type.clone(),
            content_disposition: $input.content_disposition.clone(),
            content_encoding: $input
                .content_encoding
                .clone()
                .and_then($crate::stack::s3::shapes::without_chunking),
            content_language: $input.content_language.clone(),
            cache_control: $input.cache_control.clone(),
            expires: $input
                .expires
                .as_ref()
                .map($crate::stack::s3::shapes::milliseconds),
            redirect: $input.website_redirect_location.clone(),
            metadata: $input
                .metadata
                .clone()
                .unwrap_or_default()
                .into_iter()
                .collect(),
        }
    };
}

pub(super) use {conditions, given_checksum, headers, with_checksum};

pub(super) fn now() -> i64 {
    jiff::Timestamp::now().as_millisecond()
}

pub(super) fn milliseconds(time: &s3s::dto::Timestamp) -> i64 {
    let mut text = Vec::new();
    let formatted = time.format(s3s::dto::TimestampFormat::DateTime, &mut text);
    let text = formatted.ok().and_then(|()| String::from_utf8(text).ok());
    let parsed = text.and_then(|text| text.parse::<jiff::Timestamp>().ok());
    parsed.map_or(0, jiff::Timestamp::as_millisecond)
}

/// `aws-chunked` is how the upload travelled, not what the object is.
pub(super) fn without_chunking(encoding: impl AsRef<str>) -> Option<String> {
    let kept: Vec<&str> = encoding
        .as_ref()
        .split(',')
        .map(str::trim)
        .filter(|coding| !coding.is_empty() && *coding != "aws-chunked")
        .collect();
    Some(kept.join(",")).filter(|kept| !kept.is_empty())
}
