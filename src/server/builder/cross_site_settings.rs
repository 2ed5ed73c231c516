//! Permissions for pages of other origins.

use crate::server::AuthBuilder;

impl AuthBuilder {
    /// Sets other origins whose pages may send requests that change something (`AURA_AUTH_REQUEST_ORIGINS`, separated
    /// by commas; none by default). The layer then does not reject these as cross-site requests. The patterns are those
    /// of [`redirect_origins`](Self::redirect_origins). List an origin only if all of its pages may act for the user.
    /// The session endpoints also require a CSRF token from these pages. This crate's server functions reject them,
    /// because those require a page of the app's own origin.
    pub fn request_origins<S: Into<String>>(mut self, origins: impl IntoIterator<Item = S>) -> Self {
        self.origins.request_origins = Some(origins.into_iter().map(Into::into).collect());
        self
    }

    /// Allows pages of the [request origins](Self::request_origins) to call the session endpoints (`/session`,
    /// `/csrfToken`, `/signOut`) by `fetch` with credentials (CORS). Cookies are `SameSite`, so this works only for
    /// origins of the same site, like `https://docs.example.com` and `https://app.example.com`.
    pub fn cors(mut self) -> Self {
        self.origins.cors = true;
        self
    }

    /// Isolates the app's pages from other sites (Fetch Metadata: `Sec-Fetch-Site`, `Sec-Fetch-Mode`). Pages of other
    /// sites can still link to the app's pages, but can't load them as an image, as a script or by `fetch`. The
    /// endpoints and the library's server functions are always isolated. Paths below the exempt ones are not isolated:
    /// use this for the app's assets, for example.
    ///
    /// ```
    /// # use aura_auth::Auth;
    /// let auth = Auth::builder().fetch_metadata_isolation(["/pkg"]);
    /// ```
    pub fn fetch_metadata_isolation<S: Into<String>>(mut self, exempt: impl IntoIterator<Item = S>) -> Self {
        self.isolation.app = Some(exempt.into_iter().map(Into::into).collect());
        self
    }
}
