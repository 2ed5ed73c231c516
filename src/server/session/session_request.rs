use crate::server::cookies::RequestCookies;
use crate::server::session::SessionIdHash;

/// What a request says about its session.
#[derive(Clone, Copy)]
pub(crate) struct SessionRequest<'a> {
    pub(crate) cookies: &'a RequestCookies,
    /// Whether cookies have their names for https.
    pub(crate) secure: bool,
    /// Whether using the session prolongs it. This needs a response that sets the cookie.
    pub(crate) renews: bool,
    pub(crate) has_csrf_token: &'a dyn HasCsrfToken,
}

/// Checks whether the CSRF token in the request's cookie belongs to a session.
pub(crate) trait HasCsrfToken: Sync {
    fn has_csrf_token_of(&self, session: &SessionIdHash) -> bool;
}
