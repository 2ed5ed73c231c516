use aes_gcm::Aes256Gcm;
use aes_gcm::aead::{AeadInOut, KeyInit, Nonce, Tag};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hkdf::Hkdf;
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header};
use sha2::Sha256;
use zeroize::Zeroizing;

use super::super::secret::Secret;
use super::JoseError;

/// The keys, derived once from secret and salt; the only place that has them.
///
/// HKDF-SHA256 over the UTF-8 bytes of both strings as they stand (base64 is not decoded), with
/// one `info` a purpose, so that a token of one purpose is nothing in another's place. The first
/// two are the TypeScript release's.
pub(super) struct Keys {
    pub(super) signing: SigningKey,
    pub(super) encryption: EncryptionKey,
    flow: EncryptionKey,
    state: EncryptionKey,
    provider_tokens: EncryptionKey,
    reason: EncryptionKey,
}

/// What is encrypted with a key of its own, so that it is nothing in another one's place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// A flow's transient cookie.
    Flow,
    /// `state`, which the provider and the address bar see.
    State,
    /// A provider's tokens.
    ProviderTokens,
    /// Why somebody was not admitted, in the address of the error page.
    Reason,
}

impl Keys {
    fn derive(secret: &Secret, salt: &Secret) -> Result<Self, JoseError> {
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
            provider_tokens: EncryptionKey::new(key("aura:provider-tokens")?.as_slice())?,
            reason: EncryptionKey::new(key("aura:reason")?.as_slice())?,
        })
    }

    pub(super) fn of(&self, purpose: Purpose) -> &EncryptionKey {
        match purpose {
            Purpose::Flow => &self.flow,
            Purpose::State => &self.state,
            Purpose::ProviderTokens => &self.provider_tokens,
            Purpose::Reason => &self.reason,
        }
    }
}

impl std::fmt::Debug for Keys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Keys([redacted])")
    }
}

/// The keys in use, and those of earlier secrets, which still open what they once sealed.
#[derive(Debug)]
pub(crate) struct KeyRing {
    pub(super) current: Keys,
    pub(super) previous: Vec<Keys>,
}

impl KeyRing {
    pub(crate) fn derive(secret: &Secret, previous: &[Secret], salt: &Secret) -> Result<Self, JoseError> {
        let previous = previous.iter().map(|secret| Keys::derive(secret, salt)).collect::<Result<_, _>>()?;
        Ok(Self { current: Keys::derive(secret, salt)?, previous })
    }

    /// Tries to open something with the keys in use, then with the earlier ones where the reason
    /// was a wrong key. Whether it took an earlier one comes with the result.
    pub(super) fn open<T>(&self, open: impl Fn(&Keys) -> Result<T, JoseError>) -> Result<(T, bool), JoseError> {
        let result = open(&self.current);
        let Err(error @ (JoseError::Signature | JoseError::Decryption)) = result else {
            return result.map(|opened| (opened, false));
        };
        let opened = self.previous.iter().find_map(|keys| match open(keys) {
            Err(JoseError::Signature | JoseError::Decryption) => None,
            decided => Some(decided.map(|opened| (opened, true))),
        });
        opened.unwrap_or(Err(error))
    }
}

/// A key that signs with one algorithm, and the header that says so.
pub(super) struct SigningKey {
    encoding: EncodingKey,
    decoding: DecodingKey,
    algorithm: Algorithm,
    /// As it stands in a token.
    header: String,
}

impl SigningKey {
    /// HMAC-SHA256. The header is byte for byte the TypeScript release's.
    fn new(bytes: &[u8]) -> Self {
        Self {
            encoding: EncodingKey::from_secret(bytes),
            decoding: DecodingKey::from_secret(bytes),
            algorithm: Algorithm::HS256,
            header: URL_SAFE_NO_PAD.encode(r#"{"alg":"HS256","typ":"JWT"}"#),
        }
    }

    pub(super) fn asymmetric(
        encoding: EncodingKey,
        decoding: DecodingKey,
        algorithm: Algorithm,
        key_id: Option<&str>,
    ) -> Result<Self, JoseError> {
        let header = Header { kid: key_id.map(str::to_owned), ..Header::new(algorithm) };
        let header = serde_json::to_vec(&header).map_err(|_| JoseError::Encoding)?;
        Ok(Self { encoding, decoding, algorithm, header: URL_SAFE_NO_PAD.encode(header) })
    }

    /// The header of the tokens that this key signs, in base64url.
    pub(super) fn header(&self) -> &str {
        &self.header
    }

    /// The algorithm's name (RFC 7518, 3.1).
    pub(super) fn algorithm(&self) -> &'static str {
        match self.algorithm {
            Algorithm::RS256 => "RS256",
            Algorithm::ES256 => "ES256",
            Algorithm::EdDSA => "EdDSA",
            _ => "HS256",
        }
    }

    /// The signature of `message`, in base64url.
    pub(super) fn sign(&self, message: &[u8]) -> Result<String, JoseError> {
        jsonwebtoken::crypto::sign(message, &self.encoding, self.algorithm).map_err(|_| JoseError::Encoding)
    }

    /// Compares in constant time.
    pub(super) fn verify(&self, message: &[u8], signature: &str) -> Result<(), JoseError> {
        match jsonwebtoken::crypto::verify(signature, message, &self.decoding, self.algorithm) {
            Ok(true) => Ok(()),
            Ok(false) | Err(_) => Err(JoseError::Signature),
        }
    }
}

/// AES-256-GCM with its key schedule.
pub(super) struct EncryptionKey(Aes256Gcm);

impl EncryptionKey {
    pub(super) fn new(bytes: &[u8]) -> Result<Self, JoseError> {
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
