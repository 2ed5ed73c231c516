use std::time::{Duration, Instant};

use http::header::{ACCEPT, ACCEPT_ENCODING, AUTHORIZATION, CONTENT_ENCODING, CONTENT_TYPE, HeaderMap};
use http::{HeaderValue, StatusCode};
use oauth2::{HttpRequest, HttpResponse};
use reqwest::redirect::Policy;
use url::Url;

use crate::server::sanitize_for_log::sanitize_for_log;

pub(super) const JSON: &str = "application/json";
pub(super) const FORM: &str = "application/x-www-form-urlencoded";

/// The largest response body that is read, in bytes.
const MAX_BODY_BYTES: usize = 1024 * 1024;

/// How long an idle connection stays in the pool. Many proxies and load balancers drop idle connections without closing
/// them. A token request on such a connection fails, and it can't be retried because it may be sent only once.
const KEPT: Duration = Duration::from_secs(5);

/// Some providers send a byte order mark before the JSON. RFC 8259 (8.1) forbids this but allows parsers to ignore it.
const BYTE_ORDER_MARK: &[u8] = "\u{FEFF}".as_bytes();

/// Why a provider returned no usable response.
#[derive(Debug, thiserror::Error)]
pub(crate) enum HttpError {
    #[error("the request failed")]
    Transport(#[source] reqwest::Error),
    #[error("the response is larger than {MAX_BODY_BYTES} bytes")]
    TooLarge,
    #[error("the response is a redirect (status {0}), which is not followed")]
    Redirect(u16),
    #[error("the response is an error without an error code (status {0})")]
    Refused(u16),
    #[error("the response is not JSON (status {0})")]
    ContentType(u16),
    /// The body may contain the provider's own text, so the message leaves it out.
    #[error("the response is an error (status {status})")]
    ErrorAnswer { status: u16, error: String, description: String },
    /// `encoding` is already sanitized for the log.
    #[error(
        "the response has the header `Content-Encoding: {encoding}`, which the request did not allow (status {status})"
    )]
    Encoded { status: u16, encoding: String },
    #[error("the provider's budget of calls is used up")]
    BudgetUsedUp,
}

/// The settings of the provider HTTP client that the app can change.
pub(crate) struct HttpClientSettings {
    pub(crate) client: reqwest::ClientBuilder,
    pub(crate) connect_timeout: Duration,
    pub(crate) timeout: Duration,
}

impl Default for HttpClientSettings {
    fn default() -> Self {
        Self {
            client: reqwest::Client::builder()
                .user_agent(concat!("aura-auth-rust/", env!("CARGO_PKG_VERSION")))
                .pool_idle_timeout(KEPT),
            connect_timeout: Duration::from_secs(5),
            timeout: Duration::from_secs(10),
        }
    }
}

/// Sends every request to a provider. It enforces:
///
/// - timeouts,
/// - no redirects, which could send credentials to another host,
/// - no cookies,
/// - no compression, because a small response could decompress into a huge one,
/// - a limit on the size of responses,
/// - JSON responses only; the token endpoint may also respond with a form.
#[derive(Clone, Debug)]
pub(crate) struct HttpClient {
    client: reqwest::Client,
    timeout: Duration,
}

impl HttpClient {
    /// The fixed settings are applied last, so that the app's settings can't undo them.
    pub(crate) fn new(settings: HttpClientSettings) -> Result<Self, reqwest::Error> {
        let timeout = settings.timeout;
        let uncompressed = HeaderMap::from_iter([(ACCEPT_ENCODING, HeaderValue::from_static("identity"))]);
        let client = settings
            .client
            .default_headers(uncompressed)
            .connect_timeout(settings.connect_timeout)
            .timeout(timeout)
            .redirect(Policy::none())
            .cookie_store(false)
            .build()?;
        Ok(Self { client, timeout })
    }

    /// Gets JSON with a bearer token. The token is sent only in the `Authorization` header, as RFC 6750 prefers and
    /// Bitbucket requires. If no response begins, the request is retried once within the remaining time: the connection
    /// could not be opened, or an idle connection had been closed.
    ///
    /// For an error status, the returned response has no body.
    pub(crate) async fn get(&self, url: &Url, access_token: &str) -> Result<HttpResponse, HttpError> {
        let begun = Instant::now();
        let request = || {
            let request = self.client.get(url.clone()).header(ACCEPT, JSON);
            let request = request.header(AUTHORIZATION, format!("Bearer {access_token}"));
            request.timeout(self.timeout.saturating_sub(begun.elapsed())).send()
        };
        let answer = match request().await {
            Err(error) if error.is_request() && !error.is_timeout() => request().await,
            answer => answer,
        };
        let answer = answer.map_err(HttpError::Transport)?;
        if is_error(answer.status()) {
            let mut response = HttpResponse::default();
            *response.status_mut() = answer.status();
            return Ok(response);
        }
        read(answer, &[JSON]).await
    }

    /// Sends a request whose response matters only by its status (as in RFC 7009, 2.2). The body is not read.
    pub(crate) async fn status(&self, request: HttpRequest) -> Result<StatusCode, HttpError> {
        let request = reqwest::Request::try_from(request).map_err(HttpError::Transport)?;
        self.client.execute(request).await.map(|answer| answer.status()).map_err(HttpError::Transport)
    }

    /// Sends a request of the `oauth2` crate. The response may be JSON or a form. The request is never retried.
    pub(crate) async fn send(&self, request: HttpRequest) -> Result<HttpResponse, HttpError> {
        let request = reqwest::Request::try_from(request).map_err(HttpError::Transport)?;
        let answer = self.client.execute(request).await.map_err(HttpError::Transport)?;
        let status = answer.status();
        if !is_error(status) {
            return read(answer, &[JSON, FORM]).await;
        }
        // An error page is not an OAuth error response (RFC 6749, 5.2), but its status still counts. With 400 and 401,
        // some providers send an error response as `text/plain`. If the provider is down or busy, the response says
        // nothing about the code or the token, whatever its body contains.
        let may_have_reason = match status {
            StatusCode::BAD_REQUEST | StatusCode::UNAUTHORIZED => true,
            StatusCode::TOO_MANY_REQUESTS => false,
            status => status.is_client_error() && is_one_of(&answer, &[JSON, FORM]),
        };
        if !may_have_reason {
            return Err(HttpError::Refused(status.as_u16()));
        }
        read(answer, &[]).await.map_err(|error| match error {
            HttpError::Encoded { .. } => error,
            _ => HttpError::Refused(status.as_u16()),
        })
    }
}

fn is_error(status: StatusCode) -> bool {
    status.is_client_error() || status.is_server_error()
}

/// Reads a response. An error response may have any media type.
async fn read(mut answer: reqwest::Response, media_types: &[&str]) -> Result<HttpResponse, HttpError> {
    let status = answer.status();
    if status.is_redirection() {
        return Err(HttpError::Redirect(status.as_u16()));
    }
    if !is_error(status) && !is_one_of(&answer, media_types) {
        return Err(HttpError::ContentType(status.as_u16()));
    }
    // If another crate enables reqwest's decompression, reqwest has removed this header, and the size limit below
    // applies to the decompressed body.
    if let Some(encoding) = answer.headers().get(CONTENT_ENCODING).filter(|value| !is_identity(value)) {
        let encoding = sanitize_for_log(&String::from_utf8_lossy(encoding.as_bytes()));
        return Err(HttpError::Encoded { status: status.as_u16(), encoding });
    }
    let mut body = Vec::new();
    while let Some(chunk) = answer.chunk().await.map_err(HttpError::Transport)? {
        if body.len() + chunk.len() > MAX_BODY_BYTES {
            return Err(HttpError::TooLarge);
        }
        body.extend_from_slice(&chunk);
    }
    if body.starts_with(BYTE_ORDER_MARK) {
        body.drain(..BYTE_ORDER_MARK.len());
    }
    let mut response = HttpResponse::new(body);
    *response.status_mut() = status;
    *response.headers_mut() = std::mem::take(answer.headers_mut());
    Ok(response)
}

fn is_identity(encoding: &HeaderValue) -> bool {
    encoding.is_empty() || encoding.as_bytes().eq_ignore_ascii_case(b"identity")
}

fn is_one_of(answer: &reqwest::Response, media_types: &[&str]) -> bool {
    media_types.iter().any(|wanted| media_type(answer.headers()).eq_ignore_ascii_case(wanted))
}

/// Returns the media type of a response, without parameters.
pub(super) fn media_type(headers: &HeaderMap) -> &str {
    let content_type = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    content_type.split(';').next().unwrap_or_default().trim()
}
