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

/// The result of an operation: data or an error, and headers in both cases. It converts into an axum response, with the
/// JSON of the wire contract and the headers that every endpoint's response has.
///
/// Inside [`Auth::layer`](crate::Auth::layer), the layer writes the cookies, even if the reply is dropped. If an
/// operation got only the headers, or is called without the layer, the reply has the cookies. Then pass
/// [`headers`](Self::headers) on.
#[derive(Debug)]
#[must_use]
pub struct Reply<T> {
    pub(crate) result: Result<T, AuthError>,
    pub(crate) headers: HeaderMap,
    /// If the browser is sent to a page: the status of the redirect, in place of the result's own status.
    pub(crate) redirect: Option<StatusCode>,
    /// The reason for the person, in place of the error's message.
    pub(crate) reason: Option<String>,
    pub(super) limited: Option<RateLimitExceeded>,
    /// The HTML page that a person sees instead of JSON if the operation failed.
    pub(crate) page: Option<String>,
}

/// The body of an endpoint's response.
pub trait ReplyBody {
    /// Returns the status of a success.
    fn status(&self) -> StatusCode {
        StatusCode::OK
    }

    /// Returns the body of a success.
    fn success(&self) -> impl Serialize;

    /// Returns the endpoint's own members in the body of a failure.
    fn failure() -> Value;
}

impl<T> Reply<T> {
    /// Creates the reply to a request. If no layer writes the cookies that the operation has set, the reply has them.
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

    /// Creates a reply that depends on no request, or whose request can't be read.
    pub(crate) fn without_request(result: Result<T, AuthError>) -> Self {
        Self { result, headers: HeaderMap::new(), redirect: None, reason: None, limited: None, page: None }
    }

    /// Returns the data.
    ///
    /// # Errors
    ///
    /// The error with which the operation failed.
    pub fn into_result(self) -> Result<T, AuthError> {
        self.result
    }

    /// Returns the data, borrowed.
    ///
    /// # Errors
    ///
    /// The error with which the operation failed.
    pub fn as_result(&self) -> Result<&T, AuthError> {
        self.result.as_ref().map_err(|&error| error)
    }

    /// Returns the reason for the person, if the provider's rules or the app's `on_sign_in` gave one.
    #[must_use]
    pub fn reason(&self) -> Option<&str> {
        self.reason.as_deref()
    }

    /// Returns the headers: `Location`, and `Set-Cookie` if no layer writes the cookies. If you build the response
    /// yourself, pass them on.
    #[must_use]
    pub fn headers(&self) -> &HeaderMap {
        &self.headers
    }

    /// Returns the URL that the browser is sent to.
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
    /// Returns the session, if there is one.
    #[must_use]
    pub fn session(&self) -> Option<&Session> {
        self.result.as_ref().ok()
    }
}

impl<T: ReplyBody> Reply<T> {
    /// Returns the status of the response.
    #[must_use]
    pub fn status(&self) -> StatusCode {
        match (&self.result, self.redirect) {
            (_, Some(redirect)) => redirect,
            (Ok(data), None) => data.status(),
            (Err(error), None) => StatusCode::from_u16(error.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR),
        }
    }

    /// Returns the body of the response, as JSON.
    ///
    /// # Errors
    ///
    /// [`ServerError`](AuthError::ServerError) if the data can't be serialized. The log has the cause.
    pub fn body(&self) -> Result<String, AuthError> {
        let body = match &self.result {
            Ok(data) => serde_json::to_string(&data.success()),
            Err(error) => serde_json::to_string(&self.failure(*error)),
        };
        body.map_err(|error| {
            tracing::error!(%error, "a response could not be serialized");
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
            // In the wire contract, `error` is text here, so the code is beside it.
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

/// The headers of every endpoint's response (wire contract, 2.3). The first one keeps the response out of other
/// origins' processes (the Fetch standard, 3.7), and does not affect CORS requests.
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
    // The two others are the content's type and length.
    headers.reserve(SECURE_HEADERS.len() + 2);
    for (name, value) in &SECURE_HEADERS {
        headers.insert(name, value.clone());
    }
}

/// This is serialized directly, and not by `json!` like the others, because every request for the session returns it.
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

/// The body of a reply that is always an error, because there is no endpoint.
impl ReplyBody for Infallible {
    fn success(&self) -> impl Serialize {}

    fn failure() -> Value {
        Value::Null
    }
}
