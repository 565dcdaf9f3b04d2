//! The signatures of webhooks: HMAC-SHA256 over the time and the raw body, as Stripe documents it.

use hmac::{Hmac, KeyInit as _, Mac as _};
use serde::Deserialize;
use sha2::Sha256;

/// How far the time of a signature may be from ours, in seconds: what is older may be a replay.
const TOLERANCE: u64 = 300;

/// What a webhook says, as far as it is read: which object it is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Signed {
    pub id: String,
    pub kind: String,
    pub object: String,
    pub is_live: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum SignatureError {
    #[error("the header Stripe-Signature is missing or can't be read")]
    Header,
    #[error("the signature is older or newer than five minutes")]
    Time,
    #[error("no signature is made with a secret that is known here")]
    Secret,
    #[error("the body is no event of Stripe")]
    Body,
}

/// The parts that are read. Fields that are missing make no webhook unreadable but these.
#[derive(Deserialize)]
struct Event {
    id: String,
    #[serde(rename = "type")]
    kind: String,
    #[serde(default)]
    livemode: bool,
    data: Option<Data>,
    /// Of thin events.
    related_object: Option<Object>,
}

#[derive(Deserialize)]
struct Data {
    object: Option<Object>,
}

#[derive(Deserialize)]
struct Object {
    id: Option<String>,
}

/// Reads a webhook whose signature was made with one of the secrets, now.
pub(crate) fn verify(
    header: Option<&str>,
    body: &[u8],
    secrets: &[String],
    now: u64,
) -> Result<Signed, SignatureError> {
    let header = header.ok_or(SignatureError::Header)?;
    let parts = header.split(',').filter_map(|it| it.trim().split_once('='));
    let mut time = None;
    let mut signatures = Vec::new();
    for (name, value) in parts {
        match name {
            "t" => time = Some(value),
            "v1" => signatures.extend(hex::decode(value)),
            _ => {}
        }
    }
    let time = time.ok_or(SignatureError::Header)?;
    let at: u64 = time.parse().map_err(|_| SignatureError::Header)?;
    if signatures.is_empty() {
        return Err(SignatureError::Header);
    }
    let is_ours = secrets.iter().any(|secret| {
        // A key may have any length.
        let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(secret.as_bytes()) else {
            return false;
        };
        mac.update(time.as_bytes());
        mac.update(b".");
        mac.update(body);
        signatures
            .iter()
            .any(|it| mac.clone().verify_slice(it).is_ok())
    });
    if !is_ours {
        return Err(SignatureError::Secret);
    }
    if now.abs_diff(at) > TOLERANCE {
        return Err(SignatureError::Time);
    }
    let event: Event = serde_json::from_slice(body).map_err(|_| SignatureError::Body)?;
    let object = event.data.and_then(|it| it.object).or(event.related_object);
    Ok(Signed {
        id: event.id,
        kind: event.kind,
        object: object.and_then(|it| it.id).unwrap_or_default(),
        is_live: event.livemode,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: u64 = 1_795_937_400;

    fn sign(secret: &str, time: u64, body: &[u8]) -> String {
        let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).unwrap();
        mac.update(time.to_string().as_bytes());
        mac.update(b".");
        mac.update(body);
        hex::encode(mac.finalize().into_bytes())
    }

    fn secrets() -> Vec<String> {
        ["first", "second"].map(|it| format!("whsec_{it}")).to_vec()
    }

    const BODY: &[u8] = br#"{"id":"evt_1","type":"invoice.created","livemode":false,
        "data":{"object":{"id":"in_1","unknown":[1]}}}"#;

    #[test]
    fn a_webhook_is_read_that_any_of_our_secrets_signed() {
        let read = |header: &str, now| verify(Some(header), BODY, &secrets(), now);
        for secret in secrets() {
            let header = format!("t={NOW},v1={}", sign(&secret, NOW, BODY));
            let signed = read(&header, NOW).unwrap();
            assert_eq!((&*signed.id, &*signed.object), ("evt_1", "in_1"));
            assert_eq!(read(&header, NOW + 300), Ok(signed));
            assert_eq!(read(&header, NOW + 301), Err(SignatureError::Time));
            assert_eq!(read(&header, NOW - 301), Err(SignatureError::Time));
        }
        // While a secret is rolled there are several signatures.
        let other = sign("whsec_gone", NOW, BODY);
        let ours = sign("whsec_second", NOW, BODY);
        assert!(read(&format!("t={NOW},v1={other},v1={ours},v0=x"), NOW).is_ok());
        assert_eq!(
            read(&format!("t={NOW},v1={other}"), NOW),
            Err(SignatureError::Secret)
        );
        // The time is signed, too.
        assert_eq!(
            read(&format!("t={},v1={ours}", NOW + 1), NOW),
            Err(SignatureError::Secret)
        );
        for header in [
            "",
            "t=1",
            "v1=00",
            "t=x,v1=00",
            "t=1,v1=zz",
            &format!("t={NOW}"),
        ] {
            assert_eq!(read(header, NOW), Err(SignatureError::Header), "{header}");
        }
        assert_eq!(
            verify(None, BODY, &secrets(), NOW),
            Err(SignatureError::Header)
        );
        let header = format!("t={NOW},v1={ours}");
        assert_eq!(
            verify(Some(&header), BODY, &[], NOW),
            Err(SignatureError::Secret)
        );
    }

    #[test]
    fn a_thin_event_names_what_it_is_about() {
        let body =
            br#"{"id":"evt_2","object":"v2.core.event","type":"v1.billing.meter.no_meter_found",
            "related_object":{"id":"mtr_1"}}"#;
        let header = format!("t={NOW},v1={}", sign("whsec_first", NOW, body));
        let signed = verify(Some(&header), body, &secrets(), NOW).unwrap();
        assert_eq!(signed.object, "mtr_1");
        let header = format!("t={NOW},v1={}", sign("whsec_first", NOW, b"{}"));
        assert_eq!(
            verify(Some(&header), b"{}", &secrets(), NOW),
            Err(SignatureError::Body)
        );
    }
}
