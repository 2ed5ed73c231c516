use base64_simd::URL_SAFE_NO_PAD;
use serde::Deserialize;
use serde::de::IgnoredAny;

use super::super::random::Random;
use super::JoseError;
use super::keys::{EncryptionKey, decode_exact};

/// `{"alg":"dir","enc":"A256GCM","cty":"JWT","typ":"JWT"}`
const HEADER: &str = "eyJhbGciOiJkaXIiLCJlbmMiOiJBMjU2R0NNIiwiY3R5IjoiSldUIiwidHlwIjoiSldUIn0";

#[derive(Deserialize)]
struct Header<'a> {
    alg: &'a str,
    enc: &'a str,
    /// Compression is refused: a short token would become a large text (RFC 8725, 3.6).
    zip: Option<IgnoredAny>,
    crit: Option<IgnoredAny>,
}

/// Encrypts `plaintext` as a compact JWE.
pub(super) fn encrypt(mut plaintext: Vec<u8>, key: &EncryptionKey, random: &dyn Random) -> Result<String, JoseError> {
    let mut nonce = [0; 12];
    random.fill(&mut nonce)?;
    let tag = key.encrypt(nonce, HEADER.as_bytes(), &mut plaintext)?;
    let mut token = String::with_capacity(HEADER.len() + plaintext.len().div_ceil(3) * 4 + 42);
    token.push_str(HEADER);
    // Two dots: with `dir` there is no encrypted key (RFC 7516, 5.1).
    token.push_str("..");
    URL_SAFE_NO_PAD.encode_append(nonce, &mut token);
    token.push('.');
    URL_SAFE_NO_PAD.encode_append(&plaintext, &mut token);
    token.push('.');
    URL_SAFE_NO_PAD.encode_append(tag, &mut token);
    Ok(token)
}

/// The plaintext of a compact JWE that this key encrypted.
pub(super) fn decrypt(token: &str, key: &EncryptionKey) -> Result<Vec<u8>, JoseError> {
    let mut parts = token.split('.');
    let mut part = || parts.next().ok_or(JoseError::Malformed);
    let (header, encrypted_key, nonce, ciphertext, tag) = (part()?, part()?, part()?, part()?, part()?);
    if parts.next().is_some() || !encrypted_key.is_empty() {
        return Err(JoseError::Malformed);
    }
    if header != HEADER {
        check_header(header)?;
    }
    let nonce = decode_exact(nonce).ok_or(JoseError::Malformed)?;
    let tag: [u8; EncryptionKey::TAG] = decode_exact(tag).ok_or(JoseError::Malformed)?;
    let mut buffer = Vec::with_capacity(ciphertext.len() / 4 * 3 + 3 + EncryptionKey::TAG);
    URL_SAFE_NO_PAD.decode_append(ciphertext, &mut buffer).map_err(|_| JoseError::Malformed)?;
    buffer.extend_from_slice(&tag);
    key.decrypt(nonce, header.as_bytes(), &mut buffer)?;
    Ok(buffer)
}

fn check_header(encoded: &str) -> Result<(), JoseError> {
    let json = URL_SAFE_NO_PAD.decode_to_vec(encoded).map_err(|_| JoseError::Malformed)?;
    let header: Header<'_> = serde_json::from_slice(&json).map_err(|_| JoseError::Header)?;
    let accepted = header.alg == "dir" && header.enc == "A256GCM" && header.zip.is_none() && header.crit.is_none();
    if accepted { Ok(()) } else { Err(JoseError::Header) }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::super::super::random::SystemRandom;
    use super::*;

    /// Attack: a nonce used twice under one key, which would give away AES-GCM's authentication key
    /// Standards: NIST SP 800-38D 8.2.2; ASVS 11.3.4, 11.5.2
    #[test]
    fn no_nonce_comes_twice_in_a_million() {
        let key = EncryptionKey::new(&[7; 32]).unwrap();
        let mut seen = HashSet::with_capacity(1_000_000);
        for _ in 0..1_000_000 {
            let token = encrypt(b"x".to_vec(), &key, &SystemRandom).unwrap();
            let nonce: [u8; 12] = decode_exact(token.split('.').nth(2).unwrap()).unwrap();
            assert!(seen.insert(nonce), "after {}", seen.len());
        }
    }
}
