//! A server of the TypeScript release with the same secret and salt. It does not use the library's code. The library
//! must accept its tokens as sessions.

use aes_gcm::aead::AeadInOut as _;
use aes_gcm::{Aes256Gcm, KeyInit as _};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hkdf::Hkdf;
use jsonwebtoken::{Algorithm, EncodingKey};
use serde_json::{Value, json};
use sha2::Sha256;

use super::test_app::{SALT, SECRET};

/// Seals exactly these claims as a session (wire contract, 5).
pub(crate) fn seal(claims: &Value) -> String {
    seal_text(&claims.to_string())
}

/// Seals JSON text without parsing it.
pub(crate) fn seal_text(claims: &str) -> String {
    let header = encode(br#"{"alg":"dir","enc":"A256GCM","cty":"JWT","typ":"JWT"}"#);
    let (nonce, mut text) = ([7; 12], sign(claims).into_bytes());
    let tag = Aes256Gcm::new(&key("aura:encryption").into())
        .encrypt_inout_detached(&nonce.into(), header.as_bytes(), text.as_mut_slice().into())
        .unwrap();
    format!("{header}..{}.{}.{}", encode(&nonce), encode(&text), encode(&tag))
}

/// Creates a CSRF token (wire contract, 2.5). It is not bound to a session.
pub(crate) fn csrf_token(now: i64) -> String {
    let end = now + 15 * 24 * 3600;
    sign(&json!({ "token": encode(&[7; 32]), "iat": now, "nbf": now, "exp": end, "jti": "any" }).to_string())
}

fn sign(claims: &str) -> String {
    let message = format!("{}.{}", encode(br#"{"typ":"JWT","alg":"HS256"}"#), encode(claims.as_bytes()));
    let signing = EncodingKey::from_secret(&key("aura:signing"));
    let signature = jsonwebtoken::crypto::sign(message.as_bytes(), &signing, Algorithm::HS256).unwrap();
    format!("{message}.{signature}")
}

fn key(info: &str) -> [u8; 32] {
    let mut key = [0; 32];
    Hkdf::<Sha256>::new(Some(SALT.as_bytes()), SECRET.as_bytes()).expand(info.as_bytes(), &mut key).unwrap();
    key
}

fn encode(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}
