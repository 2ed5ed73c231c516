//! The paths of the endpoints and of the app's pages.

use crate::server::AuthBuilder;

impl AuthBuilder {
    /// Sets the path at which the endpoints are nested; `/auth` by default.
    pub fn base_path(mut self, path: &str) -> Self {
        self.base_path = Some(path.to_owned());
        self
    }

    /// Sets the path of the app's sign-in page; `/sign-in` by default. Protected routes and `require_session()` of the
    /// Leptos side redirect to it, with the current page as `redirectTo`. They read the path only from this setting: it
    /// is part of every rendered page, static ones too.
    pub fn sign_in_page(mut self, path: &str) -> Self {
        self.sign_in_page = Some(path.to_owned());
        self
    }

    /// Sets the path of the app's page for failed sign-ins. Its query has `error` (a code of
    /// [`AuthError`](crate::AuthError)), `reference` (for support, because the log contains it too), `provider` and
    /// `redirectTo`. If the sign-in was denied with a reason, the query also has the encrypted `reason`, which
    /// [`Api::denial_reason`](crate::Api::denial_reason) decrypts. Without this setting, the callback responds with a
    /// plain page of its own.
    pub fn error_page(mut self, path: &str) -> Self {
        self.error_page = Some(path.to_owned());
        self
    }
}
