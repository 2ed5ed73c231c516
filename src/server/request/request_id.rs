use std::fmt;

use crate::server::random::{Random, random_token};

/// Names one request in the log, and on the error page that its answer shows.
///
/// [`Auth::layer`](crate::Auth::layer) makes one for each request. Where a layer outside of it has a span of its own,
/// let that layer make the id and put it into the request's extensions: then `Auth::layer` takes that one and opens
/// no second span. It is never read from a header, which anybody can write.
///
/// ```
/// use aura_auth::{RequestId, SystemRandom};
/// use axum::{Router, extract::Request, middleware::{Next, from_fn}};
/// use tracing::Instrument;
///
/// # fn app(auth: &aura_auth::Auth) -> Router {
/// Router::new()
///     .nest("/auth", auth.handlers())
///     .layer(auth.layer())
///     .layer(from_fn(async |mut request: Request, next: Next| {
///         let id = RequestId::new(&SystemRandom);
///         let span = tracing::info_span!("request", %id, path = request.uri().path());
///         request.extensions_mut().insert(id);
///         next.run(request).instrument(span).await
///     }))
/// # }
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct RequestId(String);

impl RequestId {
    /// A new id: 48 random bits, as eight characters of base64url. It is empty if there is no randomness, since a
    /// request can be answered without an id.
    #[must_use]
    pub fn new(random: &dyn Random) -> Self {
        Self(random_token::<6>(random).unwrap_or_default())
    }

    pub(super) fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
