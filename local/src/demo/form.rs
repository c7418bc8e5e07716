//! A form with a file, as a page sends it to S3.

use jiff::Timestamp;
use serde_json::Value;

/// Its content type and its bytes. `fields` is the object of that name of the API's answer.
pub fn form(fields: &Value, file: &[u8]) -> (String, Vec<u8>) {
    // No file has the instant of its own upload to the nanosecond.
    let boundary = format!("pricetide-{}", Timestamp::now().as_nanosecond());
    let mut body = Vec::with_capacity(file.len() + 4_096);
    for (name, value) in fields.as_object().into_iter().flatten() {
        let value = value.as_str().unwrap_or_default();
        let field = format!(
            "--{boundary}\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n"
        );
        body.extend_from_slice(field.as_bytes());
    }
    let head = format!(
        "--{boundary}\r\nContent-Disposition: form-data; name=\"file\"; filename=\"upload\"\r\n\
         Content-Type: application/octet-stream\r\n\r\n"
    );
    body.extend_from_slice(head.as_bytes());
    body.extend_from_slice(file);
    body.extend_from_slice(format!("\r\n--{boundary}--\r\n").as_bytes());
    (format!("multipart/form-data; boundary={boundary}"), body)
}
