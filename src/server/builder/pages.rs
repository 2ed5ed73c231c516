//! The paths of the endpoints and of the app's pages.

use crate::server::AuthBuilder;

impl AuthBuilder {
    /// Where the handlers are nested; `/auth` by default.
    pub fn base_path(mut self, path: &str) -> Self {
        self.base_path = Some(path.to_owned());
        self
    }

    /// The path of the app's sign-in page; `/sign-in` by default. Protected routes and `require_session()` of
    /// the Leptos side send people there, with the page that they are on as `redirectTo`. They take the path
    /// from here alone: every rendered page has it, static ones too.
    pub fn sign_in_page(mut self, path: &str) -> Self {
        self.sign_in_page = Some(path.to_owned());
        self
    }

    /// The app's page for failed sign-ins. It gets `error` (a code of
    /// [`AuthError`](crate::AuthError)), `reference` (for support: it is in the log), `provider`
    /// and `redirectTo` in the query, and `reason`, sealed, where the app's own words say why
    /// ([`Api::denial_reason`](crate::Api::denial_reason) reads it). Without it the callback answers with a bare page of its own.
    pub fn error_page(mut self, path: &str) -> Self {
        self.error_page = Some(path.to_owned());
        self
    }
}
