use std::sync::Arc;

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use super::super::clock::Clock;
use super::super::random::Random;
use super::{EncryptionKey, JoseError, Keys, claims, jwe, jws};

/// Makes and opens tokens with this app's keys; [`Auth::jose`](crate::Auth::jose) gives it.
///
/// Every token has `iat`, `nbf`, `exp` (15 days, unless the payload says otherwise) and `jti`;
/// times are in seconds since 1970 and are checked without tolerance.
///
/// ```
/// # let auth = aura_auth::Auth::builder()
/// #     .secret("Yk3n8Qv2Rt6Lw9Xz4Bc7Hd1Mf5Pg0Js+Ua/EoTiNq0=")
/// #     .salt("Zs5Wd8Kf2Jh6Ng9Bv4Cx7Mq1Lp3Rt0Yu+Ea/OiTxQ1=")
/// #     .build()?;
/// use serde_json::json;
///
/// let jose = auth.jose();
/// let token = jose.encode_jwt(&json!({ "invited": "ada@example.org" }))?;
/// assert_eq!(jose.decode_jwt(&token)?["invited"], "ada@example.org");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct Jose {
    keys: Arc<Keys>,
    clock: Arc<dyn Clock>,
    random: Arc<dyn Random>,
}

impl Jose {
    pub(crate) fn new(keys: Keys, clock: Arc<dyn Clock>, random: Arc<dyn Random>) -> Self {
        Self { keys: Arc::new(keys), clock, random }
    }

    pub(crate) fn keys(&self) -> &Keys {
        &self.keys
    }

    pub(crate) fn now(&self) -> i64 {
        self.clock.unix_seconds()
    }

    pub(crate) fn random(&self) -> &dyn Random {
        &*self.random
    }

    /// Signs `payload` (JWS, HS256): anybody can read it, nobody can change it.
    ///
    /// # Errors
    ///
    /// [`JoseError::Payload`] when the payload is not a JSON object or is empty.
    pub fn sign_jws(&self, payload: &impl Serialize) -> Result<String, JoseError> {
        jws::sign(&self.complete(payload, false)?, &self.keys.signing)
    }

    /// The claims of a token that [`sign_jws`](Self::sign_jws) made.
    ///
    /// # Errors
    ///
    /// When the token is malformed, has another algorithm, type or signature, or is outside its
    /// times.
    pub fn verify_jws(&self, token: &str) -> Result<Map<String, Value>, JoseError> {
        claims::parse(&jws::verify(token, &self.keys.signing)?, self.now())
    }

    /// Encrypts `payload` (JWE, `dir` with A256GCM). `iat` and `jti` are always new.
    ///
    /// # Errors
    ///
    /// [`JoseError::Payload`] when the payload is not a JSON object or is empty.
    pub fn encrypt_jwe(&self, payload: &impl Serialize) -> Result<String, JoseError> {
        jwe::encrypt(self.complete(payload, true)?, &self.keys.encryption, &*self.random)
    }

    /// The claims of a token that [`encrypt_jwe`](Self::encrypt_jwe) made.
    ///
    /// # Errors
    ///
    /// When the token is malformed, has another algorithm, is compressed, can't be decrypted, or
    /// is outside its times.
    pub fn decrypt_jwe(&self, token: &str) -> Result<Map<String, Value>, JoseError> {
        claims::parse(&jwe::decrypt(token, &self.keys.encryption)?, self.now())
    }

    /// Seals `payload`: signs it, then encrypts the signed token.
    ///
    /// Sessions are sealed so, with these keys: a token with a `sub` that you hand out is good for
    /// a session cookie. Name your claims otherwise.
    ///
    /// # Errors
    ///
    /// [`JoseError::Payload`] when the payload is not a JSON object or is empty.
    pub fn encode_jwt(&self, payload: &impl Serialize) -> Result<String, JoseError> {
        jwe::encrypt(self.sign_jws(payload)?.into_bytes(), &self.keys.encryption, &*self.random)
    }

    /// The claims of a token that [`encode_jwt`](Self::encode_jwt) made: one decryption, one
    /// signature check, one parse.
    ///
    /// # Errors
    ///
    /// Those of [`decrypt_jwe`](Self::decrypt_jwe) and [`verify_jws`](Self::verify_jws).
    pub fn decode_jwt(&self, token: &str) -> Result<Map<String, Value>, JoseError> {
        let inner = jwe::decrypt(token, &self.keys.encryption)?;
        let inner = std::str::from_utf8(&inner).map_err(|_| JoseError::Malformed)?;
        self.verify_jws(inner)
    }

    fn complete(&self, payload: &impl Serialize, fresh: bool) -> Result<Vec<u8>, JoseError> {
        let claims = claims::complete(payload, self.now(), &*self.random, fresh)?;
        serde_json::to_vec(&claims).map_err(|_| JoseError::Encoding)
    }

    /// Encrypts transient data of the flow with a key of its own.
    pub(crate) fn encrypt_with(&self, key: &EncryptionKey, data: &impl Serialize) -> Result<String, JoseError> {
        let json = serde_json::to_vec(data).map_err(|_| JoseError::Encoding)?;
        jwe::encrypt(json, key, &*self.random)
    }

    /// What [`encrypt_with`](Self::encrypt_with) encrypted; the caller checks its times.
    pub(crate) fn decrypt_with<T: DeserializeOwned>(&self, key: &EncryptionKey, token: &str) -> Result<T, JoseError> {
        serde_json::from_slice(&jwe::decrypt(token, key)?).map_err(|_| JoseError::Claims)
    }
}

impl std::fmt::Debug for Jose {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Jose([redacted])")
    }
}
