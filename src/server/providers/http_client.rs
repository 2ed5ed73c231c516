use std::time::Duration;

use http::StatusCode;
use http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderMap};
use oauth2::{HttpRequest, HttpResponse};
use reqwest::redirect::Policy;
use url::Url;

pub(super) const JSON: &str = "application/json";
pub(super) const FORM: &str = "application/x-www-form-urlencoded";

/// The largest answer that is read, in bytes.
const LARGEST_BODY: usize = 1024 * 1024;

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
            client: reqwest::Client::builder().user_agent(concat!("aura-auth-rust/", env!("CARGO_PKG_VERSION"))),
            connect_timeout: Duration::from_secs(5),
            timeout: Duration::from_secs(10),
        }
    }
}

/// Every call to a provider goes through here: time limits, no redirects (they would carry
/// credentials elsewhere), no cookies, bounded answers, JSON only.
#[derive(Clone, Debug)]
pub(crate) struct HttpClient(reqwest::Client);

impl HttpClient {
    /// What the calls promise is set last, so that no setting of the app undoes it.
    pub(crate) fn new(settings: HttpClientSettings) -> Result<Self, reqwest::Error> {
        settings
            .client
            .connect_timeout(settings.connect_timeout)
            .timeout(settings.timeout)
            .redirect(Policy::none())
            .cookie_store(false)
            .build()
            .map(Self)
    }

    /// Gets JSON with a bearer token: in the `Authorization` header only, as RFC 6750 prefers and
    /// Bitbucket demands. A connection that can't be made is tried once more.
    pub(crate) async fn get(&self, url: &Url, access_token: &str) -> Result<HttpResponse, HttpError> {
        let request = || {
            self.0.get(url.clone()).header(ACCEPT, JSON).header(AUTHORIZATION, format!("Bearer {access_token}")).send()
        };
        let answer = match request().await {
            Err(error) if error.is_connect() && !error.is_timeout() => request().await,
            answer => answer,
        };
        read(answer.map_err(HttpError::Transport)?, &[JSON]).await
    }

    /// Sends a request whose answer is its status (as in RFC 7009, 2.2). A body is not read.
    pub(crate) async fn status(&self, request: HttpRequest) -> Result<StatusCode, HttpError> {
        let request = reqwest::Request::try_from(request).map_err(HttpError::Transport)?;
        self.0.execute(request).await.map(|answer| answer.status()).map_err(HttpError::Transport)
    }

    /// Sends a request of the `oauth2` crate, whose answer may be JSON or a form.
    pub(crate) async fn send(&self, request: HttpRequest) -> Result<HttpResponse, HttpError> {
        let request = reqwest::Request::try_from(request).map_err(HttpError::Transport)?;
        let answer = self.0.execute(request).await.map_err(HttpError::Transport)?;
        let (status, has_reason) = (answer.status(), is_one_of(&answer, &[JSON, FORM]));
        if status.is_client_error() || status.is_server_error() {
            // An error page is no error answer (RFC 6749, 5.2), but its status still counts. A provider
            // that is down or busy says nothing about a code or a token, whatever its body says.
            let says_nothing = status.is_server_error() || status == StatusCode::TOO_MANY_REQUESTS;
            let has_reason = has_reason && !says_nothing;
            return if has_reason {
                read(answer, &[JSON, FORM]).await
            } else {
                Err(HttpError::Refused(status.as_u16()))
            };
        }
        read(answer, &[JSON, FORM]).await
    }
}

async fn read(mut answer: reqwest::Response, media_types: &[&str]) -> Result<HttpResponse, HttpError> {
    let status = answer.status();
    if status.is_redirection() {
        return Err(HttpError::Redirect(status.as_u16()));
    }
    // An error page in HTML is still an error, and its status says more than its type.
    if status.is_success() && !is_one_of(&answer, media_types) {
        return Err(HttpError::ContentType(status.as_u16()));
    }
    let mut body = Vec::new();
    while let Some(chunk) = answer.chunk().await.map_err(HttpError::Transport)? {
        if body.len() + chunk.len() > LARGEST_BODY {
            return Err(HttpError::TooLarge);
        }
        body.extend_from_slice(&chunk);
    }
    let mut response = HttpResponse::new(body);
    *response.status_mut() = status;
    *response.headers_mut() = std::mem::take(answer.headers_mut());
    Ok(response)
}

fn is_one_of(answer: &reqwest::Response, media_types: &[&str]) -> bool {
    media_types.iter().any(|wanted| media_type(answer.headers()).eq_ignore_ascii_case(wanted))
}

/// The media type of an answer, without its parameters.
pub(super) fn media_type(headers: &HeaderMap) -> &str {
    let content_type = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    content_type.split(';').next().unwrap_or_default().trim()
}
