use std::fmt;

use crate::server::random::{Random, random_token};

/// The id of one request in the log, and on the error page that answers it.
///
/// [`Auth::layer`](crate::Auth::layer) creates one for each request. If an outer layer has its own span, let that layer
/// create the id and put it into the request's extensions. Then `Auth::layer` uses this id and opens no second span.
/// The id is never read from a header, because anybody can write a header.
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
    /// Creates an id of 48 random bits, as eight characters of base64url. If there is no randomness, the id is empty,
    /// because a request can be answered without one.
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
