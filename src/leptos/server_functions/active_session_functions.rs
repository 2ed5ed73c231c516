use leptos::prelude::*;

use crate::leptos::server_functions::PageClient;
use crate::{ActiveSession, AuthError, EndedSessions};

/// Returns the sessions of the signed-in person that have not ended, the newest first; see
/// [`Api::sessions`](crate::Api::sessions).
///
/// This is the fetcher of the resource that [`use_sessions`](crate::leptos::use_sessions) returns. A page that is being
/// rendered gets the same list.
///
/// # Errors
///
/// [`SessionsNotStored`](AuthError::SessionsNotStored) if the app's sessions are in cookies;
/// [`RateLimited`](AuthError::RateLimited); a session error.
#[server(name = FetchSessions, prefix = "/api/aura-auth", endpoint = "get_sessions", client = PageClient)]
pub async fn get_sessions() -> Result<Vec<ActiveSession>, AuthError> {
    let request = crate::leptos::request::Request::of_call::<FetchSessions>(None).await?;
    let reply = request.auth.api().sessions(&request.parts).await;
    if request.is_call_of::<FetchSessions>() {
        request.answer::<FetchSessions, _>(None, reply, |_| None)
    } else {
        // The response is the page's, which shows the error.
        reply.into_result()
    }
}

/// Ends a session of the signed-in person, by its [id](ActiveSession::id); see
/// [`Api::end_session`](crate::Api::end_session).
///
/// If it is the session of this browser, this is a sign-out:
/// [`use_revoke_session`](crate::leptos::use_revoke_session) then loads the front page, and a form that is sent without
/// scripts is redirected there.
///
/// # Errors
///
/// - [`ActiveSessionNotFound`](AuthError::ActiveSessionNotFound) if the person has no such session.
/// - [`SessionsNotStored`](AuthError::SessionsNotStored) if the app's sessions are in cookies.
/// - A session error.
/// - [`InvalidCsrfToken`](AuthError::InvalidCsrfToken) if the signed-in person is not the one that the page shows.
/// - [`CsrfOriginRejected`](AuthError::CsrfOriginRejected) unless a page of the app sent the request.
#[server(name = RevokeSession, prefix = "/api/aura-auth", endpoint = "revoke_session", client = PageClient)]
pub async fn revoke_session(
    /// The session's id.
    #[server(default)]
    id: String,
    /// The path of the page that contains the form. Without it, the `Referer` is used.
    from_page: Option<String>,
) -> Result<EndedSessions, AuthError> {
    let request = crate::leptos::request::Request::of_call::<RevokeSession>(from_page.as_deref()).await?;
    let reply = request.auth.api().end_session(&request.parts, &id, &crate::CsrfProof::SameOrigin).await;
    let target = |ended: &EndedSessions| ended.current.then(|| "/".to_owned());
    request.answer::<RevokeSession, _>(from_page.as_deref(), reply, target)
}

/// Ends all sessions of the signed-in person except the session of this browser; see
/// [`Api::end_other_sessions`](crate::Api::end_other_sessions).
///
/// # Errors
///
/// - [`SessionsNotStored`](AuthError::SessionsNotStored) if the app's sessions are in cookies.
/// - A session error.
/// - [`InvalidCsrfToken`](AuthError::InvalidCsrfToken) if the signed-in person is not the one that the page shows.
/// - [`CsrfOriginRejected`](AuthError::CsrfOriginRejected) unless a page of the app sent the request.
#[server(
    name = RevokeOtherSessions,
    prefix = "/api/aura-auth",
    endpoint = "revoke_other_sessions",
    client = PageClient
)]
pub async fn revoke_other_sessions(
    /// The path of the page that contains the form. Without it, the `Referer` is used.
    from_page: Option<String>,
) -> Result<EndedSessions, AuthError> {
    let request = crate::leptos::request::Request::of_call::<RevokeOtherSessions>(from_page.as_deref()).await?;
    let reply = request.auth.api().end_other_sessions(&request.parts, &crate::CsrfProof::SameOrigin).await;
    request.answer::<RevokeOtherSessions, _>(from_page.as_deref(), reply, |_| None)
}

impl RevokeSession {
    /// Creates the end of the session with this id.
    ///
    /// ```
    /// use aura_auth::leptos::server_functions::RevokeSession;
    ///
    /// let revoke = RevokeSession::with("07070707-0707-4707-8707-070707070707");
    /// assert_eq!(revoke.from_page, None);
    /// ```
    #[must_use]
    pub fn with(id: impl Into<String>) -> Self {
        Self { id: id.into(), from_page: None }
    }
}

impl RevokeOtherSessions {
    /// Creates the end of all other sessions.
    #[must_use]
    pub fn new() -> Self {
        Self { from_page: None }
    }
}

impl Default for RevokeOtherSessions {
    fn default() -> Self {
        Self::new()
    }
}
