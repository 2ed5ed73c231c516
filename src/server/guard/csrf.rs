//! CSRF tokens: made, read and compared.

use serde::{Deserialize, Serialize};
use subtle::ConstantTimeEq as _;

use crate::AuthError;
use crate::server::jose::{Jose, JoseError, check_times};
use crate::server::random::random_token;
use crate::server::session::Binding;

#[derive(Serialize)]
struct Payload {
    token: String,
    /// The session it was made in; absent where nobody was signed in.
    #[serde(skip_serializing_if = "Option::is_none")]
    sid: Option<String>,
    nbf: i64,
}

/// A new token for this session, or for none.
pub(crate) fn issue(jose: &Jose, session: Option<&Binding>) -> Result<String, JoseError> {
    let token = random_token::<32>(jose.random())?;
    let nbf = Jose::not_before(jose.now());
    jose.sign_jws(&Payload { token, sid: session.map(Binding::text), nbf })
}

#[derive(Deserialize)]
struct Claims {
    token: String,
    #[serde(default)]
    sid: String,
    nbf: Option<f64>,
    exp: Option<f64>,
}

/// A token that this server made for this session, and that is not too old. That a token made
/// before sign-in is refused stops one that an attacker planted from being used later.
pub(crate) fn verify(jose: &Jose, token: &str, session: Option<&Binding>) -> Result<String, AuthError> {
    let read = || {
        let claims: Claims = serde_json::from_slice(&jose.open_jws(token)?).map_err(|_| JoseError::Claims)?;
        check_times(claims.exp, None, claims.nbf, jose.now()).map(|()| claims)
    };
    let claims = read().map_err(|_| AuthError::InvalidCsrfToken)?;
    let now_in = session.map(Binding::text).unwrap_or_default();
    if bool::from(claims.sid.as_bytes().ct_eq(now_in.as_bytes())) {
        Ok(claims.token)
    } else {
        Err(AuthError::InvalidCsrfToken)
    }
}

/// The check of a program's request: cookie and header hold the same token (double submit).
pub(crate) fn verify_double_submit(
    jose: &Jose,
    header: Option<&str>,
    cookie: Option<&str>,
    session: Option<&Binding>,
) -> Result<(), AuthError> {
    let cookie = cookie.ok_or(AuthError::CsrfTokenMissing)?;
    let header = header.ok_or(AuthError::CsrfDoubleSubmitFailed)?;
    let cookie = verify(jose, cookie, session)?;
    let header = verify(jose, header, session)?;
    let same = bool::from(cookie.as_bytes().ct_eq(header.as_bytes()));
    if same { Ok(()) } else { Err(AuthError::CsrfTokenMismatch) }
}
