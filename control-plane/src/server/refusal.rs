//! What is sent to a client whose bytes are no HTTP request.
//!
//! hyper answers those by itself, before any of our code runs, with a status and no body. Such an
//! answer is recognised on its way out and replaced by the documented error (invariant 11).

use protocol::{ErrorCode, RequestId};

/// The documented error, if these bytes are an answer of hyper's own. An operation never sends a
/// client error without a body, so the two can't be confused.
pub(super) fn replacement(bytes: &[u8]) -> Option<Vec<u8>> {
    let version = bytes.get(..9).filter(|it| it.starts_with(b"HTTP/1."))?;
    let status = bytes.get(9..12)?;
    let code = match status {
        b"400" => ErrorCode::InvalidRequest,
        b"414" => ErrorCode::UriTooLong,
        b"431" => ErrorCode::HeadersTooLarge,
        _ => return None,
    };
    memchr::memmem::find(bytes, b"\r\ncontent-length: 0\r\n")?;
    let request_id = RequestId::generate();
    let body = serde_json::json!({
        "error": "this is not an HTTP request that can be read, or its headers are far too large",
        "code": code.as_str(),
        "request_id": request_id,
    })
    .to_string();
    let version = String::from_utf8_lossy(version);
    let reason = http::StatusCode::from_u16(code.status());
    let reason = reason
        .ok()
        .and_then(|it| it.canonical_reason())
        .unwrap_or_default();
    let text = format!(
        "{version}{} {reason}\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\
         request-id: {request_id}\r\nconnection: close\r\n\r\n{body}",
        code.status(),
        body.len(),
    );
    Some(text.into_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_of_hypers_own_is_replaced_and_no_other() {
        let own = b"HTTP/1.1 400 Bad Request\r\nconnection: close\r\ncontent-length: 0\r\n\r\n";
        let text = String::from_utf8(replacement(own).unwrap()).unwrap();
        assert!(text.starts_with("HTTP/1.1 400 Bad Request\r\n"), "{text}");
        let (_, body) = text.split_once("\r\n\r\n").unwrap();
        let body: serde_json::Value = serde_json::from_str(body).unwrap();
        assert_eq!(body["code"], "invalid_request");
        let large = b"HTTP/1.1 431 Request Header Fields Too Large\r\ncontent-length: 0\r\n\r\n";
        assert!(replacement(large).is_some());
        for other in [
            &b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n"[..],
            b"HTTP/1.1 400 Bad Request\r\ncontent-length: 07\r\n\r\n{}",
            b"HTTP/1.1 4",
            b"",
            b"event bytes",
        ] {
            assert_eq!(replacement(other), None);
        }
    }
}
