use base64_simd::URL_SAFE_NO_PAD;
use serde::Deserialize;
use serde::de::IgnoredAny;

use super::JoseError;
use super::keys::SigningKey;

#[derive(Deserialize)]
struct Header<'a> {
    alg: &'a str,
    typ: &'a str,
    /// Extensions that must be understood (RFC 7515, 4.1.11); none is.
    crit: Option<IgnoredAny>,
}

/// Signs `payload`, JSON already, as a compact JWS.
pub(super) fn sign(payload: &[u8], key: &SigningKey) -> Result<String, JoseError> {
    let header = key.header();
    let mut token = String::with_capacity(header.len() + 1 + payload.len().div_ceil(3) * 4 + 1 + 43);
    token.push_str(header);
    token.push('.');
    URL_SAFE_NO_PAD.encode_append(payload, &mut token);
    key.sign(&mut token)?;
    Ok(token)
}

/// The payload of a compact JWS that this key signed.
pub(super) fn verify(token: &str, key: &SigningKey) -> Result<Vec<u8>, JoseError> {
    let (message, signature) = token.rsplit_once('.').ok_or(JoseError::Malformed)?;
    let (header, payload) = message.split_once('.').ok_or(JoseError::Malformed)?;
    if payload.contains('.') {
        return Err(JoseError::Malformed);
    }
    if header != key.header() {
        check_header(header, key.algorithm())?;
    }
    key.verify(message.as_bytes(), signature)?;
    URL_SAFE_NO_PAD.decode_to_vec(payload).map_err(|_| JoseError::Malformed)
}

/// The algorithm is the key's, never the token's choice (RFC 8725, 3.1).
fn check_header(encoded: &str, algorithm: &str) -> Result<(), JoseError> {
    let json = URL_SAFE_NO_PAD.decode_to_vec(encoded).map_err(|_| JoseError::Malformed)?;
    let header: Header<'_> = serde_json::from_slice(&json).map_err(|_| JoseError::Header)?;
    let accepted = header.alg == algorithm && header.typ.eq_ignore_ascii_case("JWT") && header.crit.is_none();
    if accepted { Ok(()) } else { Err(JoseError::Header) }
}
