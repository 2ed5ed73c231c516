use serde::Serialize;
use serde_json::{Map, Value};

use crate::server::jose::{CLOCK_SKEW_SECONDS, JoseError};
use crate::server::random::{Random, random_token};

/// How long a token lives if its payload names no `exp`, in seconds: 15 days.
const DEFAULT_LIFETIME_SECONDS: i64 = 15 * 24 * 60 * 60;

/// `payload` with `iat`, `nbf`, `exp` and `jti` behind it, in this order; what the payload has of
/// them already stays where it is, unless `fresh` (then `iat` and `jti` are always new).
pub(super) fn complete(
    payload: &impl Serialize,
    now: i64,
    random: &dyn Random,
    fresh: bool,
) -> Result<Map<String, Value>, JoseError> {
    let Ok(Value::Object(mut claims)) = serde_json::to_value(payload) else {
        return Err(JoseError::Payload);
    };
    if claims.is_empty() {
        return Err(JoseError::Payload);
    }
    if fresh {
        claims.insert("iat".into(), now.into());
    }
    claims.entry("iat").or_insert_with(|| now.into());
    claims.entry("nbf").or_insert_with(|| now.into());
    claims.entry("exp").or_insert_with(|| (now + DEFAULT_LIFETIME_SECONDS).into());
    if fresh || !claims.contains_key("jti") {
        claims.insert("jti".into(), random_token::<32>(random)?.into());
    }
    Ok(claims)
}

/// Parses `json` and checks its times.
pub(super) fn parse(json: &[u8], now: i64) -> Result<Map<String, Value>, JoseError> {
    let claims: Map<String, Value> = serde_json::from_slice(json).map_err(|_| JoseError::Malformed)?;
    let seconds = |name: &str| match claims.get(name) {
        None => Ok(None),
        Some(value) => value.as_f64().map(Some).ok_or(JoseError::Claims),
    };
    check_times(seconds("exp")?, seconds("mexp")?, seconds("nbf")?, now)?;
    Ok(claims)
}

/// Checks the times of a session or a CSRF token. `nbf` has a minute of leeway (RFC 7519, 4.1.5): another server's clock
/// may be ahead, and it may not write `nbf` early, as this one does.
pub(crate) fn check_times_with_leeway(
    exp: Option<f64>,
    mexp: Option<f64>,
    nbf: Option<f64>,
    now: i64,
) -> Result<(), JoseError> {
    check_times(exp, mexp, nbf.map(|nbf| nbf - CLOCK_SKEW_SECONDS as f64), now)
}

/// Checks times without leeway: `exp` is the first second in which the token is no longer valid, `mexp` the last in
/// which it is.
fn check_times(exp: Option<f64>, mexp: Option<f64>, nbf: Option<f64>, now: i64) -> Result<(), JoseError> {
    let now = now as f64;
    if exp.is_some_and(|exp| exp <= now) || mexp.is_some_and(|mexp| now > mexp) {
        return Err(JoseError::Expired);
    }
    if nbf.is_some_and(|nbf| nbf > now) { Err(JoseError::NotYetValid) } else { Ok(()) }
}
