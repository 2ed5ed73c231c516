use crate::server::cookies::RequestCookies;
use crate::server::session::{Device, SessionIdHash};

/// What a request says about its session.
#[derive(Clone, Copy)]
pub(crate) struct SessionRequest<'a> {
    pub(crate) cookies: &'a RequestCookies,
    /// Whether cookies have their names for https.
    pub(crate) secure: bool,
    /// Whether using the session prolongs it. This needs a response that sets the cookie.
    pub(crate) renews: bool,
    pub(crate) has_csrf_token: &'a dyn HasCsrfToken,
    pub(crate) device: &'a dyn HasDevice,
}

/// Returns the device that sent a request. It is needed only if a session moves into a store.
pub(crate) trait HasDevice: Sync {
    fn device(&self) -> Device;
}

/// Checks whether the CSRF token in the request's cookie belongs to a session.
pub(crate) trait HasCsrfToken: Sync {
    fn has_csrf_token_of(&self, session: &SessionIdHash) -> bool;
}
