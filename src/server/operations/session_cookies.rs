use http::header::{HeaderMap, HeaderValue, SET_COOKIE};

use crate::AuthError;
use crate::server::cookies::{Kind, MAX_PARTS};
use crate::server::jose::JoseError;
use crate::server::operations::csrf_token::MAX_AGE_SECONDS as CSRF_MAX_AGE_SECONDS;
use crate::server::request::Incoming;
use crate::server::session::{Binding, Since, StoredSession};

/// How many ended sessions a browser remembers. A response would have to be under way for as many
/// sign-outs to bring one back.
const MOST_ENDED: usize = 4;

pub(super) fn seal_failed(error: JoseError) -> AuthError {
    tracing::error!(%error, "a session could not be sealed");
    AuthError::SealFailed
}

/// Sets the session's cookie, and on https its pin, for as long as the session lives.
pub(super) fn set_session(
    incoming: &Incoming,
    headers: &mut HeaderMap,
    session: &StoredSession,
) -> Result<(), AuthError> {
    let name = incoming.auth().cookies.name(Kind::Session, incoming.is_secure());
    write_session(incoming, headers, session, incoming.jar().parts(&name))
}

/// Sets the cookies of a session that has just begun, and clears all parts that an older one can have.
pub(super) fn set_new_session(
    incoming: &Incoming,
    headers: &mut HeaderMap,
    session: &StoredSession,
) -> Result<(), AuthError> {
    write_session(incoming, headers, session, MAX_PARTS)
}

fn write_session(
    incoming: &Incoming,
    headers: &mut HeaderMap,
    session: &StoredSession,
    stale_parts: usize,
) -> Result<(), AuthError> {
    let auth = incoming.auth();
    let secure = incoming.is_secure();
    let token = session.seal(&auth.jose, &auth.session).map_err(seal_failed)?;
    let seconds = session.expires_at() - auth.jose.now();
    auth.cookies.set(headers, Kind::Session, &token, secure, seconds, stale_parts)?;
    if secure {
        auth.cookies.set(headers, Kind::SessionPin, &session.binding.text(), secure, seconds, 0)?;
    }
    Ok(())
}

/// Clears the session's cookie with all parts that it can have, and its pin.
pub(super) fn clear_session(incoming: &Incoming, headers: &mut HeaderMap) -> Result<(), AuthError> {
    let cookies = &incoming.auth().cookies;
    let secure = incoming.is_secure();
    cookies.clear(headers, Kind::Session, secure, MAX_PARTS)?;
    if secure { cookies.clear(headers, Kind::SessionPin, secure, 0) } else { Ok(()) }
}

/// Sets the cookie of a session whose content has changed, and remembers it, so that no request
/// under way brings the old one back. Refused where somebody has signed out meanwhile: this request
/// may have waited for a provider.
pub(super) fn set_changed_session(
    incoming: &Incoming,
    headers: &mut HeaderMap,
    session: &StoredSession,
) -> Result<(), AuthError> {
    let auth = incoming.auth();
    if !auth.changes.rewrite(session, auth.jose.now()) {
        return Err(AuthError::SessionExpired);
    }
    set_session(incoming, headers, session)
}

/// Ends a session: remembers that here and in the browser, whatever another response still sets.
pub(super) fn end_session(incoming: &Incoming, headers: &mut HeaderMap, session: &Binding) -> Result<(), AuthError> {
    let auth = incoming.auth();
    auth.changes.ended(session, auth.jose.now());
    let before = incoming.ended_sessions().filter(|ended| ended != session);
    let ended: Vec<Binding> = std::iter::once(*session).chain(before).take(MOST_ENDED).collect();
    let ended = ended.iter().map(Binding::text).collect::<Vec<_>>().join(".");
    let seconds = auth.session.max_age_seconds();
    auth.cookies.set(headers, Kind::Ended, &ended, incoming.is_secure(), seconds, 0).map(|_| ())
}

/// Writes the cookie of the CSRF token that a page was given, unless somebody has signed out since.
pub(crate) fn save_page_token(incoming: &Incoming, headers: &mut HeaderMap) {
    let auth = incoming.auth();
    let Some(token) = incoming.new_page_token() else { return };
    let Some(Ok(stored)) = incoming.session_if_asked() else { return };
    if auth.changes.has_ended(&stored.binding, auth.jose.now()) {
        return;
    }
    if let Err(error) = auth.cookies.set(headers, Kind::Csrf, token, incoming.is_secure(), CSRF_MAX_AGE_SECONDS, 0) {
        tracing::error!(code = error.code(), "a page's CSRF token could not be kept");
    }
}

/// Writes the cookie of a session that this request prolonged, unless somebody has signed out or
/// changed it since. Clears a session that another host of the site may have set, unless the answer has a
/// session of its own.
pub(crate) fn save_session(incoming: &Incoming, headers: &mut HeaderMap) {
    let auth = incoming.auth();
    let stored = match incoming.session_if_asked() {
        Some(Ok(stored)) => stored,
        Some(Err(AuthError::SessionNotPinned)) => {
            let name = auth.cookies.name(Kind::Session, incoming.is_secure());
            let is_set = |cookie: &HeaderValue| cookie.as_bytes().starts_with(name.as_bytes());
            if !headers.get_all(SET_COOKIE).iter().any(is_set)
                && let Err(error) = clear_session(incoming, headers)
            {
                tracing::error!(code = error.code(), "a session that does not count could not be cleared");
            }
            return;
        }
        _ => return,
    };
    let now = auth.jose.now();
    if !stored.unsaved || !matches!(auth.changes.since(stored, now), Since::Nothing) {
        return;
    }
    if let Err(error) = set_session(incoming, headers, stored) {
        tracing::error!(code = error.code(), "a session could not be prolonged");
    }
}
