use memchr::memchr_iter;
use serde::Deserialize;
use serde::de::IgnoredAny;

use crate::server::jose::keys::SigningKey;
use crate::server::jose::{JoseError, base64url};

/// Signs `payload`, which must be JSON, as a compact JWS.
pub(super) fn sign(payload: &[u8], key: &SigningKey) -> Result<Vec<u8>, JoseError> {
    let header = key.header();
    let mut token = Vec::with_capacity(header.len() + 1 + payload.len().div_ceil(3) * 4 + 1 + 43);
    token.extend_from_slice(header.as_bytes());
    token.push(b'.');
    base64url::append(&mut token, payload)?;
    let signature = key.sign(&token)?;
    token.push(b'.');
    base64url::append(&mut token, &signature)?;
    Ok(token)
}

/// Returns the payload of a compact JWS, if this key signed it.
pub(super) fn verify(token: &[u8], key: &SigningKey) -> Result<Vec<u8>, JoseError> {
    let mut dots = memchr_iter(b'.', token);
    let (Some(first), Some(second), None) = (dots.next(), dots.next(), dots.next()) else {
        return Err(JoseError::Malformed);
    };
    let (header, payload) = (&token[..first], &token[first + 1..second]);
    let (message, signature) = (&token[..second], &token[second + 1..]);
    if header != key.header().as_bytes() {
        check_header(header, key.algorithm())?;
    }
    let signature = base64url::decode(signature).map_err(|_| JoseError::Signature)?;
    key.verify(message, &signature)?;
    base64url::decode(payload)
}

/// Checks the header. The key determines the algorithm, not the token (RFC 8725, 3.1).
fn check_header(encoded: &[u8], algorithm: &str) -> Result<(), JoseError> {
    let json = base64url::decode(encoded)?;
    let header: Header<'_> = serde_json::from_slice(&json).map_err(|_| JoseError::Header)?;
    let accepted = header.alg == algorithm && header.typ.eq_ignore_ascii_case("JWT") && header.crit.is_none();
    if accepted { Ok(()) } else { Err(JoseError::Header) }
}

#[derive(Deserialize)]
struct Header<'a> {
    alg: &'a str,
    typ: &'a str,
    /// Extensions that the recipient must understand (RFC 7515, 4.1.11). None is supported, so a token with `crit` is
    /// rejected.
    crit: Option<IgnoredAny>,
}
