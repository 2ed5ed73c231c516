//! What pages of other origins may do.

use crate::server::AuthBuilder;

impl AuthBuilder {
    /// Other origins whose pages may send requests that change something, without the layer refusing them
    /// as cross-site requests (`AURA_AUTH_REQUEST_ORIGINS`, separated by commas, as
    /// [`redirect_origins`](Self::redirect_origins); none by default). List only origins all of whose pages
    /// may act for the person. The session endpoints want a CSRF token of them too, and this crate's server
    /// functions refuse them: those want a page of the app's own.
    pub fn request_origins<S: Into<String>>(mut self, origins: impl IntoIterator<Item = S>) -> Self {
        self.origins.request_origins = Some(origins.into_iter().map(Into::into).collect());
        self
    }

    /// Lets pages of the [request origins](Self::request_origins) read and use the session endpoints
    /// (`/session`, `/csrfToken`, `/signOut`) by `fetch` with credentials (CORS). Cookies are `SameSite`, so
    /// that works for origins of the same site, like `https://docs.example.com` and
    /// `https://app.example.com`.
    pub fn cors(mut self) -> Self {
        self.origins.cors = true;
        self
    }

    /// Lets other sites' pages navigate to the app's pages, and load nothing of them as an image, a script or by
    /// `fetch` (Fetch Metadata: `Sec-Fetch-Site`, `Sec-Fetch-Mode`). For the endpoints and the library's server
    /// functions that is always so. Paths below the exempt ones stay open: the site's assets, say.
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
