use http::header::{HeaderMap, SET_COOKIE};

use super::super::auth::Shared;
use super::super::cookies::Kind;
use super::super::incoming::Incoming;
use super::super::jose::JoseError;
use super::super::session::{Binding, StoredSession};
use crate::AuthError;

/// How many ended sessions a browser remembers. A response would have to be under way for as many
/// sign-outs to bring one back.
const MOST_ENDED: usize = 4;

pub(super) fn seal_failed(error: JoseError) -> AuthError {
    tracing::error!(%error, "a session could not be sealed");
    AuthError::SealFailed
}

/// Sets the session's cookie, for as long as the session lives.
pub(super) fn set_session(
    incoming: &Incoming,
    headers: &mut HeaderMap,
    session: &StoredSession,
) -> Result<(), AuthError> {
    let auth = incoming.auth();
    let secure = incoming.is_secure();
    let token = session.seal(&auth.jose, &auth.session).map_err(seal_failed)?;
    let stale_parts = incoming.jar().parts(&auth.cookies.name(Kind::Session, secure));
    let seconds = session.expires_at() - auth.jose.now();
    auth.cookies.set(headers, Kind::Session, &token, secure, seconds, stale_parts).map(|_| ())
}

/// Sets the cookie of a session whose content has changed, and remembers it, so that no request
/// under way brings the old one back.
pub(super) fn set_changed_session(
    incoming: &Incoming,
    headers: &mut HeaderMap,
    session: &StoredSession,
) -> Result<(), AuthError> {
    set_session(incoming, headers, session)?;
    let auth = incoming.auth();
    auth.changes.rewritten(session, auth.jose.now());
    Ok(())
}

/// Ends a session: remembers that here and in the browser, whatever another response still sets.
pub(super) fn end_session(incoming: &Incoming, headers: &mut HeaderMap, session: &Binding) -> Result<(), AuthError> {
    let auth = incoming.auth();
    auth.changes.ended(session, auth.jose.now());
    let before = incoming.ended_sessions().filter(|ended| ended != session);
    let ended: Vec<Binding> = std::iter::once(session.clone()).chain(before).take(MOST_ENDED).collect();
    let ended = ended.iter().map(Binding::as_str).collect::<Vec<_>>().join(".");
    let seconds = auth.session.max_age_seconds();
    auth.cookies.set(headers, Kind::Ended, &ended, incoming.is_secure(), seconds, 0).map(|_| ())
}

/// Whether a response sets or clears the session's cookie.
pub(crate) fn sets_session(auth: &Shared, secure: bool, headers: &HeaderMap) -> bool {
    let name = auth.cookies.name(Kind::Session, secure);
    headers.get_all(SET_COOKIE).iter().any(|line| {
        let rest = line.as_bytes().strip_prefix(name.as_bytes());
        rest.is_some_and(|rest| matches!(rest.first(), Some(b'=' | b'.')))
    })
}

/// Writes the cookie of a session that this request prolonged, unless somebody has signed out or
/// changed it since.
pub(crate) fn save_session(incoming: &Incoming, headers: &mut HeaderMap) {
    let auth = incoming.auth();
    let Some(Ok(stored)) = incoming.session_if_asked() else { return };
    let now = auth.jose.now();
    if !stored.unsaved
        || auth.changes.has_ended(&stored.binding, now)
        || auth.changes.newer(stored, now).is_some()
        || sets_session(auth, incoming.is_secure(), headers)
    {
        return;
    }
    if let Err(error) = set_session(incoming, headers, stored) {
        tracing::error!(code = error.code(), "a session could not be prolonged");
    }
}
