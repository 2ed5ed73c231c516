use memchr::memchr_iter;
use serde::Deserialize;
use serde::de::IgnoredAny;

use crate::server::jose::keys::EncryptionKey;
use crate::server::jose::{JoseError, base64url};
use crate::server::random::Random;

/// `{"alg":"dir","enc":"A256GCM","cty":"JWT","typ":"JWT"}`
const HEADER: &str = "eyJhbGciOiJkaXIiLCJlbmMiOiJBMjU2R0NNIiwiY3R5IjoiSldUIiwidHlwIjoiSldUIn0";

/// Encrypts `plaintext` as a compact JWE.
pub(super) fn encrypt(mut plaintext: Vec<u8>, key: &EncryptionKey, random: &dyn Random) -> Result<String, JoseError> {
    let mut nonce = [0; 12];
    random.fill(&mut nonce)?;
    let tag = key.encrypt(nonce, HEADER.as_bytes(), &mut plaintext)?;
    let mut token = Vec::with_capacity(HEADER.len() + plaintext.len().div_ceil(3) * 4 + 42);
    token.extend_from_slice(HEADER.as_bytes());
    // There are two dots because `dir` has no encrypted key (RFC 7516, 5.1).
    token.extend_from_slice(b"..");
    base64url::append(&mut token, &nonce)?;
    token.push(b'.');
    base64url::append(&mut token, &plaintext)?;
    token.push(b'.');
    base64url::append(&mut token, &tag)?;
    String::from_utf8(token).map_err(|_| JoseError::Encoding)
}

/// Returns the plaintext of a compact JWE, if this key encrypted it.
pub(super) fn decrypt(token: &str, key: &EncryptionKey) -> Result<Vec<u8>, JoseError> {
    let mut dots = memchr_iter(b'.', token.as_bytes());
    let mut dot = || dots.next().ok_or(JoseError::Malformed);
    let (first, second, third, fourth) = (dot()?, dot()?, dot()?, dot()?);
    let has_encrypted_key = second != first + 1;
    if has_encrypted_key || dot().is_ok() {
        return Err(JoseError::Malformed);
    }
    let (header, nonce) = (&token[..first], &token[second + 1..third]);
    let (ciphertext, tag) = (&token[third + 1..fourth], &token[fourth + 1..]);
    if header != HEADER {
        check_header(header)?;
    }
    let nonce = base64url::decode_exact(nonce)?;
    let tag = base64url::decode_exact(tag)?;
    let mut buffer = base64url::decode(ciphertext)?;
    key.decrypt(nonce, header.as_bytes(), &mut buffer, tag)?;
    Ok(buffer)
}

fn check_header(encoded: &str) -> Result<(), JoseError> {
    let json = base64url::decode(encoded)?;
    let header: Header<'_> = serde_json::from_slice(&json).map_err(|_| JoseError::Header)?;
    let accepted = header.alg == "dir" && header.enc == "A256GCM" && header.zip.is_none() && header.crit.is_none();
    if accepted { Ok(()) } else { Err(JoseError::Header) }
}

#[derive(Deserialize)]
struct Header<'a> {
    alg: &'a str,
    enc: &'a str,
    /// A compressed token is rejected, because a short token could decompress into a huge text (RFC 8725, 3.6).
    zip: Option<IgnoredAny>,
    crit: Option<IgnoredAny>,
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;
    use crate::server::random::SystemRandom;

    /// Attack: a nonce used twice under one key, which would give away AES-GCM's authentication key
    /// Standards: NIST SP 800-38D 8.2.2; ASVS 11.3.4, 11.5.2
    #[test]
    fn no_nonce_comes_twice_in_a_million() {
        let key = EncryptionKey::new(&[7; 32]);
        let mut seen = HashSet::with_capacity(1_000_000);
        for _ in 0..1_000_000 {
            let token = encrypt(b"x".to_vec(), &key, &SystemRandom).unwrap();
            let nonce: [u8; 12] = base64url::decode_exact(token.split('.').nth(2).unwrap()).unwrap();
            assert!(seen.insert(nonce), "after {}", seen.len());
        }
    }
}
