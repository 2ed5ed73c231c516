use http::StatusCode;
use http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, EXPIRES, HeaderMap, HeaderName, HeaderValue, LOCATION, PRAGMA,
    REFERRER_POLICY, VARY, X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
};
use serde::Serialize;
use serde_json::{Map, Value, json};
use std::convert::Infallible;

use crate::server::operations::failure::Failure;
use crate::server::operations::limit::RateLimitExceeded;
use crate::server::request::RequestContext;
use crate::{AuthError, Session};

/// What an operation answers: data or an error, and headers either way. It turns into an axum response, with the
/// JSON of the wire contract and the headers that every answer of an endpoint has.
///
/// Inside [`Auth::layer`](crate::Auth::layer) the layer writes the cookies, whatever becomes of the reply. An
/// operation that was given the headers alone, or that is called without the layer, has them in its reply: then
/// pass [`headers`](Self::headers) on.
#[derive(Debug)]
#[must_use]
pub struct Reply<T> {
    pub(crate) result: Result<T, AuthError>,
    pub(crate) headers: HeaderMap,
    /// Set where a failure sends a person to a page.
    pub(crate) redirect: Option<StatusCode>,
    /// The app's own words for a failure, in place of the error's.
    pub(crate) reason: Option<String>,
    pub(super) limited: Option<RateLimitExceeded>,
    /// The page that a person sees of a failure, HTML, in place of JSON.
    pub(crate) page: Option<String>,
}

/// What an endpoint answers with.
pub trait ReplyBody {
    /// The status of a success.
    fn status(&self) -> StatusCode {
        StatusCode::OK
    }

    /// The body of a success.
    fn success(&self) -> impl Serialize;

    /// The endpoint's own members in the body of a failure.
    fn failure() -> Value;
}

impl<T> Reply<T> {
    /// The answer to a request. Where there is no layer to write the cookies that the operation has set, the
    /// reply has them.
    pub(crate) fn of(context: &RequestContext, result: Result<T, impl Into<Failure>>) -> Self {
        let mut reply = match result {
            Ok(data) => Self::without_request(Ok(data)),
            Err(failure) => {
                let failure = failure.into();
                let limited = failure.limited.as_deref().copied();
                let headers = limited.map(RateLimitExceeded::headers).unwrap_or_default();
                let reply = Self::without_request(Err(failure.log(context)));
                Self { reason: failure.reason, limited, headers, ..reply }
            }
        };
        if !context.has_layer() {
            context.take_cookies().write_to(&mut reply.headers);
        }
        reply
    }

    /// An answer that depends on no request, or on one that can't be read.
    pub(crate) fn without_request(result: Result<T, AuthError>) -> Self {
        Self { result, headers: HeaderMap::new(), redirect: None, reason: None, limited: None, page: None }
    }

    /// The data.
    ///
    /// # Errors
    ///
    /// Why the operation failed.
    pub fn into_result(self) -> Result<T, AuthError> {
        self.result
    }

    /// The data, or why the operation failed.
    ///
    /// # Errors
    ///
    /// Why the operation failed.
    pub fn as_result(&self) -> Result<&T, AuthError> {
        self.result.as_ref().map_err(|&error| error)
    }

    /// The app's own words for a failure, if its `on_sign_in` gave some.
    #[must_use]
    pub fn reason(&self) -> Option<&str> {
        self.reason.as_deref()
    }

    /// The headers: `Location`, and `Set-Cookie` where no layer writes the cookies. Pass them on if you answer
    /// yourself.
    #[must_use]
    pub fn headers(&self) -> &HeaderMap {
        &self.headers
    }

    /// Where the browser is to go.
    #[must_use]
    pub fn location(&self) -> Option<&str> {
        self.headers.get(LOCATION)?.to_str().ok()
    }

    pub(crate) fn set_location(&mut self, location: &str) {
        match HeaderValue::from_str(location) {
            Ok(value) => {
                self.headers.insert(LOCATION, value);
            }
            Err(_) => self.result = Err(AuthError::ServerError),
        }
    }
}

impl Reply<Session> {
    /// The session, if there is one.
    #[must_use]
    pub fn session(&self) -> Option<&Session> {
        self.result.as_ref().ok()
    }
}

impl<T: ReplyBody> Reply<T> {
    /// The status of the response.
    #[must_use]
    pub fn status(&self) -> StatusCode {
        match (&self.result, self.redirect) {
            (_, Some(redirect)) => redirect,
            (Ok(data), None) => data.status(),
            (Err(error), None) => StatusCode::from_u16(error.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR),
        }
    }

    /// The body of the response, JSON.
    ///
    /// # Errors
    ///
    /// [`ServerError`](AuthError::ServerError) where the data can't be written; the log says why.
    pub fn body(&self) -> Result<String, AuthError> {
        let body = match &self.result {
            Ok(data) => serde_json::to_string(&data.success()),
            Err(error) => serde_json::to_string(&self.failure(*error)),
        };
        body.map_err(|error| {
            tracing::error!(%error, "an answer can't be written");
            AuthError::ServerError
        })
    }

    fn failure(&self, error: AuthError) -> Map<String, Value> {
        let mut body = Map::new();
        body.insert("success".to_owned(), false.into());
        if let Value::Object(members) = T::failure() {
            body.extend(members);
        }
        if let Some(limited) = self.limited {
            // The wire contract's body, whose `error` is text; the code is beside it.
            let retry_after = u64::try_from(limited.state.retry_after.as_millis()).unwrap_or(u64::MAX);
            body.insert("error".to_owned(), "Too Many Requests".into());
            body.insert("retryAfter".to_owned(), retry_after.into());
            body.insert("resetAt".to_owned(), limited.state.resets_at_milliseconds.into());
            body.insert("code".to_owned(), error.code().into());
            body.insert("message".to_owned(), error.message().into());
            return body;
        }
        let message = self.reason.as_deref().unwrap_or(error.message());
        body.insert("error".to_owned(), json!({ "code": error.code(), "message": message }));
        body
    }
}

/// The headers that every answer of an endpoint has (wire contract, 2.3), and one that keeps it out of
/// other origins' processes (the Fetch standard, 3.7). CORS is not touched by that.
static SECURE_HEADERS: [(HeaderName, HeaderValue); 9] = [
    (HeaderName::from_static("cross-origin-resource-policy"), HeaderValue::from_static("same-origin")),
    (CACHE_CONTROL, HeaderValue::from_static("no-store")),
    (PRAGMA, HeaderValue::from_static("no-cache")),
    (EXPIRES, HeaderValue::from_static("0")),
    (VARY, HeaderValue::from_static("Cookie")),
    (
        CONTENT_SECURITY_POLICY,
        HeaderValue::from_static(
            "default-src 'none'; script-src 'self'; frame-src 'none'; object-src 'none'; frame-ancestors 'none'; base-uri 'none'",
        ),
    ),
    (X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    (X_FRAME_OPTIONS, HeaderValue::from_static("DENY")),
    (REFERRER_POLICY, HeaderValue::from_static("strict-origin-when-cross-origin")),
];

pub(crate) fn add_secure_headers(headers: &mut HeaderMap) {
    // And the content's type and length.
    headers.reserve(SECURE_HEADERS.len() + 2);
    for (name, value) in &SECURE_HEADERS {
        headers.insert(name, value.clone());
    }
}

/// Written as it is, and not by `json!` as others are: every look at the session answers it.
#[derive(Serialize)]
struct Success<'a> {
    success: bool,
    session: &'a Session,
}

impl ReplyBody for Session {
    fn success(&self) -> impl Serialize {
        Success { success: true, session: self }
    }

    fn failure() -> Value {
        json!({ "session": null })
    }
}

/// A reply that is always an error, where there is no endpoint.
impl ReplyBody for Infallible {
    fn success(&self) -> impl Serialize {}

    fn failure() -> Value {
        Value::Null
    }
}
