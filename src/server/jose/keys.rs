use aes_gcm::Aes256Gcm;
use aes_gcm::aead::{AeadInOut, KeyInit, Nonce, Tag};
use hkdf::Hkdf;
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey};
use sha2::Sha256;
use zeroize::Zeroizing;

use super::super::secret::Secret;
use super::JoseError;

/// The keys, derived once from secret and salt; the only place that has them.
///
/// HKDF-SHA256 over the UTF-8 bytes of both strings as they stand (base64 is not decoded), with
/// one `info` a purpose, so that a token of one purpose is nothing in another's place. The first
/// two are the TypeScript release's.
pub(crate) struct Keys {
    pub(super) signing: SigningKey,
    pub(super) encryption: EncryptionKey,
    /// For a flow's transient cookie.
    pub(crate) flow: EncryptionKey,
    /// For `state`, which the provider and the address bar see.
    pub(crate) state: EncryptionKey,
}

impl Keys {
    pub(crate) fn derive(secret: &Secret, salt: &Secret) -> Result<Self, JoseError> {
        let hkdf = Hkdf::<Sha256>::new(Some(salt.expose().as_bytes()), secret.expose().as_bytes());
        let key = |info: &str| -> Result<Zeroizing<[u8; 32]>, JoseError> {
            let mut key = Zeroizing::new([0; 32]);
            hkdf.expand(info.as_bytes(), key.as_mut_slice()).map_err(|_| JoseError::Encoding)?;
            Ok(key)
        };
        Ok(Self {
            signing: SigningKey::new(key("aura:signing")?.as_slice()),
            encryption: EncryptionKey::new(key("aura:encryption")?.as_slice())?,
            flow: EncryptionKey::new(key("aura:flow")?.as_slice())?,
            state: EncryptionKey::new(key("aura:state")?.as_slice())?,
        })
    }
}

impl std::fmt::Debug for Keys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Keys([redacted])")
    }
}

/// HMAC-SHA256.
pub(super) struct SigningKey {
    encoding: EncodingKey,
    decoding: DecodingKey,
}

impl SigningKey {
    fn new(bytes: &[u8]) -> Self {
        Self { encoding: EncodingKey::from_secret(bytes), decoding: DecodingKey::from_secret(bytes) }
    }

    /// The signature of `message`, in base64url.
    pub(super) fn sign(&self, message: &[u8]) -> Result<String, JoseError> {
        jsonwebtoken::crypto::sign(message, &self.encoding, Algorithm::HS256).map_err(|_| JoseError::Encoding)
    }

    /// Compares in constant time.
    pub(super) fn verify(&self, message: &[u8], signature: &str) -> Result<(), JoseError> {
        match jsonwebtoken::crypto::verify(signature, message, &self.decoding, Algorithm::HS256) {
            Ok(true) => Ok(()),
            Ok(false) | Err(_) => Err(JoseError::Signature),
        }
    }
}

/// AES-256-GCM with its key schedule.
pub(crate) struct EncryptionKey(Aes256Gcm);

impl EncryptionKey {
    fn new(bytes: &[u8]) -> Result<Self, JoseError> {
        Aes256Gcm::new_from_slice(bytes).map(Self).map_err(|_| JoseError::Encoding)
    }

    /// Encrypts `buffer` in place and returns the tag.
    pub(super) fn encrypt(&self, nonce: &[u8; 12], aad: &[u8], buffer: &mut [u8]) -> Result<[u8; 16], JoseError> {
        self.0
            .encrypt_inout_detached(&Nonce::<Aes256Gcm>::from(*nonce), aad, buffer.into())
            .map(Into::into)
            .map_err(|_| JoseError::Encoding)
    }

    /// Decrypts `buffer` in place.
    pub(super) fn decrypt(
        &self,
        nonce: [u8; 12],
        aad: &[u8],
        buffer: &mut [u8],
        tag: [u8; 16],
    ) -> Result<(), JoseError> {
        self.0
            .decrypt_inout_detached(&Nonce::<Aes256Gcm>::from(nonce), aad, buffer.into(), &Tag::<Aes256Gcm>::from(tag))
            .map_err(|_| JoseError::Decryption)
    }
}
