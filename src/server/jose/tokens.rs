use std::sync::Arc;

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use super::super::clock::Clock;
use super::super::random::Random;
use super::{JoseError, KeyPair, KeyRing, Purpose, claims, jwe, jws};

/// Room for most sessions' claims, in bytes.
const SESSION_ROOM: usize = 512;
/// How far, in seconds, the clocks of an app's servers may be apart.
const CLOCK_SKEW_SECONDS: i64 = 60;

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
    keys: Arc<KeyRing>,
    session: Arc<SessionFormat>,
    clock: Arc<dyn Clock>,
    random: Arc<dyn Random>,
}

/// What a session's token is.
pub(crate) enum SessionFormat {
    /// A signed token inside an encrypted one.
    Sealed,
    /// A signed token; the browser's owner can read it.
    Signed,
    /// A signed token that others can verify.
    SignedWith(Box<KeyPair>),
    /// An encrypted token.
    Encrypted,
}

impl Jose {
    pub(crate) fn new(keys: KeyRing, session: SessionFormat, clock: Arc<dyn Clock>, random: Arc<dyn Random>) -> Self {
        Self { keys: Arc::new(keys), session: Arc::new(session), clock, random }
    }

    #[cfg(test)]
    pub(super) fn keys(&self) -> &super::keys::Keys {
        &self.keys.current
    }

    pub(crate) fn now(&self) -> i64 {
        self.clock.unix_seconds()
    }

    /// `nbf` of a token that other servers of the app take too, if it was made at `time`. They check
    /// without tolerance, and their clocks may be behind.
    pub(crate) fn not_before(time: i64) -> i64 {
        time - CLOCK_SKEW_SECONDS
    }

    pub(crate) fn random(&self) -> &dyn Random {
        &*self.random
    }

    /// Signs `payload` (JWS, HS256): anybody can read it, nobody can change it. In the session mode
    /// [`Signed`](crate::SessionMode::Signed) sessions are made so: do not sign a `sub` for others.
    ///
    /// # Errors
    ///
    /// [`JoseError::Payload`] when the payload is not a JSON object or is empty.
    pub fn sign_jws(&self, payload: &impl Serialize) -> Result<String, JoseError> {
        into_text(self.sign(payload)?)
    }

    /// The claims of a token that [`sign_jws`](Self::sign_jws) made.
    ///
    /// # Errors
    ///
    /// When the token is malformed, has another algorithm, type or signature, or is outside its
    /// times.
    pub fn verify_jws(&self, token: &str) -> Result<Map<String, Value>, JoseError> {
        claims::parse(&self.open_jws(token)?, self.now())
    }

    /// The claims of the same, as JSON whose times are not checked.
    pub(crate) fn open_jws(&self, token: &str) -> Result<Vec<u8>, JoseError> {
        self.keys.open(|keys| jws::verify(token.as_bytes(), &keys.signing)).map(|(payload, _)| payload)
    }

    /// Encrypts `payload` (JWE, `dir` with A256GCM). `iat` and `jti` are always new. In the session
    /// mode [`Encrypted`](crate::SessionMode::Encrypted) sessions are made so: do not hand out a
    /// token with a `sub`.
    ///
    /// # Errors
    ///
    /// [`JoseError::Payload`] when the payload is not a JSON object or is empty.
    pub fn encrypt_jwe(&self, payload: &impl Serialize) -> Result<String, JoseError> {
        jwe::encrypt(self.complete(payload, true)?, &self.keys.current.encryption, &*self.random)
    }

    /// The claims of a token that [`encrypt_jwe`](Self::encrypt_jwe) made.
    ///
    /// # Errors
    ///
    /// When the token is malformed, has another algorithm, is compressed, can't be decrypted, or
    /// is outside its times.
    pub fn decrypt_jwe(&self, token: &str) -> Result<Map<String, Value>, JoseError> {
        let (payload, _) = self.keys.open(|keys| jwe::decrypt(token, &keys.encryption))?;
        claims::parse(&payload, self.now())
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
        jwe::encrypt(self.sign(payload)?, &self.keys.current.encryption, &*self.random)
    }

    /// The claims of a token that [`encode_jwt`](Self::encode_jwt) made: one decryption, one
    /// signature check, one parse.
    ///
    /// # Errors
    ///
    /// Those of [`decrypt_jwe`](Self::decrypt_jwe) and [`verify_jws`](Self::verify_jws).
    pub fn decode_jwt(&self, token: &str) -> Result<Map<String, Value>, JoseError> {
        let (payload, _) = self.keys.open(|keys| unseal(token, keys))?;
        claims::parse(&payload, self.now())
    }

    /// The public key that verifies sessions; none unless they are signed with a private key.
    pub(crate) fn public_key(&self) -> Option<&jsonwebtoken::jwk::Jwk> {
        match &*self.session {
            SessionFormat::SignedWith(pair) => Some(pair.jwk()),
            SessionFormat::Sealed | SessionFormat::Signed | SessionFormat::Encrypted => None,
        }
    }

    /// A session's claims, all of them, as a token for its cookie.
    pub(crate) fn encode_session(&self, claims: &impl Serialize) -> Result<String, JoseError> {
        let mut json = Vec::with_capacity(SESSION_ROOM);
        serde_json::to_writer(&mut json, claims).map_err(|_| JoseError::Encoding)?;
        let keys = &self.keys.current;
        match &*self.session {
            SessionFormat::Sealed => jwe::encrypt(jws::sign(&json, &keys.signing)?, &keys.encryption, &*self.random),
            SessionFormat::Signed => into_text(jws::sign(&json, &keys.signing)?),
            SessionFormat::SignedWith(pair) => into_text(jws::sign(&json, &pair.signing)?),
            SessionFormat::Encrypted => jwe::encrypt(json, &keys.encryption, &*self.random),
        }
    }

    /// The claims in a session's token, as JSON whose times are not checked, and whether an earlier secret
    /// made it.
    pub(crate) fn decode_session(&self, token: &str) -> Result<(Vec<u8>, bool), JoseError> {
        self.keys.open(|keys| match &*self.session {
            SessionFormat::Sealed => unseal(token, keys),
            SessionFormat::Signed => jws::verify(token.as_bytes(), &keys.signing),
            SessionFormat::SignedWith(pair) => jws::verify(token.as_bytes(), &pair.signing),
            SessionFormat::Encrypted => jwe::decrypt(token, &keys.encryption),
        })
    }

    fn sign(&self, payload: &impl Serialize) -> Result<Vec<u8>, JoseError> {
        jws::sign(&self.complete(payload, false)?, &self.keys.current.signing)
    }

    fn complete(&self, payload: &impl Serialize, fresh: bool) -> Result<Vec<u8>, JoseError> {
        let claims = claims::complete(payload, self.now(), &*self.random, fresh)?;
        serde_json::to_vec(&claims).map_err(|_| JoseError::Encoding)
    }

    /// Encrypts data of ours with the key for its purpose.
    pub(crate) fn encrypt_for(&self, purpose: Purpose, data: Vec<u8>) -> Result<String, JoseError> {
        jwe::encrypt(data, self.keys.current.of(purpose), &*self.random)
    }

    /// What [`encrypt_for`](Self::encrypt_for) encrypted.
    pub(crate) fn decrypt_for(&self, purpose: Purpose, token: &str) -> Result<Vec<u8>, JoseError> {
        self.keys.open(|keys| jwe::decrypt(token, keys.of(purpose))).map(|(data, _)| data)
    }

    /// [`encrypt_for`](Self::encrypt_for) of JSON.
    pub(crate) fn encrypt_json(&self, purpose: Purpose, data: &impl Serialize) -> Result<String, JoseError> {
        self.encrypt_for(purpose, serde_json::to_vec(data).map_err(|_| JoseError::Encoding)?)
    }

    /// What [`encrypt_json`](Self::encrypt_json) encrypted; the caller checks its times.
    pub(crate) fn decrypt_json<T: DeserializeOwned>(&self, purpose: Purpose, token: &str) -> Result<T, JoseError> {
        serde_json::from_slice(&self.decrypt_for(purpose, token)?).map_err(|_| JoseError::Claims)
    }
}

fn into_text(token: Vec<u8>) -> Result<String, JoseError> {
    String::from_utf8(token).map_err(|_| JoseError::Encoding)
}

/// The payload of a signed token inside an encrypted one.
fn unseal(token: &str, keys: &super::keys::Keys) -> Result<Vec<u8>, JoseError> {
    jws::verify(&jwe::decrypt(token, &keys.encryption)?, &keys.signing)
}

impl std::fmt::Debug for Jose {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Jose([redacted])")
    }
}
