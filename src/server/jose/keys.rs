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

use crate::Secret;
use crate::server::jose::{JoseError, low_s};

/// The keys, derived once from secret and salt. No other type holds them.
///
/// The keys are derived by HKDF-SHA256 from the UTF-8 bytes of both strings; base64 is not decoded. Each purpose has
/// its own `info`, so a token for one purpose is invalid for any other.
pub(super) struct Keys {
    /// The keys of the TypeScript release, for sessions and CSRF tokens.
    pub(super) compatible: TokenKeys,
    /// The keys for the app's own tokens.
    app: TokenKeys,
    flow: EncryptionKey,
    state: EncryptionKey,
    provider_tokens: EncryptionKey,
    stored_tokens: EncryptionKey,
    reason: EncryptionKey,
    /// Derives the tokens of sessions that move from cookies into a store.
    import: Zeroizing<[u8; 32]>,
}

/// A signing key and an encryption key.
pub(super) struct TokenKeys {
    pub(super) signing: SigningKey,
    pub(super) encryption: EncryptionKey,
}

/// The keys that a [`Jose`](crate::server::jose::Jose) uses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum KeySet {
    /// The keys of sessions and CSRF tokens. The TypeScript release has them too.
    Compatible,
    /// The keys of the app's own tokens.
    App,
}

/// A purpose with its own encryption key. A token for one purpose is invalid for any other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// The cookie of a flow.
    Flow,
    /// The parameter `state`, which is visible to the provider and in the address bar.
    State,
    /// A provider's tokens in a cookie.
    ProviderTokens,
    /// A provider's tokens in a store.
    StoredTokens,
    /// The reason for a denied sign-in, in the query of the error page.
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
            stored_tokens: EncryptionKey::new(&*key("aura:stored-tokens")?),
            reason: EncryptionKey::new(&*key("aura:reason")?),
            import: key("aura:session-import")?,
        })
    }

    pub(super) fn set(&self, set: KeySet) -> &TokenKeys {
        match set {
            KeySet::Compatible => &self.compatible,
            KeySet::App => &self.app,
        }
    }

    /// Derives 64 bytes from the id of a session in a cookie. HKDF-Expand is HMAC of the id, with a counter (RFC 5869,
    /// 2.3).
    pub(super) fn import_token(&self, id: &str) -> Result<Zeroizing<[u8; 64]>, JoseError> {
        let hkdf = Hkdf::<Sha256>::from_prk(self.import.as_slice()).map_err(|_| JoseError::Encoding)?;
        let mut token = Zeroizing::new([0; 64]);
        hkdf.expand(id.as_bytes(), token.as_mut_slice()).map_err(|_| JoseError::Encoding)?;
        Ok(token)
    }

    pub(super) fn of(&self, purpose: Purpose) -> &EncryptionKey {
        match purpose {
            Purpose::Flow => &self.flow,
            Purpose::State => &self.state,
            Purpose::ProviderTokens => &self.provider_tokens,
            Purpose::StoredTokens => &self.stored_tokens,
            Purpose::Reason => &self.reason,
        }
    }
}

impl std::fmt::Debug for Keys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Keys([redacted])")
    }
}

/// The current keys, and the keys of earlier secrets. Tokens of the earlier keys are still accepted.
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

    /// Decrypts or verifies a token with the current keys. If the key is wrong, tries the earlier keys. The result's
    /// `bool` is `true` if an earlier key was used.
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

/// A key for one signature algorithm, and the token header that names this algorithm.
///
/// jsonwebtoken's signers and verifiers are not `Send`, so each call creates its own with the factories of
/// [`DEFAULT_PROVIDER`]. jsonwebtoken's own functions use the process-wide crypto provider. If another crate of the app
/// enables the feature `rust_crypto`, that provider panics.
pub(super) struct SigningKey {
    encoding: EncodingKey,
    decoding: DecodingKey,
    algorithm: Algorithm,
    /// In base64url.
    header: String,
}

/// The header of a signed token. For HS256 it is byte for byte the same as in the TypeScript release.
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

    /// Returns the header of tokens signed with this key, in base64url.
    pub(super) fn header(&self) -> &str {
        &self.header
    }

    /// Returns the algorithm's name (RFC 7518, 3.1).
    pub(super) fn algorithm(&self) -> &'static str {
        name(self.algorithm)
    }

    /// Signs a message.
    pub(super) fn sign(&self, message: &[u8]) -> Result<Vec<u8>, JoseError> {
        let signer =
            (DEFAULT_PROVIDER.signer_factory)(&self.algorithm, &self.encoding).map_err(|_| JoseError::Encoding)?;
        let mut signature = signer.try_sign(message).map_err(|_| JoseError::Encoding)?;
        if self.algorithm == Algorithm::ES256 {
            low_s::lower(&mut signature);
        }
        Ok(signature)
    }

    /// Checks a signature. A MAC is compared in constant time. The signature is a `&Vec` because the verifier's trait
    /// requires it.
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

/// An AES-256-GCM key, with its expanded key schedule.
pub(super) struct EncryptionKey(Aes256Gcm);

impl EncryptionKey {
    /// The length of an authentication tag, in bytes.
    pub(super) const TAG: usize = 16;

    pub(super) fn new(bytes: &[u8; 32]) -> Self {
        Self(Aes256Gcm::new(bytes.into()))
    }

    /// Encrypts `buffer` in place and returns the authentication tag. Each nonce must be used only once per key.
    pub(super) fn encrypt(&self, nonce: [u8; 12], aad: &[u8], buffer: &mut [u8]) -> Result<[u8; Self::TAG], JoseError> {
        let tag = self.0.encrypt_inout_detached(&nonce.into(), aad, buffer.into());
        tag.map(Into::into).map_err(|_| JoseError::Encoding)
    }

    /// Decrypts `buffer` in place, if the authentication tag is correct.
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
