use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use crate::Secret;
use crate::server::clock::Clock;
use crate::server::jose::keys::{KeySet, Keys, TokenKeys};
use crate::server::jose::{JoseError, KeyPair, KeyRing, Purpose, jwe, jws, registered_claims};
use crate::server::random::Random;

/// The initial buffer size for a session's claims, in bytes. Most sessions fit.
const SESSION_ROOM: usize = 512;
/// The tolerated difference between the clocks of the app's servers, in seconds.
pub(crate) const CLOCK_SKEW_SECONDS: i64 = 60;

/// Creates and verifies the app's own tokens. [`Auth::jose`](crate::Auth::jose) returns it.
///
/// Its keys are derived from the app's secret for this purpose alone (HKDF, `aura:app:…`). So its tokens are never
/// valid as sessions, whatever they contain, and it can't decrypt a session.
///
/// Every token has `iat`, `nbf`, `exp` (15 days, unless the payload sets another value) and `jti`. Times are in seconds
/// since 1970 and are checked without tolerance.
///
/// ```
/// # let auth = aura_auth::Auth::builder()
/// #     .secret("Yk3n8Qv2Rt6Lw9Xz4Bc7Hd1Mf5Pg0Js+Ua/EoTiNq0=")
/// #     .salt("Zs5Wd8Kf2Jh6Ng9Bv4Cx7Mq1Lp3Rt0Yu+Ea/OiTxQ1=")
/// #     .build()?;
/// use serde_json::json;
///
/// let jose = auth.jose();
/// let token = jose.encode_jwt(&json!({ "sub": "{a54f16da}", "invited": "ada@example.org" }))?;
/// assert_eq!(jose.decode_jwt(&token)?["invited"], "ada@example.org");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct Jose {
    keys: Arc<KeyRing>,
    /// The keys that the public functions use.
    set: KeySet,
    session: Arc<SessionFormat>,
    clock: Arc<dyn Clock>,
    random: Arc<dyn Random>,
}

/// The format of a session's token.
pub(crate) enum SessionFormat {
    /// A signed token inside an encrypted one.
    Sealed,
    /// A signed token. Anybody who has the cookie can read it.
    Signed,
    /// A signed token that other services can verify with the public key.
    SignedWith(Box<KeyPair>),
    /// An encrypted token.
    Encrypted,
}

impl Jose {
    pub(crate) fn new(keys: KeyRing, session: SessionFormat, clock: Arc<dyn Clock>, random: Arc<dyn Random>) -> Self {
        Self { keys: Arc::new(keys), set: KeySet::Compatible, session: Arc::new(session), clock, random }
    }

    /// Returns the same with the keys of the app's own tokens.
    pub(crate) fn for_app(&self) -> Self {
        Self { set: KeySet::App, ..self.clone() }
    }

    /// Returns the same with the keys of sessions and CSRF tokens. A server of the TypeScript release with the same
    /// secret and salt can create and verify these tokens.
    ///
    /// A payload with `sub` is rejected with [`JoseError::Subject`]: the token would be a valid session, and everybody
    /// who receives it could sign in with it. Reading a session is allowed.
    ///
    /// ```
    /// # let auth = aura_auth::Auth::builder()
    /// #     .secret("Yk3n8Qv2Rt6Lw9Xz4Bc7Hd1Mf5Pg0Js+Ua/EoTiNq0=")
    /// #     .salt("Zs5Wd8Kf2Jh6Ng9Bv4Cx7Mq1Lp3Rt0Yu+Ea/OiTxQ1=")
    /// #     .build()?;
    /// use aura_auth::jose::JoseError;
    /// use serde_json::json;
    ///
    /// let compatible = auth.jose().compatible();
    /// let token = compatible.sign_jws(&json!({ "invited": "ada@example.org" }))?;
    /// assert_eq!(compatible.verify_jws(&token)?["invited"], "ada@example.org");
    /// assert_eq!(compatible.sign_jws(&json!({ "sub": "{a54f16da}" })), Err(JoseError::Subject));
    /// // The app's own keys are others.
    /// assert_eq!(auth.jose().verify_jws(&token), Err(JoseError::Signature));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn compatible(&self) -> Self {
        Self { set: KeySet::Compatible, ..self.clone() }
    }

    #[cfg(test)]
    pub(super) fn keys(&self) -> &Keys {
        &self.keys.current
    }

    pub(crate) fn now(&self) -> i64 {
        self.clock.unix_seconds()
    }

    /// Returns the `nbf` for a token made at `time`. It is earlier than `time`, because other servers of the app check
    /// it without tolerance and their clocks may be slow.
    pub(crate) fn not_before(time: i64) -> i64 {
        time - CLOCK_SKEW_SECONDS
    }

    pub(crate) fn random(&self) -> &dyn Random {
        &*self.random
    }

    /// Signs `payload` (JWS, HS256). Anybody can read the token, but nobody can change it.
    ///
    /// # Errors
    ///
    /// [`JoseError::Payload`] if the payload is not a JSON object or is empty. [`JoseError::Subject`] if it has a `sub`
    /// and the keys are the [compatible](Self::compatible) ones.
    pub fn sign_jws(&self, payload: &impl Serialize) -> Result<String, JoseError> {
        into_text(self.sign(payload)?)
    }

    /// Verifies a token of [`sign_jws`](Self::sign_jws) and returns its claims.
    ///
    /// # Errors
    ///
    /// Returns an error if the token is malformed, has another algorithm, type or signature, has expired or is not
    /// valid yet.
    pub fn verify_jws(&self, token: &str) -> Result<Map<String, Value>, JoseError> {
        registered_claims::parse(&self.open_jws(token)?, self.now())
    }

    /// Like [`verify_jws`](Self::verify_jws), but returns the claims as JSON and does not check the times.
    pub(crate) fn open_jws(&self, token: &str) -> Result<Vec<u8>, JoseError> {
        self.keys.open(|keys| jws::verify(token.as_bytes(), &keys.set(self.set).signing)).map(|(payload, _)| payload)
    }

    /// Encrypts `payload` (JWE, `dir` with A256GCM). `iat` and `jti` always get new values.
    ///
    /// # Errors
    ///
    /// The errors of [`sign_jws`](Self::sign_jws).
    pub fn encrypt_jwe(&self, payload: &impl Serialize) -> Result<String, JoseError> {
        jwe::encrypt(self.complete(payload, true)?, &self.current().encryption, &*self.random)
    }

    /// Decrypts a token of [`encrypt_jwe`](Self::encrypt_jwe) and returns its claims.
    ///
    /// # Errors
    ///
    /// Returns an error if the token is malformed, has another algorithm, is compressed, can't be decrypted, has
    /// expired or is not valid yet.
    pub fn decrypt_jwe(&self, token: &str) -> Result<Map<String, Value>, JoseError> {
        let (payload, _) = self.keys.open(|keys| jwe::decrypt(token, &keys.set(self.set).encryption))?;
        registered_claims::parse(&payload, self.now())
    }

    /// Seals `payload`: signs it, then encrypts the signed token.
    ///
    /// # Errors
    ///
    /// The errors of [`sign_jws`](Self::sign_jws).
    pub fn encode_jwt(&self, payload: &impl Serialize) -> Result<String, JoseError> {
        jwe::encrypt(self.sign(payload)?, &self.current().encryption, &*self.random)
    }

    /// Decrypts and verifies a token of [`encode_jwt`](Self::encode_jwt) and returns its claims.
    ///
    /// # Errors
    ///
    /// The errors of [`decrypt_jwe`](Self::decrypt_jwe) and [`verify_jws`](Self::verify_jws).
    pub fn decode_jwt(&self, token: &str) -> Result<Map<String, Value>, JoseError> {
        let (payload, _) = self.keys.open(|keys| unseal(token, keys.set(self.set)))?;
        registered_claims::parse(&payload, self.now())
    }

    /// Returns the public key that verifies sessions, or `None` if sessions are not signed with a private key.
    pub(crate) fn public_key(&self) -> Option<&jsonwebtoken::jwk::Jwk> {
        match &*self.session {
            SessionFormat::SignedWith(pair) => Some(pair.jwk()),
            SessionFormat::Sealed | SessionFormat::Signed | SessionFormat::Encrypted => None,
        }
    }

    /// Creates a session's token. `claims` must be complete, because no claim is added.
    pub(crate) fn encode_session(&self, claims: &impl Serialize) -> Result<String, JoseError> {
        let mut json = Vec::with_capacity(SESSION_ROOM);
        serde_json::to_writer(&mut json, claims).map_err(|_| JoseError::Encoding)?;
        let keys = &self.keys.current.compatible;
        match &*self.session {
            SessionFormat::Sealed => jwe::encrypt(jws::sign(&json, &keys.signing)?, &keys.encryption, &*self.random),
            SessionFormat::Signed => into_text(jws::sign(&json, &keys.signing)?),
            SessionFormat::SignedWith(pair) => into_text(jws::sign(&json, &pair.signing)?),
            SessionFormat::Encrypted => jwe::encrypt(json, &keys.encryption, &*self.random),
        }
    }

    /// Returns the claims of a session's token as JSON, and whether an earlier secret made it. The times are not
    /// checked.
    pub(crate) fn decode_session(&self, token: &str) -> Result<(Vec<u8>, bool), JoseError> {
        self.keys.open(|Keys { compatible, .. }| match &*self.session {
            SessionFormat::Sealed => unseal(token, compatible),
            SessionFormat::Signed => jws::verify(token.as_bytes(), &compatible.signing),
            SessionFormat::SignedWith(pair) => jws::verify(token.as_bytes(), &pair.signing),
            SessionFormat::Encrypted => jwe::decrypt(token, &compatible.encryption),
        })
    }

    fn sign(&self, payload: &impl Serialize) -> Result<Vec<u8>, JoseError> {
        jws::sign(&self.complete(payload, false)?, &self.current().signing)
    }

    fn current(&self) -> &TokenKeys {
        self.keys.current.set(self.set)
    }

    fn complete(&self, payload: &impl Serialize, fresh: bool) -> Result<Vec<u8>, JoseError> {
        let claims = registered_claims::complete(payload, self.now(), &*self.random, fresh)?;
        if self.set == KeySet::Compatible && claims.contains("sub") {
            return Err(JoseError::Subject);
        }
        serde_json::to_vec(&claims).map_err(|_| JoseError::Encoding)
    }

    /// Returns the token of the stored session that replaces the session of this id in a cookie. All servers with the
    /// secret return the same token.
    pub(crate) fn import_token(&self, id: &str) -> Result<Secret, JoseError> {
        Ok(URL_SAFE_NO_PAD.encode(self.keys.current.import_token(id)?.as_slice()).into())
    }

    /// Encrypts data with the key for its purpose.
    pub(crate) fn encrypt_for(&self, purpose: Purpose, data: Vec<u8>) -> Result<String, JoseError> {
        jwe::encrypt(data, self.keys.current.of(purpose), &*self.random)
    }

    /// Decrypts the result of [`encrypt_for`](Self::encrypt_for).
    pub(crate) fn decrypt_for(&self, purpose: Purpose, token: &str) -> Result<Vec<u8>, JoseError> {
        self.keys.open(|keys| jwe::decrypt(token, keys.of(purpose))).map(|(data, _)| data)
    }

    /// Like [`encrypt_for`](Self::encrypt_for), for data as JSON.
    pub(crate) fn encrypt_json(&self, purpose: Purpose, data: &impl Serialize) -> Result<String, JoseError> {
        self.encrypt_for(purpose, serde_json::to_vec(data).map_err(|_| JoseError::Encoding)?)
    }

    /// Decrypts the result of [`encrypt_json`](Self::encrypt_json). The caller must check the times.
    pub(crate) fn decrypt_json<T: DeserializeOwned>(&self, purpose: Purpose, token: &str) -> Result<T, JoseError> {
        serde_json::from_slice(&self.decrypt_for(purpose, token)?).map_err(|_| JoseError::Claims)
    }
}

fn into_text(token: Vec<u8>) -> Result<String, JoseError> {
    String::from_utf8(token).map_err(|_| JoseError::Encoding)
}

/// Returns the payload of a signed token inside an encrypted one.
fn unseal(token: &str, keys: &TokenKeys) -> Result<Vec<u8>, JoseError> {
    jws::verify(&jwe::decrypt(token, &keys.encryption)?, &keys.signing)
}

impl std::fmt::Debug for Jose {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Jose([redacted])")
    }
}
