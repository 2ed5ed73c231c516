use aes_gcm::aead::AeadInOut as _;
use aes_gcm::{Aes256Gcm, KeyInit as _};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hkdf::Hkdf;
use jsonwebtoken::crypto::aws_lc::DEFAULT_PROVIDER;
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey};
use serde::Serialize;
use sha2::Sha256;
use zeroize::Zeroizing;

use crate::server::jose::Secret;
use crate::server::jose::{JoseError, low_s};

/// The keys, derived once from secret and salt; the only place that has them.
///
/// HKDF-SHA256 over the UTF-8 bytes of both strings as they stand (base64 is not decoded), with
/// one `info` a purpose, so that a token of one purpose is nothing in another's place.
pub(super) struct Keys {
    /// The TypeScript release's, which sessions and CSRF tokens are made with.
    pub(super) compatible: TokenKeys,
    /// For what the app makes itself.
    app: TokenKeys,
    flow: EncryptionKey,
    state: EncryptionKey,
    provider_tokens: EncryptionKey,
    reason: EncryptionKey,
}

/// A key to sign with and one to encrypt with.
pub(super) struct TokenKeys {
    pub(super) signing: SigningKey,
    pub(super) encryption: EncryptionKey,
}

/// Which keys a [`Jose`](crate::server::jose::Jose) makes and opens tokens with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum KeySet {
    /// Those of sessions and CSRF tokens, which the TypeScript release has too.
    Compatible,
    /// The app's own.
    App,
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
        let pair = |signing: &str, encryption: &str| -> Result<TokenKeys, JoseError> {
            Ok(TokenKeys {
                signing: SigningKey::hmac(key(signing)?.as_slice())?,
                encryption: EncryptionKey::new(&*key(encryption)?),
            })
        };
        Ok(Self {
            compatible: pair("aura:signing", "aura:encryption")?,
            app: pair("aura:app:signing", "aura:app:encryption")?,
            flow: EncryptionKey::new(&*key("aura:flow")?),
            state: EncryptionKey::new(&*key("aura:state")?),
            provider_tokens: EncryptionKey::new(&*key("aura:provider-tokens")?),
            reason: EncryptionKey::new(&*key("aura:reason")?),
        })
    }

    pub(super) fn set(&self, set: KeySet) -> &TokenKeys {
        match set {
            KeySet::Compatible => &self.compatible,
            KeySet::App => &self.app,
        }
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

/// A key that signs and verifies with one algorithm, and the header that names the algorithm.
///
/// jsonwebtoken's signers and verifiers are not `Send`, so each call makes its own. It makes them with
/// the factories of [`DEFAULT_PROVIDER`]. jsonwebtoken's own functions use the provider of the process,
/// which panics if another crate of the app enables the feature `rust_crypto`.
pub(super) struct SigningKey {
    encoding: EncodingKey,
    decoding: DecodingKey,
    algorithm: Algorithm,
    /// In base64url.
    header: String,
}

/// The header of a signed token. For HS256 it is byte for byte the TypeScript release's.
#[derive(Serialize)]
struct Header<'a> {
    alg: &'a str,
    typ: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    kid: Option<&'a str>,
}

impl SigningKey {
    /// A key for HMAC-SHA256.
    fn hmac(bytes: &[u8]) -> Result<Self, JoseError> {
        Self::new(EncodingKey::from_secret(bytes), DecodingKey::from_secret(bytes), Algorithm::HS256, None)
    }

    pub(super) fn new(
        encoding: EncodingKey,
        decoding: DecodingKey,
        algorithm: Algorithm,
        key_id: Option<&str>,
    ) -> Result<Self, JoseError> {
        let header = Header { alg: name(algorithm), typ: "JWT", kid: key_id };
        let header = serde_json::to_vec(&header).map_err(|_| JoseError::Encoding)?;
        Ok(Self { encoding, decoding, algorithm, header: URL_SAFE_NO_PAD.encode(header) })
    }

    /// The header of the tokens that this key signs, in base64url.
    pub(super) fn header(&self) -> &str {
        &self.header
    }

    /// The algorithm's name (RFC 7518, 3.1).
    pub(super) fn algorithm(&self) -> &'static str {
        name(self.algorithm)
    }

    /// The signature of a message.
    pub(super) fn sign(&self, message: &[u8]) -> Result<Vec<u8>, JoseError> {
        let signer =
            (DEFAULT_PROVIDER.signer_factory)(&self.algorithm, &self.encoding).map_err(|_| JoseError::Encoding)?;
        let mut signature = signer.try_sign(message).map_err(|_| JoseError::Encoding)?;
        if self.algorithm == Algorithm::ES256 {
            low_s::lower(&mut signature);
        }
        Ok(signature)
    }

    /// Checks a signature; a MAC is compared in constant time. The trait of the verifier takes a `Vec`.
    pub(super) fn verify(&self, message: &[u8], signature: &Vec<u8>) -> Result<(), JoseError> {
        if self.algorithm == Algorithm::ES256 && !low_s::is_low(signature) {
            return Err(JoseError::Signature);
        }
        let verifier =
            (DEFAULT_PROVIDER.verifier_factory)(&self.algorithm, &self.decoding).map_err(|_| JoseError::Signature)?;
        verifier.verify(message, signature).map_err(|_| JoseError::Signature)
    }
}

fn name(algorithm: Algorithm) -> &'static str {
    match algorithm {
        Algorithm::HS256 => "HS256",
        Algorithm::RS256 => "RS256",
        Algorithm::ES256 => "ES256",
        _ => "EdDSA",
    }
}

/// AES-256-GCM with its key schedule.
pub(super) struct EncryptionKey(Aes256Gcm);

impl EncryptionKey {
    /// The length of a tag, in bytes.
    pub(super) const TAG: usize = 16;

    pub(super) fn new(bytes: &[u8; 32]) -> Self {
        Self(Aes256Gcm::new(bytes.into()))
    }

    /// Encrypts `buffer` in place and returns the tag. A nonce must not be used twice with one key.
    pub(super) fn encrypt(&self, nonce: [u8; 12], aad: &[u8], buffer: &mut [u8]) -> Result<[u8; Self::TAG], JoseError> {
        let tag = self.0.encrypt_inout_detached(&nonce.into(), aad, buffer.into());
        tag.map(Into::into).map_err(|_| JoseError::Encoding)
    }

    /// Decrypts `buffer` in place if the tag is right.
    pub(super) fn decrypt(
        &self,
        nonce: [u8; 12],
        aad: &[u8],
        buffer: &mut [u8],
        tag: [u8; Self::TAG],
    ) -> Result<(), JoseError> {
        let decrypted = self.0.decrypt_inout_detached(&nonce.into(), aad, buffer.into(), &tag.into());
        decrypted.map_err(|_| JoseError::Decryption)
    }
}
