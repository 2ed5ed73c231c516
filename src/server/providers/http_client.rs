use std::time::{Duration, Instant};

use http::header::{ACCEPT, ACCEPT_ENCODING, AUTHORIZATION, CONTENT_ENCODING, CONTENT_TYPE, HeaderMap};
use http::{HeaderValue, StatusCode};
use oauth2::{HttpRequest, HttpResponse};
use reqwest::redirect::Policy;
use url::Url;

use crate::server::sanitize_for_log::sanitize_for_log;

pub(super) const JSON: &str = "application/json";
pub(super) const FORM: &str = "application/x-www-form-urlencoded";

/// The largest answer that is read, in bytes.
const LARGEST_BODY: usize = 1024 * 1024;

/// How long a connection is kept without a call. Many proxies and load balancers forget one after some time without
/// telling, and a token request that meets such a connection fails, as it may be sent only once.
const KEPT: Duration = Duration::from_secs(5);

/// Some write this before JSON, which RFC 8259 (8.1) forbids and allows readers to ignore.
const BYTE_ORDER_MARK: &[u8] = "\u{FEFF}".as_bytes();

/// Why a provider gave no usable answer.
#[derive(Debug, thiserror::Error)]
pub(crate) enum HttpError {
    #[error("the request failed")]
    Transport(#[source] reqwest::Error),
    #[error("the answer is larger than {LARGEST_BODY} bytes")]
    TooLarge,
    #[error("the answer is a redirect (status {0}), which is not followed")]
    Redirect(u16),
    #[error("the answer is an error without a reason (status {0})")]
    Refused(u16),
    #[error("the answer is of another type than JSON (status {0})")]
    ContentType(u16),
    /// The body may hold the provider's own words, so they are not in the text.
    #[error("the answer is an error (status {status})")]
    ErrorAnswer { status: u16, error: String, description: String },
    /// `encoding` may be logged as it is.
    #[error("the answer has the header `Content-Encoding: {encoding}`, which was not asked for (status {status})")]
    Encoded { status: u16, encoding: String },
    #[error("the provider's budget of calls is used up")]
    BudgetUsedUp,
}

/// What the app can change of the client for calls to providers.
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

/// Every call to a provider goes through here: time limits, no redirects (they would carry
/// credentials elsewhere), no cookies, no compression (a small answer would become a large one), bounded answers,
/// JSON only.
#[derive(Clone, Debug)]
pub(crate) struct HttpClient {
    client: reqwest::Client,
    timeout: Duration,
}

impl HttpClient {
    /// What the calls promise is set last, so that no setting of the app undoes it.
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

    /// Gets JSON with a bearer token: in the `Authorization` header only, as RFC 6750 prefers and
    /// Bitbucket demands. Where no answer begins, it is asked once more in the time that is left: the connection could
    /// not be made, or was kept from an earlier call and has ended meanwhile.
    ///
    /// The answer of an error has no body.
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

    /// Sends a request whose answer is its status (as in RFC 7009, 2.2). A body is not read.
    pub(crate) async fn status(&self, request: HttpRequest) -> Result<StatusCode, HttpError> {
        let request = reqwest::Request::try_from(request).map_err(HttpError::Transport)?;
        self.client.execute(request).await.map(|answer| answer.status()).map_err(HttpError::Transport)
    }

    /// Sends a request of the `oauth2` crate, whose answer may be JSON or a form. It is never sent twice.
    pub(crate) async fn send(&self, request: HttpRequest) -> Result<HttpResponse, HttpError> {
        let request = reqwest::Request::try_from(request).map_err(HttpError::Transport)?;
        let answer = self.client.execute(request).await.map_err(HttpError::Transport)?;
        let status = answer.status();
        if !is_error(status) {
            return read(answer, &[JSON, FORM]).await;
        }
        // An error page is no error answer (RFC 6749, 5.2), but its status still counts. With 400 and 401 some send an
        // error answer as `text/plain`. A provider that is down or busy says nothing about a code or a token,
        // whatever its body says.
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

/// Reads an answer. An error may be of any type.
async fn read(mut answer: reqwest::Response, media_types: &[&str]) -> Result<HttpResponse, HttpError> {
    let status = answer.status();
    if status.is_redirection() {
        return Err(HttpError::Redirect(status.as_u16()));
    }
    if !is_error(status) && !is_one_of(&answer, media_types) {
        return Err(HttpError::ContentType(status.as_u16()));
    }
    // Where another crate enables reqwest's decoding, reqwest has removed the header, and the limit below is that of
    // the decoded body.
    if let Some(encoding) = answer.headers().get(CONTENT_ENCODING).filter(|value| !is_identity(value)) {
        let encoding = sanitize_for_log(&String::from_utf8_lossy(encoding.as_bytes()));
        return Err(HttpError::Encoded { status: status.as_u16(), encoding });
    }
    let mut body = Vec::new();
    while let Some(chunk) = answer.chunk().await.map_err(HttpError::Transport)? {
        if body.len() + chunk.len() > LARGEST_BODY {
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

/// The media type of an answer, without its parameters.
pub(super) fn media_type(headers: &HeaderMap) -> &str {
    let content_type = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    content_type.split(';').next().unwrap_or_default().trim()
}
