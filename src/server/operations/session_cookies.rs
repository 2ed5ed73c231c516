use std::borrow::Cow;

use crate::server::cookies::{CookieError, CookieKind, SetCookies};
use crate::server::operations::csrf_token::MAX_AGE_SECONDS as CSRF_MAX_AGE_SECONDS;
use crate::server::operations::failure::Failure;
use crate::server::operations::flow_cookies::make_room_for_session;
use crate::server::request::RequestContext;
use crate::server::session::{SessionError, SessionIdHash, SessionRecord};

/// Sets the cookies of a continuing session.
pub(super) fn set_session(context: &RequestContext, session: &SessionRecord) -> Result<(), SessionError> {
    let mut cookies = context.new_cookies();
    context.state().sessions.set(&mut cookies, context.cookies(), session, context.is_secure())?;
    context.set_cookies(cookies);
    Ok(())
}

/// Sets the cookie of a session whose content has changed. Remembers the new content, so that a request that is still
/// under way does not bring the old content back. Fails if the person has signed out meanwhile: this request may have
/// waited for a provider.
pub(super) async fn set_changed_session(context: &RequestContext, session: &SessionRecord) -> Result<(), SessionError> {
    context.state().sessions.remember(session)?;
    set_session(context, session)
}

/// Like [`set_changed_session`], for new content from the provider, the app or the person. Fails if the session would
/// be too large. Other changes succeed even if the session is too large, because another server may have created it.
pub(super) async fn set_new_content(context: &RequestContext, session: &SessionRecord) -> Result<(), SessionError> {
    context.state().sessions.check_size(session, context.is_secure())?;
    set_changed_session(context, session).await?;
    Ok(make_room_for_session(context)?)
}

/// Returns the session with its newest content. Fails with [`Expired`](SessionError::Expired) if it has ended since this
/// request read it.
pub(super) async fn newest_session<'a>(
    context: &RequestContext,
    session: &'a SessionRecord,
) -> Result<Cow<'a, SessionRecord>, SessionError> {
    let sessions = &context.state().sessions;
    if sessions.has_ended(&session.id_hash) { Err(SessionError::Expired) } else { Ok(sessions.newest(session)) }
}

/// Clears the session's cookies.
pub(super) fn clear_session(context: &RequestContext) -> Result<(), SessionError> {
    let mut cookies = context.new_cookies();
    context.state().sessions.clear(&mut cookies, context.is_secure())?;
    context.set_cookies(cookies);
    Ok(())
}

/// Ends a session. The caller clears or replaces its cookies.
pub(super) async fn end_session(
    context: &RequestContext,
    cookies: &mut SetCookies,
    session: &SessionIdHash,
) -> Result<(), SessionError> {
    context.state().sessions.end(cookies, context.cookies(), session, context.is_secure())
}

/// Sets the cookies that the response has besides those of its operations. The layer calls this once, before it writes
/// the cookies.
pub(crate) fn finish_cookies(context: &RequestContext) {
    // If a cookie can't be set, the response is sent without it, and the log has the cause.
    if let Err(error) = save_session(context) {
        Failure::from(error).log(context);
    }
    if let Err(error) = save_page_token(context) {
        Failure::from(error).log(context);
    }
}

/// Sets the cookie of a session that this request prolonged, unless the person has signed out or changed the session
/// since. Clears a session that another host of the site may have set, unless the response sets its own session cookie.
///
/// Does not clear a session that has expired or that `on_session` has ended. All sessions of a browser have the same
/// cookie name, and a page takes time to render. Meanwhile, the person may have signed in in another tab, and this
/// response would clear the new session. `GET /session` renders nothing, so it clears the cookie.
fn save_session(context: &RequestContext) -> Result<(), SessionError> {
    match context.session_if_asked() {
        _ if context.sets(CookieKind::Session) => Ok(()),
        Some(Err(SessionError::NotPinned)) => clear_session(context),
        Some(Ok(record)) if record.dirty && context.state().sessions.is_unchanged(record) => {
            set_session(context, record)
        }
        _ => Ok(()),
    }
}

/// Sets the cookie of the CSRF token that is on the page, unless the person has signed out since.
fn save_page_token(context: &RequestContext) -> Result<(), CookieError> {
    let (Some(token), Some(Ok(record))) = (context.new_page_token(), context.session_if_asked()) else {
        return Ok(());
    };
    if context.state().sessions.has_ended(&record.id_hash) {
        return Ok(());
    }
    let mut cookies = context.new_cookies();
    cookies.set(CookieKind::Csrf, token, CSRF_MAX_AGE_SECONDS, 0)?;
    context.set_cookies(cookies);
    Ok(())
}
