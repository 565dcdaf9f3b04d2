//! Codes of a second factor: those that an authenticator shows (TOTP, RFC 6238, with SHA-1, 6 digits and
//! steps of 30 seconds, as every authenticator knows it), and recovery codes for when it is lost.

use catalog::{SECRET_BYTES, SecondFactorCode};
use data_encoding::BASE32_NOPAD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use protocol::Timestamp;
use sha1::Sha1;

use super::token::{self, TokenDigest};

const STEP_SECONDS: u64 = 30;
const DIGITS: usize = 6;
/// Clocks of phones go wrong: a code is right this many steps before and after its own.
const STEPS_AROUND: u64 = 1;

/// The bytes of a recovery code, which make 20 letters and digits.
const RECOVERY_BYTES: usize = 12;
const RECOVERY_CHARS: usize = 20;
const RECOVERY_GROUP: usize = 5;
/// Recovery codes that a person has.
pub(crate) const RECOVERY_CODES: usize = 10;

pub(crate) fn generate_secret() -> [u8; SECRET_BYTES] {
    rand::random()
}

/// The secret as people type it.
pub(crate) fn in_base32(secret: &[u8]) -> String {
    BASE32_NOPAD.encode(secret)
}

/// What authenticators read from a QR code.
pub(crate) fn otpauth_url(secret: &[u8], email: &str) -> String {
    let (secret, email) = (in_base32(secret), percent_encode(email));
    format!(
        "otpauth://totp/Primatomic:{email}?secret={secret}&issuer=Primatomic&algorithm=SHA1\
         &digits={DIGITS}&period={STEP_SECONDS}"
    )
}

fn percent_encode(text: &str) -> String {
    let encode = |byte: u8| match byte {
        b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
            char::from(byte).to_string()
        }
        other => format!("%{other:02X}"),
    };
    text.bytes().map(encode).collect()
}

/// A code for when the authenticator is lost.
pub(crate) fn generate_recovery_code() -> String {
    let bytes: [u8; RECOVERY_BYTES] = rand::random();
    let text = in_base32(&bytes).to_lowercase();
    let groups = text.as_bytes()[..RECOVERY_CHARS].chunks(RECOVERY_GROUP);
    let groups: Vec<_> = groups.map(String::from_utf8_lossy).collect();
    groups.join("-")
}

/// What is stored of a recovery code, however it is typed.
pub(crate) fn recovery_digest(code: &str) -> TokenDigest {
    let letters = code.chars().filter(char::is_ascii_alphanumeric);
    token::digest(&letters.collect::<String>().to_lowercase())
}

/// What a text that was typed may be; `None` for a code that the authenticator does not show now. Whether a
/// recovery code is one, and whether either was used before, the catalog knows.
pub(crate) fn read(secret: &[u8], typed: &str, now: Timestamp) -> Option<SecondFactorCode> {
    let typed: String = typed.split_whitespace().collect();
    if typed.len() != DIGITS || !typed.bytes().all(|byte| byte.is_ascii_digit()) {
        return Some(SecondFactorCode::Recovery(recovery_digest(&typed)));
    }
    let present = now.as_micros() / 1_000_000 / STEP_SECONDS;
    let steps = present.saturating_sub(STEPS_AROUND)..=present + STEPS_AROUND;
    let mut steps = steps.filter(|step| code(secret, *step) == typed);
    steps.next().map(SecondFactorCode::Step)
}

/// The code of a time step (RFC 4226 §5.3).
fn code(secret: &[u8], step: u64) -> String {
    // Any length of key will do.
    let Ok(mut mac) = Hmac::<Sha1>::new_from_slice(secret) else {
        return String::new();
    };
    mac.update(&step.to_be_bytes());
    let hash = mac.finalize().into_bytes();
    let offset = usize::from(hash[19] & 0x0f);
    let bytes = std::array::from_fn(|index| hash[offset + index]);
    let number = (u32::from_be_bytes(bytes) & 0x7fff_ffff) % 1_000_000;
    format!("{number:06}")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The last six digits of those in RFC 6238, appendix B.
    #[test]
    fn codes_are_those_of_the_standard() {
        let secret = b"12345678901234567890";
        for (seconds, expected) in [
            (59, "287082"),
            (1_111_111_109, "081804"),
            (1_111_111_111, "050471"),
            (1_234_567_890, "005924"),
            (2_000_000_000, "279037"),
            (20_000_000_000, "353130"),
        ] {
            assert_eq!(code(secret, seconds / STEP_SECONDS), expected);
            let now = Timestamp(seconds * 1_000_000);
            let step = SecondFactorCode::Step(seconds / STEP_SECONDS);
            assert_eq!(read(secret, expected, now), Some(step));
        }
    }

    #[test]
    fn a_code_is_right_a_step_before_and_after_its_own() {
        let secret = generate_secret();
        let at = |step: u64| Timestamp(step * STEP_SECONDS * 1_000_000);
        let typed = code(&secret, 1_000);
        let typed = format!(" {} {}", &typed[..3], &typed[3..]);
        for step in 999..=1_001 {
            let read = read(&secret, &typed, at(step));
            assert_eq!(read, Some(SecondFactorCode::Step(1_000)));
        }
        for step in [998, 1_002] {
            assert_eq!(read(&secret, &typed, at(step)), None);
        }
    }

    #[test]
    fn recovery_codes_are_read_however_they_are_typed() {
        let code = generate_recovery_code();
        assert_eq!(code.len(), 23, "{code}");
        assert_ne!(code, generate_recovery_code());
        let digest = recovery_digest(&code);
        for typed in [
            code.to_uppercase(),
            code.replace('-', ""),
            code.replace('-', " "),
        ] {
            let read = read(&[], &typed, Timestamp(0));
            assert_eq!(read, Some(SecondFactorCode::Recovery(digest)), "{typed}");
        }
    }

    #[test]
    fn the_address_for_authenticators_is_encoded() {
        assert_eq!(
            otpauth_url(b"12345678901234567890", "a+b@example.org"),
            "otpauth://totp/Primatomic:a%2Bb%40example.org?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ\
             &issuer=Primatomic&algorithm=SHA1&digits=6&period=30"
        );
    }
}
