use crate::server::cookies::{CookieError, CookieKind, SetCookies};
use crate::server::operations::csrf_token::MAX_AGE_SECONDS as CSRF_MAX_AGE_SECONDS;
use crate::server::operations::failure::Failure;
use crate::server::operations::flow_cookies::make_room_for_session;
use crate::server::operations::membership::check_membership;
use crate::server::request::RequestContext;
use crate::server::session::{SessionError, SessionRecord};
use crate::server::store::EndReason;

/// Sets the cookies of a continuing session.
pub(super) fn set_session(context: &RequestContext, session: &SessionRecord) -> Result<(), SessionError> {
    let mut cookies = context.new_cookies();
    context.state().sessions.set(&mut cookies, context.cookies(), session, context.is_secure())?;
    context.set_cookies(cookies);
    Ok(())
}

/// Changes a session's newest content, and sets its cookie. Returns the changed session. `change` may be called several
/// times: see [`Sessions::change`]. Fails if the person has signed out meanwhile: this request may have waited for a
/// provider.
///
/// [`Sessions::change`]: crate::server::session::Sessions::change
pub(super) async fn change_session<E: From<SessionError>>(
    context: &RequestContext,
    session: &SessionRecord,
    change: impl FnMut(&mut SessionRecord) -> Result<(), E>,
) -> Result<SessionRecord, E> {
    let changed = context.state().sessions.change(session, false, context.is_secure(), change).await?;
    set_session(context, &changed)?;
    Ok(changed)
}

/// Like [`change_session`], for new content from the provider, the app or the person. Fails if the session would be too
/// large. Other changes succeed even if the session is too large, because another server may have created it.
pub(super) async fn set_new_content<E: From<SessionError>>(
    context: &RequestContext,
    session: &SessionRecord,
    change: impl FnMut(&mut SessionRecord) -> Result<(), E>,
) -> Result<SessionRecord, E> {
    let changed = context.state().sessions.change(session, true, context.is_secure(), change).await?;
    set_session(context, &changed)?;
    make_room_for_session(context).map_err(SessionError::from)?;
    Ok(changed)
}

/// Clears the session's cookies.
pub(super) fn clear_session(context: &RequestContext) -> Result<(), SessionError> {
    let mut cookies = context.new_cookies();
    context.state().sessions.clear(&mut cookies, context.cookies(), context.is_secure())?;
    context.set_cookies(cookies);
    Ok(())
}

/// Ends a session. The caller clears or replaces its cookies.
pub(super) async fn end_session(
    context: &RequestContext,
    cookies: &mut SetCookies,
    session: &SessionRecord,
    reason: EndReason,
) -> Result<(), SessionError> {
    context.state().sessions.end(cookies, context.cookies(), session, reason, context.is_secure()).await
}

/// Returns the session of a request, or `None` if there is none. Fails if a store can't be asked: then it is not known
/// whether there is a session, and nothing may happen as if there were none.
pub(super) async fn session_if_any(context: &RequestContext) -> Result<Option<&SessionRecord>, SessionError> {
    match context.session().await {
        Ok(session) => Ok(Some(session)),
        Err(SessionError::StoreUnavailable) => Err(SessionError::StoreUnavailable),
        Err(_) => Ok(None),
    }
}

/// Sets the cookies that the response has besides those of its operations. The layer calls this once, before it writes
/// the cookies.
pub(crate) fn finish_cookies(context: &RequestContext) {
    if let Some(Ok(session)) = context.session_if_asked()
        && context.state().sessions.was_used(session)
    {
        check_membership(context.state(), session);
    }
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
        _ if context.sets(CookieKind::Session) || context.sets(CookieKind::StoredSession) => Ok(()),
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
