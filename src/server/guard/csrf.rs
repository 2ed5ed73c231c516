//! Creates, reads and compares CSRF tokens.

use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};
use subtle::ConstantTimeEq as _;

use crate::AuthError;
use crate::server::jose::{Jose, JoseError, check_times_with_leeway};
use crate::server::random::random_token;
use crate::server::session::SessionIdHash;

/// Creates a token for this session, or for no session.
pub(crate) fn issue(jose: &Jose, session: Option<&SessionIdHash>) -> Result<String, JoseError> {
    let token = random_token::<32>(jose.random())?;
    let nbf = Jose::not_before(jose.now());
    jose.sign_jws(&Payload { token, sid: bound_to(session), nbf })
}

/// Checks that this server made the token for this session, and that it has not expired. A token from before the
/// sign-in is rejected, because an attacker could have planted it to use it later.
pub(crate) fn verify(jose: &Jose, token: &str, session: Option<&SessionIdHash>) -> Result<(), AuthError> {
    read(jose, token)?.check_session(session)
}

/// Checks a program's request: the cookie and the header must hold the same token (double submit). TypeScript servers
/// bind their tokens to no session. Such a token is accepted only if `takes_unbound` is true.
pub(crate) fn verify_double_submit(
    jose: &Jose,
    header: Option<&str>,
    cookie: Option<&str>,
    session: Option<&SessionIdHash>,
    takes_unbound: bool,
) -> Result<(), AuthError> {
    let cookie = cookie.ok_or(AuthError::CsrfTokenMissing)?;
    let header = header.ok_or(AuthError::CsrfDoubleSubmitFailed)?;
    let check = |token| {
        let claims = read(jose, token)?;
        if claims.sid.is_none() && takes_unbound { Ok(()) } else { claims.check_session(session) }
    };
    check(cookie)?;
    if bool::from(cookie.as_bytes().ct_eq(header.as_bytes())) {
        return Ok(());
    }
    check(header)?;
    Err(AuthError::CsrfTokenMismatch)
}

#[derive(Deserialize)]
struct Claims {
    /// A session token that is signed with the same key does not have this claim, so it is not accepted as a CSRF
    /// token.
    #[serde(rename = "token")]
    _token: IgnoredAny,
    /// Missing in a token of a TypeScript server.
    sid: Option<String>,
    nbf: Option<f64>,
    exp: Option<f64>,
}

impl Claims {
    fn check_session(&self, session: Option<&SessionIdHash>) -> Result<(), AuthError> {
        let is_bound = |sid: &String| bool::from(sid.as_bytes().ct_eq(bound_to(session).as_bytes()));
        if self.sid.as_ref().is_some_and(is_bound) { Ok(()) } else { Err(AuthError::InvalidCsrfToken) }
    }
}

fn read(jose: &Jose, token: &str) -> Result<Claims, AuthError> {
    let read = || {
        let claims: Claims = serde_json::from_slice(&jose.open_jws(token)?).map_err(|_| JoseError::Claims)?;
        check_times_with_leeway(claims.exp, None, claims.nbf, jose.now()).map(|()| claims)
    };
    read().map_err(|_| AuthError::InvalidCsrfToken)
}

fn bound_to(session: Option<&SessionIdHash>) -> String {
    session.map(SessionIdHash::text).unwrap_or_default()
}

#[derive(Serialize)]
struct Payload {
    token: String,
    /// The session that the token belongs to. It is empty if nobody was signed in.
    sid: String,
    nbf: i64,
}
