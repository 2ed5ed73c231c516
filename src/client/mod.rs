//! A client of the endpoints, for Rust programs and for code in the browser.

mod providers;
mod sessions;

#[cfg(not(target_family = "wasm"))]
mod native;
#[cfg(not(target_family = "wasm"))]
use self::native as platform;

#[cfg(target_family = "wasm")]
mod wasm;
#[cfg(target_family = "wasm")]
use self::wasm as platform;

use std::sync::{Arc, Mutex, PoisonError};

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::{AuthError, CsrfToken, RedirectOptions, Secret, Session, SessionUpdate, SignInStarted, SignOutOutcome};

/// A client of one server's endpoints.
///
/// In a Rust program, the client stores cookies itself. In the browser, the browser stores them, and the base URL may
/// be a path (`/auth`).
///
/// ```no_run
/// # async fn example() -> Result<(), aura_auth::ClientError> {
/// use aura_auth::{AuthClient, RedirectOptions};
///
/// let client = AuthClient::new("http://localhost:3000/auth")?;
/// let options = RedirectOptions::default().redirect_to("/dashboard");
/// let started = client.sign_in("bitbucket", &options).await?;
/// println!("open {}", started.sign_in_url);
///
/// let session = client.get_session().await?;
/// println!("{:?}", session.map(|session| session.user));
/// # Ok(())
/// # }
/// ```
#[doc(alias = "createAuthClient")]
#[derive(Clone)]
pub struct AuthClient {
    base_url: Arc<str>,
    http: platform::Http,
    /// The last CSRF token. It is valid as long as the session stays the same.
    kept_token: Arc<Mutex<Option<Secret>>>,
}

/// Why a request of the client failed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ClientError {
    /// The base URL is not valid.
    #[error("`{0}` is not a base URL like http://localhost:3000/auth")]
    BaseUrl(String),
    /// The server can't be reached.
    #[error("{url} can't be reached")]
    Unreachable {
        /// The URL of the request.
        url: String,
        /// The cause.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The response does not come from Aura Auth's handlers.
    #[error(
        "the response of {url} is not from Aura Auth (status {status}): the base URL must be the URL at \
         which the handlers are nested, its path included, like http://localhost:3000/auth"
    )]
    NotAuth {
        /// The URL of the request.
        url: String,
        /// The HTTP status.
        status: u16,
    },
    /// The server rejected the request, for this reason.
    #[error("{message} ({code})")]
    Refused {
        /// The code, which [`AuthError::from_code`](crate::AuthError::from_code) accepts.
        code: String,
        /// A sentence for a person.
        message: String,
        /// The HTTP status.
        status: u16,
    },
}

/// Checks whether an error's code says that the CSRF token is missing or belongs to another session.
fn is_csrf(code: &str) -> bool {
    code.starts_with("CSRF_") || code == "INVALID_CSRF_TOKEN"
}

/// Checks whether a status says that a gateway can't reach the server behind it (RFC 9110, 15.6.3 to 15.6.5).
pub(crate) fn is_gateway(status: u16) -> bool {
    (502..=504).contains(&status)
}

/// A request, the same on both platforms.
struct Request<'a> {
    method: Method,
    url: &'a str,
    query: &'a [(&'static str, &'a str)],
    csrf_token: Option<&'a str>,
    /// The request body, as JSON.
    body: Option<&'a str>,
}

/// The HTTP methods of the endpoints.
#[derive(Clone, Copy, Debug)]
enum Method {
    Get,
    Post,
    Patch,
    Delete,
}

#[derive(Deserialize)]
struct SessionAnswer {
    session: Session,
}

impl AuthClient {
    /// Creates a client of the handlers at `base_url`. The URL includes the path: with `http://localhost:3000/auth` the
    /// session's endpoint is `http://localhost:3000/auth/session`.
    ///
    /// # Errors
    ///
    /// [`ClientError::BaseUrl`] if `base_url` is not an http or https URL, or has a query or a fragment.
    pub fn new(base_url: &str) -> Result<Self, ClientError> {
        let wrong = || ClientError::BaseUrl(base_url.to_owned());
        let trimmed = base_url.trim_end_matches('/');
        if trimmed.contains(['?', '#']) || !platform::is_base_url(trimmed) {
            return Err(wrong());
        }
        Ok(Self {
            base_url: trimmed.into(),
            http: platform::Http::new().map_err(|_| wrong())?,
            kept_token: Arc::default(),
        })
    }

    fn keep_token(&self, token: Option<Secret>) {
        *self.kept_token.lock().unwrap_or_else(PoisonError::into_inner) = token;
    }

    /// Returns the URL that the browser must open to sign in. In the browser, the client opens this URL itself, unless
    /// [`redirect`](RedirectOptions::redirect) is off.
    ///
    /// # Errors
    ///
    /// [`ClientError`], for example `Refused` with `UNPROCESSABLE_ENTITY` if the provider is not configured on the
    /// server.
    #[doc(alias = "signIn")]
    pub async fn sign_in(&self, provider: &str, options: &RedirectOptions) -> Result<SignInStarted, ClientError> {
        let mut query = vec![("redirect", "false")];
        query.extend(options.redirect_to.as_deref().map(|target| ("redirectTo", target)));
        let started: SignInStarted = self.ask(Method::Get, &format!("/signIn/{provider}"), &query).await?;
        if options.redirect {
            platform::go_to(&started.sign_in_url);
        }
        Ok(started)
    }

    /// Starts to link an account at another provider to this client's session. In the browser, the client opens the
    /// provider's page, unless [`redirect`](RedirectOptions::redirect) is off. In a Rust program, this client stores
    /// the flow's cookie, so no other browser can complete the flow.
    ///
    /// # Errors
    ///
    /// [`ClientError`], for example `Refused` with `SESSION_NOT_FOUND` if nobody is signed in.
    pub async fn link_account(&self, provider: &str, options: &RedirectOptions) -> Result<SignInStarted, ClientError> {
        let mut query = vec![("intent", "link"), ("redirect", "false")];
        query.extend(options.redirect_to.as_deref().map(|target| ("redirectTo", target)));
        let started: SignInStarted =
            self.ask_with_token(Method::Post, &format!("/signIn/{provider}"), &query, None).await?;
        if options.redirect {
            platform::go_to(&started.sign_in_url);
        }
        Ok(started)
    }

    /// Returns the session, or `None` if nobody is signed in.
    ///
    /// # Errors
    ///
    /// [`ClientError`] if the server's response does not say it.
    #[doc(alias = "getSession")]
    pub async fn get_session(&self) -> Result<Option<Session>, ClientError> {
        match self.ask(Method::Get, "/session", &[]).await {
            Ok(SessionAnswer { session }) => Ok(Some(session)),
            Err(ClientError::Refused { status: 401, .. } | ClientError::NotAuth { status: 401, .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Changes the fields that people may edit. Returns the changed session.
    ///
    /// # Errors
    ///
    /// [`ClientError`], for example `Refused` with `UPDATE_SESSION_INVALID`.
    #[doc(alias = "updateSession")]
    pub async fn update_session(&self, update: &SessionUpdate) -> Result<Session, ClientError> {
        let body = serde_json::to_string(update).ok();
        // Without this parameter, a TypeScript server redirects to the page that sent the request.
        let query = [("redirect", "false")];
        let SessionAnswer { session } = self.ask_with_token(Method::Patch, "/session", &query, body).await?;
        Ok(session)
    }

    /// Signs out. The result says where to go next, if `redirect_to` is set.
    ///
    /// # Errors
    ///
    /// [`ClientError`], for example `Refused` with `SESSION_NOT_FOUND` if nobody is signed in.
    #[doc(alias = "signOut")]
    pub async fn sign_out(&self, redirect_to: Option<&str>) -> Result<SignOutOutcome, ClientError> {
        // A TypeScript server rejects a sign-out without the hint.
        let mut query = vec![("token_type_hint", "session_token"), ("redirect", "false")];
        query.extend(redirect_to.map(|target| ("redirectTo", target)));
        self.ask_with_token(Method::Post, "/signOut", &query, None).await
    }

    /// Returns a CSRF token for this client's session. The other methods fetch and keep a token themselves.
    ///
    /// # Errors
    ///
    /// [`ClientError`] if the server returns no token.
    pub async fn csrf_token(&self) -> Result<Secret, ClientError> {
        let CsrfToken { csrf_token } = self.ask(Method::Get, "/csrfToken", &[]).await?;
        self.keep_token(Some(csrf_token.clone()));
        Ok(csrf_token)
    }

    async fn ask<T: DeserializeOwned>(
        &self,
        method: Method,
        path: &str,
        query: &[(&'static str, &str)],
    ) -> Result<T, ClientError> {
        let (body, status) = self.exchange(method, path, query, None, None).await?;
        self.read(path, body, status)
    }

    async fn ask_with_token<T: DeserializeOwned>(
        &self,
        method: Method,
        path: &str,
        query: &[(&'static str, &str)],
        body: Option<String>,
    ) -> Result<T, ClientError> {
        let (body, status) = self.exchange_with_token(method, path, query, body.as_deref()).await?;
        self.read(path, body, status)
    }

    fn read<T: DeserializeOwned>(&self, path: &str, body: Value, status: u16) -> Result<T, ClientError> {
        serde_json::from_value(body).map_err(|_| self.not_auth(path, status))
    }

    fn not_auth(&self, path: &str, status: u16) -> ClientError {
        ClientError::NotAuth { url: self.url(path), status }
    }

    fn url(&self, path: &str) -> String {
        format!("{}{path}", self.base_url)
    }

    /// Sends a request with the kept CSRF token. If the server rejects the token because the session has changed,
    /// retries once with a new token. Returns the JSON and the status of the response.
    async fn exchange_with_token(
        &self,
        method: Method,
        path: &str,
        query: &[(&'static str, &str)],
        body: Option<&str>,
    ) -> Result<(Value, u16), ClientError> {
        let mut kept = self.kept_token();
        loop {
            let is_new = kept.is_none();
            if is_new {
                let (answer, status) = self.exchange(Method::Get, "/csrfToken", &[], None, None).await?;
                let token = answer["csrfToken"].as_str().ok_or_else(|| self.not_auth("/csrfToken", status))?;
                kept = Some(token.into());
                self.keep_token(kept.clone());
            }
            let token = kept.take();
            let answer = self.exchange(method, path, query, token.as_ref().map(Secret::expose), body).await;
            let Err(ClientError::Refused { status: 403, code, .. }) = &answer else { return answer };
            if !is_csrf(code) {
                return answer;
            }
            self.keep_token(None);
            if is_new {
                return answer;
            }
        }
    }

    async fn exchange(
        &self,
        method: Method,
        path: &str,
        query: &[(&'static str, &str)],
        csrf_token: Option<&str>,
        body: Option<&str>,
    ) -> Result<(Value, u16), ClientError> {
        let url = self.url(path);
        let request = Request { method, url: &url, query, csrf_token, body };
        let (status, text) = match self.http.send(request).await {
            Ok(answer) => answer,
            Err(source) => return Err(ClientError::Unreachable { url, source }),
        };
        let refused = |code: &str, message: &str| {
            Err(ClientError::Refused { code: code.to_owned(), message: message.to_owned(), status })
        };
        if status == 429 {
            // In the wire contract, `error` in this response is text and not an object.
            let error = AuthError::RateLimited;
            return refused(error.code(), error.message());
        }
        // A response that is not a JSON object does not come from our handlers.
        let Ok(body @ Value::Object(_)) = serde_json::from_str(&text) else { return Err(self.not_auth(path, status)) };
        // A gateway's error has another JSON structure, or no error at all.
        let named = |name: &str| body["error"][name].as_str().or(body[name].as_str());
        let code = named("code");
        if code.is_none() && status < 400 && body["success"] != false {
            return Ok((body, status));
        }
        let unnamed = if is_gateway(status) { AuthError::ServerUnreachable } else { AuthError::ServerError };
        refused(code.unwrap_or(unnamed.code()), named("message").unwrap_or(unnamed.message()))
    }

    fn kept_token(&self) -> Option<Secret> {
        self.kept_token.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl std::fmt::Debug for AuthClient {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("AuthClient").field("base_url", &self.base_url).finish_non_exhaustive()
    }
}

impl From<ClientError> for AuthError {
    /// Returns the error that the server named. Without one, returns
    /// [`ServerUnreachable`](AuthError::ServerUnreachable) or [`ServerError`](AuthError::ServerError).
    fn from(error: ClientError) -> Self {
        match error {
            ClientError::Refused { code, .. } => Self::from_code(&code).unwrap_or(Self::ServerError),
            ClientError::Unreachable { .. } => Self::ServerUnreachable,
            ClientError::NotAuth { status, .. } if is_gateway(status) => Self::ServerUnreachable,
            ClientError::BaseUrl(_) | ClientError::NotAuth { .. } => Self::ServerError,
        }
    }
}
