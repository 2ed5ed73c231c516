//! A client of the endpoints, for Rust programs and for code in the browser.

mod providers;

#[cfg(feature = "server")]
mod native;
#[cfg(feature = "server")]
use self::native as platform;

#[cfg(not(feature = "server"))]
mod browser;
#[cfg(not(feature = "server"))]
use self::browser as platform;

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::{AuthError, CsrfToken, Session, SessionUpdate, SignInOptions, SignInStarted, SignedOut};

/// A client of the endpoints of one server.
///
/// A Rust program's client keeps cookies itself; in the browser the browser does, and the base
/// URL may be a path (`/auth`).
///
/// ```no_run
/// # async fn example() -> Result<(), aura_auth::ClientError> {
/// use aura_auth::{AuthClient, SignInOptions};
///
/// let client = AuthClient::new("http://localhost:3000/auth")?;
/// let options = SignInOptions { redirect_to: Some("/dashboard".to_owned()), ..SignInOptions::default() };
/// let started = client.sign_in("bitbucket", &options).await?;
/// println!("open {}", started.sign_in_url);
///
/// let session = client.get_session().await?;
/// println!("{:?}", session.map(|session| session.user));
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct AuthClient {
    base_url: String,
    http: platform::Http,
}

/// Why a client has no answer.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ClientError {
    /// The base URL is not one.
    #[error("`{0}` is not a base URL: it is like http://localhost:3000/auth")]
    BaseUrl(String),
    /// The server can't be reached.
    #[error("{url} can't be reached")]
    Unreachable {
        /// The address.
        url: String,
        /// What failed.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// Something else than Aura Auth's handlers answers there.
    #[error(
        "{url} does not answer as Aura Auth does (status {status}): the base URL must be the address \
         under which the handlers are nested, its path included, like http://localhost:3000/auth"
    )]
    NotAuth {
        /// The address.
        url: String,
        /// The HTTP status.
        status: u16,
    },
    /// The server refused, for this reason.
    #[error("{message} ({code})")]
    Refused {
        /// The code; [`AuthError::from_code`](crate::AuthError::from_code) knows them.
        code: String,
        /// A sentence for a person.
        message: String,
        /// The HTTP status.
        status: u16,
    },
}

/// A request, the same on both platforms.
struct Request<'a> {
    method: Method,
    url: &'a str,
    query: Vec<(&'static str, &'a str)>,
    csrf_token: Option<&'a str>,
    /// JSON.
    body: Option<String>,
}

/// The methods that the endpoints take.
#[derive(Clone, Copy)]
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

#[derive(Deserialize)]
struct Failure {
    code: String,
    message: String,
}

impl AuthClient {
    /// A client of the handlers at `base_url`, whose path counts: with
    /// `http://localhost:3000/auth` the session is at `http://localhost:3000/auth/session`.
    ///
    /// # Errors
    ///
    /// [`ClientError::BaseUrl`] when it is not an http or https URL without query and fragment.
    pub fn new(base_url: &str) -> Result<Self, ClientError> {
        let wrong = || ClientError::BaseUrl(base_url.to_owned());
        let trimmed = base_url.trim_end_matches('/');
        if trimmed.contains(['?', '#']) || !platform::is_base_url(trimmed) {
            return Err(wrong());
        }
        Ok(Self { base_url: trimmed.to_owned(), http: platform::Http::new().map_err(|_| wrong())? })
    }

    /// Where to send the browser to sign in. In the browser it goes there, unless
    /// [`redirect`](SignInOptions::redirect) is off.
    ///
    /// # Errors
    ///
    /// [`ClientError`], for example `Refused` with `UNPROCESSABLE_ENTITY` for a provider that the
    /// server does not have.
    pub async fn sign_in(&self, provider: &str, options: &SignInOptions) -> Result<SignInStarted, ClientError> {
        let mut query = vec![("redirect", "false")];
        query.extend(options.redirect_to.as_deref().map(|target| ("redirectTo", target)));
        let started: SignInStarted = self.ask(Method::Get, &format!("/signIn/{provider}"), query, None, None).await?;
        if options.redirect {
            platform::go_to(&started.sign_in_url);
        }
        Ok(started)
    }

    /// Who is signed in, if anybody.
    ///
    /// # Errors
    ///
    /// [`ClientError`] when the server does not say.
    pub async fn get_session(&self) -> Result<Option<Session>, ClientError> {
        match self.ask(Method::Get, "/session", Vec::new(), None, None).await {
            Ok(SessionAnswer { session }) => Ok(Some(session)),
            Err(ClientError::Refused { status: 401, .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Changes what people may change of themselves; the session as it is then.
    ///
    /// # Errors
    ///
    /// [`ClientError`], for example `Refused` with `UPDATE_SESSION_INVALID`.
    pub async fn update_session(&self, update: &SessionUpdate) -> Result<Session, ClientError> {
        let token = self.csrf_token().await?;
        let body = serde_json::to_string(update).ok();
        let SessionAnswer { session } = self.ask(Method::Patch, "/session", Vec::new(), Some(&token), body).await?;
        Ok(session)
    }

    /// Signs out; then the answer says where to go, if `redirect_to` does.
    ///
    /// # Errors
    ///
    /// [`ClientError`], for example `Refused` with `SESSION_NOT_FOUND` when nobody is signed in.
    pub async fn sign_out(&self, redirect_to: Option<&str>) -> Result<SignedOut, ClientError> {
        let token = self.csrf_token().await?;
        let mut query = vec![("token_type_hint", "session_token"), ("redirect", "false")];
        query.extend(redirect_to.map(|target| ("redirectTo", target)));
        self.ask(Method::Post, "/signOut", query, Some(&token), None).await
    }

    /// A CSRF token for this client's session.
    ///
    /// # Errors
    ///
    /// [`ClientError`] when the server gives none.
    pub async fn csrf_token(&self) -> Result<String, ClientError> {
        let CsrfToken { csrf_token } = self.ask(Method::Get, "/csrfToken", Vec::new(), None, None).await?;
        Ok(csrf_token)
    }

    async fn ask<T: DeserializeOwned>(
        &self,
        method: Method,
        path: &str,
        query: Vec<(&'static str, &str)>,
        csrf_token: Option<&str>,
        body: Option<String>,
    ) -> Result<T, ClientError> {
        let url = format!("{}{path}", self.base_url);
        let request = Request { method, url: &url, query, csrf_token, body };
        let (status, body) = match self.http.send(request).await {
            Ok(answer) => answer,
            Err(source) => return Err(ClientError::Unreachable { url, source }),
        };
        let body: Value = serde_json::from_str(&body).unwrap_or_default();
        if status == 429 {
            // Its body is the wire contract's, in which `error` is text.
            let error = AuthError::RateLimited;
            return Err(ClientError::Refused {
                code: error.code().to_owned(),
                message: error.message().to_owned(),
                status,
            });
        }
        if let Some(Failure { code, message }) = body.get("error").and_then(|error| Failure::deserialize(error).ok()) {
            return Err(ClientError::Refused { code, message, status });
        }
        serde_json::from_value(body).map_err(|_| ClientError::NotAuth { url, status })
    }
}
