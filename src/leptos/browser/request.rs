use super::super::SessionHandle;
use crate::client::{Request, fetch};
use crate::json::Json;
use crate::{AuthError, Method, Session};

/// Asks an endpoint, with a CSRF token of the session that the page shows: the answer's JSON, or the error
/// that it names. Where the token is another session's, what was meant for the one is not done to the other.
pub(in crate::leptos) async fn request_with_token(
    session: SessionHandle,
    method: Method,
    path: &str,
    body: Option<&str>,
) -> Result<Json, AuthError> {
    let keep = |token| session.with(|state| state.store.csrf_token.replace(token));
    let kept = keep(None);
    keep(kept.clone());
    let token = match kept {
        Some(token) => token,
        None => {
            let answer = request(session, Method::Get, "csrfToken", None, None).await?;
            let token = answer.text("csrfToken").ok_or(AuthError::ServerError)?;
            keep(Some(token.clone()));
            token
        }
    };
    let answer = request(session, method, path, Some(&token), body).await;
    if answer.as_ref().is_err_and(|error| error.is_csrf()) {
        keep(None);
    }
    answer
}

/// Who is signed in, if anybody.
pub(super) async fn session_of(session: SessionHandle) -> Result<Option<Session>, AuthError> {
    match request(session, Method::Get, "session", None, None).await {
        Ok(answer) => {
            let found = answer.get("session").and_then(|session| Session::from_json(&session));
            found.map(Some).ok_or(AuthError::ServerError)
        }
        Err(error) if error.is_session() => Ok(None),
        Err(error) => Err(error),
    }
}

async fn request(
    session: SessionHandle,
    method: Method,
    path: &str,
    csrf_token: Option<&str>,
    body: Option<&str>,
) -> Result<Json, AuthError> {
    let url = session.endpoint(path);
    let request = Request { method, url: &url, query: &[], csrf_token, body };
    let (status, answer) = fetch(request).await.map_err(|_| AuthError::ServerUnreachable)?;
    if status == AuthError::RateLimited.status() {
        // Its body is the wire contract's, in which `error` is text.
        return Err(AuthError::RateLimited);
    }
    match answer.get("error").and_then(|error| error.text("code")) {
        Some(code) => Err(AuthError::from_code(&code).unwrap_or(AuthError::ServerError)),
        // Something else than our handlers answers there.
        None if answer.is_null() => Err(AuthError::ServerError),
        None => Ok(answer),
    }
}
