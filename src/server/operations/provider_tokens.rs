use std::sync::Arc;

use http::header::HeaderMap;
use serde::Serialize;
use serde_json::{Value, json};
use zeroize::Zeroizing;

use crate::server::cookies::Kind;
use crate::server::events::AuthEvent;
use crate::server::limits::LimitedAction;
use crate::server::oauth::{Fresh, TokenError, fresh_tokens};
use crate::server::operations::failure::{Failure as _, failed};
use crate::server::operations::session_cookies::{seal_failed, set_changed_session};
use crate::server::operations::{Api, CsrfProof, Endpoint, Reply};
use crate::server::providers::Provider;
use crate::server::request::{Incoming, RequestHead};
use crate::server::session::StoredSession;
use crate::{AuthError, TokenSet};

/// An access token. It is never printed, and its memory is wiped when it goes.
#[derive(Clone)]
pub struct AccessToken(Zeroizing<String>);

impl AccessToken {
    /// The token itself, for the `Authorization` header of a call to the provider.
    #[must_use]
    pub fn secret(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for AccessToken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("AccessToken([redacted])")
    }
}

/// Whether a session has a provider's tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ProviderConnection {
    /// Whether it has.
    pub connected: bool,
}

impl Endpoint for ProviderConnection {
    fn success(&self) -> impl Serialize {
        json!({ "success": true, "connected": self.connected })
    }

    fn failure() -> Value {
        json!({ "connected": false })
    }
}

impl Endpoint for TokenSet {
    fn success(&self) -> impl Serialize {
        json!({ "success": true, "tokens": self })
    }

    fn failure() -> Value {
        json!({ "tokens": null })
    }
}

impl Api {
    /// Whether the session has tokens of this provider.
    ///
    /// Fails with a session error where nobody is signed in, and with
    /// [`InvalidParameters`](AuthError::InvalidParameters) for a provider that is not configured.
    pub async fn is_provider_connected(
        &self,
        request: &(impl RequestHead + Sync),
        provider: &str,
    ) -> Reply<ProviderConnection> {
        let incoming = Incoming::of(&self.0, request);
        let connected = self.connection(&incoming, provider).await.map(|(stored, provider)| ProviderConnection {
            connected: self.brought_tokens(&incoming, stored, provider).is_ok(),
        });
        Reply::of(connected, HeaderMap::new())
    }

    /// A provider's tokens, for the app's own page: refreshed if they were about to end, and
    /// without the refresh token, unless the app
    /// [reveals it](crate::AuthBuilder::reveal_refresh_tokens).
    ///
    /// Fails with [`ProviderNotConnected`](AuthError::ProviderNotConnected) where there are none;
    /// with [`RefreshTokenDead`](AuthError::RefreshTokenDead), and the provider disconnected, when
    /// it has ended the connection; with [`AccessTokenExpired`](AuthError::AccessTokenExpired)
    /// or the provider's error when there is no valid access token and no way to one; and with a
    /// session or CSRF error.
    pub async fn get_provider_tokens(
        &self,
        request: &(impl RequestHead + Sync),
        provider: &str,
        csrf: &CsrfProof,
    ) -> Reply<TokenSet> {
        let incoming = Incoming::of(&self.0, request);
        let connection = match self.admit(&incoming, request, provider, csrf, LimitedAction::GetProviderTokens).await {
            Ok(connection) => connection,
            Err(refused) => return *refused,
        };
        let reply = self.fresh(&incoming, Ok(connection)).await;
        Reply::of(
            reply.result.map(|tokens| TokenSet {
                refresh_token: tokens.refresh_token.clone().filter(|_| self.0.reveals_refresh_tokens),
                ..tokens
            }),
            reply.headers,
        )
    }

    /// The access token, for code on the server that calls the provider: refreshed if it was about
    /// to end. The reply's cookies must reach the browser, or a rotated refresh token is lost.
    ///
    /// The token's cookie is sent to `{base_path}/providers` and nowhere else, so that is where
    /// the app's routes and server functions that need it must be:
    ///
    /// ```
    /// use aura_auth::Auth;
    /// use axum::extract::{Request, State};
    /// use axum::response::{IntoResponse, Response};
    /// use axum::{Router, routing::get};
    ///
    /// async fn repositories(State(auth): State<Auth>, request: Request) -> Response {
    ///     let (parts, _) = request.into_parts();
    ///     let reply = auth.api().access_token(&parts, "bitbucket").await;
    ///     let cookies = reply.headers().clone();
    ///     let token = match reply.into_result() {
    ///         Ok(token) => token,
    ///         Err(error) => return (cookies, error.to_string()).into_response(),
    ///     };
    ///     let answer = reqwest::Client::new()
    ///         .get("https://api.bitbucket.org/2.0/repositories?role=member")
    ///         .bearer_auth(token.secret())
    ///         .send()
    ///         .await;
    ///     (cookies, format!("{:?}", answer.map(|answer| answer.status()))).into_response()
    /// }
    ///
    /// # fn app(auth: Auth) -> Router {
    /// Router::new()
    ///     .route("/auth/providers/bitbucket/repositories", get(repositories))
    ///     .nest("/auth", auth.handlers())
    ///     .layer(auth.layer())
    ///     .with_state(auth)
    /// # }
    /// ```
    ///
    /// Fails as [`get_provider_tokens`](Self::get_provider_tokens) does, but for CSRF.
    pub async fn access_token(&self, request: &(impl RequestHead + Sync), provider: &str) -> Reply<AccessToken> {
        let incoming = Incoming::of(&self.0, request);
        let connection = self.connection(&incoming, provider).await;
        let reply = self.fresh(&incoming, connection).await;
        Reply::of(reply.result.map(|tokens| AccessToken(Zeroizing::new(tokens.access_token))), reply.headers)
    }

    /// The session, and the provider of that name, for a request that shows that it is the app's own
    /// and does not come too often.
    pub(super) async fn admit<'a, T>(
        &'a self,
        incoming: &'a Incoming,
        request: &(impl RequestHead + Sync),
        provider: &str,
        csrf: &CsrfProof,
        action: LimitedAction,
    ) -> Result<(&'a StoredSession, &'a Arc<Provider>), Box<Reply<T>>> {
        let refused = |error| Box::new(Reply::of(Err(error), HeaderMap::new()));
        let (stored, provider) = self.connection(incoming, provider).await.map_err(refused)?;
        self.check_csrf(incoming, request, Some(&stored.binding), csrf).await.map_err(refused)?;
        match self.limit(incoming, action, Some(&stored.binding)).await {
            Ok(()) => Ok((stored, provider)),
            Err(limited) => Err(Box::new(limited.reply())),
        }
    }

    /// The session, and the provider of that name.
    pub(super) async fn connection<'a>(
        &'a self,
        incoming: &'a Incoming,
        provider: &str,
    ) -> Result<(&'a StoredSession, &'a Arc<Provider>), AuthError> {
        let provider = self.0.provider(provider).ok_or(AuthError::InvalidParameters)?;
        Ok((incoming.session().await?, provider))
    }

    /// The tokens in the request's cookies, if they are this session's.
    pub(super) fn brought_tokens(
        &self,
        incoming: &Incoming,
        stored: &StoredSession,
        provider: &Provider,
    ) -> Result<TokenSet, AuthError> {
        if !stored.provider_tokens.contains_key(&provider.id) {
            return Err(AuthError::ProviderNotConnected);
        }
        let name = self.0.cookies.name(Kind::ProviderTokens(&provider.id), incoming.is_secure());
        let cookies = incoming.jar().all(&name).ok_or(AuthError::ProviderNotConnected)?;
        if cookies.is_empty() {
            if incoming.gets_provider_cookies() {
                return Err(AuthError::ProviderNotConnected);
            }
            tracing::warn!(
                provider = provider.id,
                path = format!("{}/providers", self.0.base_path),
                "the request has no cookie of the provider's tokens: browsers send it only to addresses under `path`"
            );
            return Err(AuthError::ProviderTokensNotSent);
        }
        // Another host of the site can set a cookie of this name too, with tokens of another session.
        let mut opened = cookies.iter().map(|cookie| TokenSet::open(&self.0.jose, &stored.binding, cookie));
        opened.find_map(Result::ok).ok_or_else(|| {
            tracing::info!(provider = provider.id, cookies = cookies.len(), "no cookie has this session's tokens");
            AuthError::ProviderNotConnected
        })
    }

    /// Tokens that are good for a request, and the cookies that go with them.
    pub(super) async fn fresh(
        &self,
        incoming: &Incoming,
        connection: Result<(&StoredSession, &Arc<Provider>), AuthError>,
    ) -> Reply<TokenSet> {
        let mut headers = HeaderMap::new();
        let brought = connection.and_then(|(stored, provider)| {
            let tokens = self.brought_tokens(incoming, stored, provider)?;
            Ok((stored, provider, tokens))
        });
        let (stored, provider, tokens) = match brought {
            Ok(brought) => brought,
            Err(error) => return Reply::of(Err(error), headers),
        };
        let (auth, id) = (Arc::clone(&self.0), provider.id.clone());
        let told = move |outcome: Result<(), &TokenError>| {
            auth.events.emit(&match outcome.map_err(|error| failed(&id, error)) {
                Ok(()) => AuthEvent::TokensRefreshed { provider: id },
                Err(error) => AuthEvent::RefreshFailed { provider: id, error },
            });
        };
        let http = self.0.providers.client(provider);
        let result = match fresh_tokens(&self.0.refreshes, http, &stored.binding, tokens, told)
            .await
            .map_err(|error| error.public())
        {
            Ok(Fresh { tokens, changed }) => {
                let saved =
                    if changed { self.save_tokens(incoming, &mut headers, stored, provider, &tokens) } else { Ok(()) };
                saved.map(|()| (*tokens).clone())
            }
            Err(AuthError::RefreshTokenDead) => {
                let disconnected = self.disconnect(incoming, &mut headers, stored, provider);
                disconnected.and(Err(AuthError::RefreshTokenDead))
            }
            Err(error) => Err(error),
        };
        self.with_retry_after(provider, Reply::of(result, headers))
    }

    /// Sets the cookies of a provider's tokens, unless the session has ended or the provider was
    /// disconnected meanwhile.
    fn save_tokens(
        &self,
        incoming: &Incoming,
        headers: &mut HeaderMap,
        stored: &StoredSession,
        provider: &Provider,
        tokens: &TokenSet,
    ) -> Result<(), AuthError> {
        let auth = &self.0;
        let now = auth.jose.now();
        let stored = &*auth.changes.newest(stored, now);
        if auth.changes.has_ended(&stored.binding, now) || !stored.provider_tokens.contains_key(&provider.id) {
            return Ok(());
        }
        let parts = self.set_tokens(incoming, headers, stored, provider, tokens)?;
        if stored.provider_tokens.get(&provider.id) == Some(&parts) {
            return Ok(());
        }
        let changed = stored.changed(|session| {
            session.provider_tokens.insert(provider.id.clone(), parts);
        });
        set_changed_session(incoming, headers, &changed)
    }

    /// Sets the cookies of a provider's tokens; in how many parts.
    pub(super) fn set_tokens(
        &self,
        incoming: &Incoming,
        headers: &mut HeaderMap,
        stored: &StoredSession,
        provider: &Provider,
        tokens: &TokenSet,
    ) -> Result<usize, AuthError> {
        let auth = &self.0;
        let sealed = tokens.seal(&auth.jose, &stored.binding).map_err(seal_failed)?;
        let stale_parts = stored.provider_tokens.get(&provider.id).copied().unwrap_or(0);
        let seconds = auth.session.longest_life(auth.jose.now(), stored.expires_at(), stored.ends_at);
        let kind = Kind::ProviderTokens(&provider.id);
        auth.cookies.set(headers, kind, &sealed, incoming.is_secure(), seconds, stale_parts)
    }
}
