//! Flows in a store. The cookie has a random value, and the store has the sealed flow under the value's hash.

use crate::server::oauth::flow::LIFETIME_SECONDS;
use crate::server::oauth::token_error::FlowError;
use crate::server::random::{Random, random_token};
use crate::server::store::{Store, TokenHash};

/// The prefix of a cookie's value. The sealed flow in a cookie, which apps without a store use, begins with `ey`.
const PREFIX: &str = "s.";

/// Writes a sealed flow into the store, and returns the value of its cookie. The value also says when the flow began,
/// so that the oldest flows of a browser can be removed without a query.
pub(crate) async fn store_flow(
    store: &dyn Store,
    random: &dyn Random,
    sealed: &str,
    issued_at: i64,
) -> Result<String, FlowError> {
    let secret = random_token::<32>(random).map_err(FlowError::not_started)?;
    let cookie = format!("{PREFIX}{issued_at}.{secret}");
    let expires_at = issued_at + LIFETIME_SECONDS;
    store.put_value(&key(&cookie), sealed.as_bytes(), expires_at).await?;
    Ok(cookie)
}

/// Takes the sealed flow of a cookie out of the store, so that it is used once.
pub(crate) async fn take_flow(store: &dyn Store, cookie: Option<&str>, now: i64) -> Result<String, FlowError> {
    let began_at = cookie.and_then(stored_flow_began_at);
    let (Some(cookie), Some(began_at)) = (cookie, began_at) else { return Err(FlowError::NoCookie) };
    match store.take_value(&key(cookie), now).await? {
        Some(sealed) => String::from_utf8(sealed).map_err(FlowError::not_started),
        None if now >= began_at.saturating_add(LIFETIME_SECONDS) => Err(FlowError::Expired),
        None => Err(FlowError::Used),
    }
}

/// Returns when the flow of a cookie began, in seconds since 1970, if it is in a store.
pub(super) fn stored_flow_began_at(cookie: &str) -> Option<i64> {
    let (began_at, secret) = cookie.strip_prefix(PREFIX)?.split_once('.')?;
    if secret.len() == 43 { began_at.parse().ok() } else { None }
}

/// The key in the store. It is a hash, so that nobody who reads the store can complete a flow.
fn key(cookie: &str) -> String {
    let hash = TokenHash::of(cookie);
    let hex: String = hash.as_bytes().iter().map(|byte| format!("{byte:02x}")).collect();
    format!("flow:{hex}")
}
