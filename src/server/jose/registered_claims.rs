use serde::Serialize;
use serde_json::{Map, Value};

use crate::server::jose::ordered_claims::OrderedClaims;
use crate::server::jose::{CLOCK_SKEW_SECONDS, JoseError};
use crate::server::random::{Random, random_token};

/// The lifetime of a token without `exp` in its payload, in seconds: 15 days.
const DEFAULT_LIFETIME_SECONDS: i64 = 15 * 24 * 60 * 60;

/// Returns `payload` with `iat`, `nbf`, `exp` and `jti` appended in this order. Claims that the payload has already
/// keep their place and value; if `fresh` is set, `iat` and `jti` get new values.
pub(super) fn complete(
    payload: &impl Serialize,
    now: i64,
    random: &dyn Random,
    fresh: bool,
) -> Result<OrderedClaims, JoseError> {
    let mut claims = OrderedClaims::of(payload)?;
    for (name, value) in [("iat", now), ("nbf", now), ("exp", now + DEFAULT_LIFETIME_SECONDS)] {
        if !claims.contains(name) || (fresh && name == "iat") {
            claims.insert(name, value)?;
        }
    }
    if fresh || !claims.contains("jti") {
        claims.insert("jti", random_token::<32>(random)?)?;
    }
    Ok(claims)
}

/// Parses the claims and checks their times.
pub(super) fn parse(json: &[u8], now: i64) -> Result<Map<String, Value>, JoseError> {
    let claims: Map<String, Value> = serde_json::from_slice(json).map_err(|_| JoseError::Malformed)?;
    let seconds = |name: &str| match claims.get(name) {
        None => Ok(None),
        Some(value) => value.as_f64().map(Some).ok_or(JoseError::Claims),
    };
    check_times(seconds("exp")?, seconds("mexp")?, seconds("nbf")?, now)?;
    Ok(claims)
}

/// Checks the times of a session or a CSRF token. `nbf` has a leeway of a minute (RFC 7519, 4.1.5): the clock of
/// another server may be ahead, and unlike this library that server may not set `nbf` early.
pub(crate) fn check_times_with_leeway(
    exp: Option<f64>,
    mexp: Option<f64>,
    nbf: Option<f64>,
    now: i64,
) -> Result<(), JoseError> {
    check_times(exp, mexp, nbf.map(|nbf| nbf - CLOCK_SKEW_SECONDS as f64), now)
}

/// Checks times without leeway. `exp` is the first second in which the token is no longer valid. `mexp` is the last
/// second in which it is valid.
fn check_times(exp: Option<f64>, mexp: Option<f64>, nbf: Option<f64>, now: i64) -> Result<(), JoseError> {
    let now = now as f64;
    if exp.is_some_and(|exp| exp <= now) || mexp.is_some_and(|mexp| now > mexp) {
        return Err(JoseError::Expired);
    }
    if nbf.is_some_and(|nbf| nbf > now) { Err(JoseError::NotYetValid) } else { Ok(()) }
}
