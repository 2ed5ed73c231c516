use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use aws_lc_rs::hmac;
use base64_simd::{AsOut as _, URL_SAFE_NO_PAD};
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
    key: Key,
    /// As it stands in a token.
    header: String,
}

enum Key {
    /// HMAC-SHA256, with its inner and outer hash begun.
    Hmac(Box<hmac::Key>),
    Pair {
        encoding: EncodingKey,
        decoding: DecodingKey,
        algorithm: Algorithm,
    },
}

impl SigningKey {
    /// HMAC-SHA256. The header is byte for byte the TypeScript release's.
    fn new(bytes: &[u8]) -> Self {
        Self {
            key: Key::Hmac(Box::new(hmac::Key::new(hmac::HMAC_SHA256, bytes))),
            header: URL_SAFE_NO_PAD.encode_to_string(r#"{"alg":"HS256","typ":"JWT"}"#),
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
        Ok(Self { key: Key::Pair { encoding, decoding, algorithm }, header: URL_SAFE_NO_PAD.encode_to_string(header) })
    }

    /// The header of the tokens that this key signs, in base64url.
    pub(super) fn header(&self) -> &str {
        &self.header
    }

    /// The algorithm's name (RFC 7518, 3.1).
    pub(super) fn algorithm(&self) -> &'static str {
        match self.key {
            Key::Hmac(_) => "HS256",
            Key::Pair { algorithm: Algorithm::RS256, .. } => "RS256",
            Key::Pair { algorithm: Algorithm::ES256, .. } => "ES256",
            Key::Pair { .. } => "EdDSA",
        }
    }

    /// Puts a dot and the signature, in base64url, behind a message.
    pub(super) fn sign(&self, message: &mut String) -> Result<(), JoseError> {
        match &self.key {
            Key::Hmac(key) => {
                let signature = hmac::sign(key, message.as_bytes());
                message.push('.');
                URL_SAFE_NO_PAD.encode_append(signature, message);
            }
            Key::Pair { encoding, algorithm, .. } => {
                let signature = jsonwebtoken::crypto::sign(message.as_bytes(), encoding, *algorithm);
                message.push('.');
                message.push_str(&signature.map_err(|_| JoseError::Encoding)?);
            }
        }
        Ok(())
    }

    /// Compares in constant time.
    pub(super) fn verify(&self, message: &[u8], signature: &str) -> Result<(), JoseError> {
        let is_right = match &self.key {
            Key::Hmac(key) => decode_exact::<32>(signature).is_some_and(|tag| hmac::verify(key, message, &tag).is_ok()),
            Key::Pair { decoding, algorithm, .. } => {
                jsonwebtoken::crypto::verify(signature, message, decoding, *algorithm).unwrap_or(false)
            }
        };
        if is_right { Ok(()) } else { Err(JoseError::Signature) }
    }
}

/// `N` bytes in base64url, of which there is one spelling only.
pub(super) fn decode_exact<const N: usize>(encoded: &str) -> Option<[u8; N]> {
    let mut bytes = [0; N];
    // The decoder panics where room is too small.
    let fits = URL_SAFE_NO_PAD.encoded_length(N) == encoded.len();
    let decoded = fits.then(|| URL_SAFE_NO_PAD.decode(encoded.as_bytes(), bytes.as_mut_slice().as_out()))?;
    decoded.is_ok().then_some(bytes)
}

/// AES-256-GCM with its key schedule.
pub(super) struct EncryptionKey(LessSafeKey);

impl EncryptionKey {
    /// The length of a tag, in bytes.
    pub(super) const TAG: usize = 16;

    pub(super) fn new(bytes: &[u8]) -> Result<Self, JoseError> {
        UnboundKey::new(&AES_256_GCM, bytes).map(LessSafeKey::new).map(Self).map_err(|_| JoseError::Encoding)
    }

    /// Encrypts `buffer` in place and returns the tag. No nonce may come twice under one key.
    pub(super) fn encrypt(&self, nonce: [u8; 12], aad: &[u8], buffer: &mut [u8]) -> Result<[u8; Self::TAG], JoseError> {
        self.0
            .seal_in_place_separate_tag(Nonce::assume_unique_for_key(nonce), Aad::from(aad), buffer)
            .ok()
            .and_then(|tag| tag.as_ref().try_into().ok())
            .ok_or(JoseError::Encoding)
    }

    /// Decrypts `buffer`, which ends in the tag, in place.
    pub(super) fn decrypt(&self, nonce: [u8; 12], aad: &[u8], buffer: &mut Vec<u8>) -> Result<(), JoseError> {
        let plaintext = self
            .0
            .open_in_place(Nonce::assume_unique_for_key(nonce), Aad::from(aad), buffer)
            .map_err(|_| JoseError::Decryption)?;
        let length = plaintext.len();
        buffer.truncate(length);
        Ok(())
    }
}
