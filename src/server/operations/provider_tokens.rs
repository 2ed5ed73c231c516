use std::sync::Arc;

use serde::Serialize;
use serde_json::{Value, json};

use crate::server::cookies::{CookieError, CookieKind, SetCookies};
use crate::server::events::AuthEvent;
use crate::server::limits::LimitedAction;
use crate::server::oauth::{CurrentTokens, StoredTokensOf, TokenError, ValidTokens, valid_tokens};
use crate::server::operations::failure::{Failure, RoomError as _, log_provider_error};
use crate::server::operations::session_cookies::change_session;
use crate::server::operations::{Api, CsrfProof, Reply, ReplyBody};
use crate::server::providers::{Provider, TokenStorage};
use crate::server::request::{RequestContext, RequestHead};
use crate::server::session::{SessionError, SessionIdHash, SessionRecord};
use crate::server::store::SessionId;
use crate::{AuthError, Secret, TokenSet};

/// Whether a session has a provider's tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ProviderConnection {
    /// Whether the session has them.
    pub connected: bool,
}

impl ReplyBody for ProviderConnection {
    fn success(&self) -> impl Serialize {
        json!({ "success": true, "connected": self.connected })
    }

    fn failure() -> Value {
        json!({ "connected": false })
    }
}

impl ReplyBody for TokenSet {
    fn success(&self) -> impl Serialize {
        json!({ "success": true, "tokens": self })
    }

    fn failure() -> Value {
        json!({ "tokens": null })
    }
}

impl Api {
    /// Checks whether the session has tokens of this provider.
    ///
    /// Fails with a session error if nobody is signed in, and with [`InvalidParameters`](AuthError::InvalidParameters)
    /// if the provider is not configured.
    #[doc(alias = "isProviderConnected")]
    pub async fn is_provider_connected(
        &self,
        request: &(impl RequestHead + Sync),
        provider: &str,
    ) -> Reply<ProviderConnection> {
        let context = RequestContext::of(&self.0, request);
        let connected = self.connection(&context, provider).await.map(|(record, provider)| ProviderConnection {
            connected: match self.0.provider_tokens {
                // The session was read together with the names of its providers.
                TokenStorage::Store => record.provider_tokens.contains_key(&provider.id),
                TokenStorage::Cookie | TokenStorage::Discard => {
                    self.tokens_from_cookie(&context, record, provider).is_ok()
                }
            },
        });
        Reply::of(&context, connected)
    }

    /// Returns a provider's tokens, for the app's own page. If the access token expires soon, it is refreshed first.
    /// The refresh token is left out, unless the app [reveals it](crate::AuthBuilder::reveal_refresh_tokens).
    ///
    /// Fails with [`ProviderNotConnected`](AuthError::ProviderNotConnected) if the session has no tokens of this
    /// provider. If the provider has ended the connection, this fails with
    /// [`RefreshTokenDead`](AuthError::RefreshTokenDead), and the session loses the tokens. If there is no valid access
    /// token and no refresh is possible, it fails with [`AccessTokenExpired`](AuthError::AccessTokenExpired) or the
    /// provider's error. If the request's path is not under `{base_path}/providers`, it fails with
    /// [`ProviderTokensNotSent`](AuthError::ProviderTokensNotSent). It also fails with a session or CSRF error.
    #[doc(alias = "getProviderTokens")]
    pub async fn get_provider_tokens(
        &self,
        request: &(impl RequestHead + Sync),
        provider: &str,
        csrf: &CsrfProof,
    ) -> Reply<TokenSet> {
        let context = RequestContext::of(&self.0, request);
        let tokens = self.checked_tokens(&context, request, provider, csrf).await;
        self.with_retry_after(provider, Reply::of(&context, tokens))
    }

    async fn checked_tokens(
        &self,
        context: &RequestContext,
        request: &(impl RequestHead + Sync),
        provider: &str,
        csrf: &CsrfProof,
    ) -> Result<TokenSet, Failure> {
        let (record, provider) =
            self.authorize_request(context, request, provider, csrf, LimitedAction::GetProviderTokens).await?;
        let mut tokens = self.fresh(context, record, provider).await?;
        tokens.refresh_token = tokens.refresh_token.filter(|_| self.0.reveals_refresh_tokens);
        Ok(tokens)
    }

    /// Returns the access token, for code on the server that calls the provider. If the token expires soon, it is
    /// refreshed first. The reply's cookies must reach the browser, or a rotated refresh token is lost.
    ///
    /// If tokens are in a [store](crate::AuthBuilder::store), all requests of the session have them. If they are in
    /// cookies, browsers send these only to `{base_path}/providers`, so the app's routes and server functions that need
    /// the token must be below this path:
    ///
    /// ```
    /// use aura_auth::Auth;
    /// use axum::extract::{Request, State};
    /// use axum::response::{IntoResponse, Response};
    /// use axum::{Router, routing::get};
    ///
    /// async fn workspaces(State(auth): State<Auth>, request: Request) -> Response {
    ///     let (parts, _) = request.into_parts();
    ///     let reply = auth.api().access_token(&parts, "bitbucket").await;
    ///     let cookies = reply.headers().clone();
    ///     let token = match reply.into_result() {
    ///         Ok(token) => token,
    ///         Err(error) => return (cookies, error.to_string()).into_response(),
    ///     };
    ///     let answer = reqwest::Client::new()
    ///         .get("https://api.bitbucket.org/2.0/user/workspaces")
    ///         .bearer_auth(token.expose())
    ///         .send()
    ///         .await;
    ///     (cookies, format!("{:?}", answer.map(|answer| answer.status()))).into_response()
    /// }
    ///
    /// # fn app(auth: Auth) -> Router {
    /// Router::new()
    ///     .route("/auth/providers/bitbucket/workspaces", get(workspaces))
    ///     .nest("/auth", auth.handlers())
    ///     .layer(auth.layer())
    ///     .with_state(auth)
    /// # }
    /// ```
    ///
    /// Fails like [`get_provider_tokens`](Self::get_provider_tokens), but without a CSRF error.
    pub async fn access_token(&self, request: &(impl RequestHead + Sync), provider: &str) -> Reply<Secret> {
        let context = RequestContext::of(&self.0, request);
        let token = match self.connection(&context, provider).await {
            Ok((record, provider)) => self.fresh(&context, record, provider).await,
            Err(failure) => Err(failure),
        };
        let token = token.map(|tokens| tokens.access_token);
        self.with_retry_after(provider, Reply::of(&context, token))
    }

    /// Returns the access token of a session in the [store](crate::AuthBuilder::store), for jobs that have no request. If
    /// the token expires soon, it is refreshed first, once for all processes.
    ///
    /// A session that has ended has no tokens. If it has only expired, its tokens are deleted a day later.
    ///
    /// # Errors
    ///
    /// [`InvalidParameters`](AuthError::InvalidParameters) if the provider is not configured,
    /// [`ProviderNotConnected`](AuthError::ProviderNotConnected) if the store has no tokens of this session and provider,
    /// or if tokens are not in a store, [`StoreUnavailable`](AuthError::StoreUnavailable) if the store can't be reached,
    /// and the errors of a refresh, as in [`get_provider_tokens`](Self::get_provider_tokens).
    ///
    /// ```
    /// # use aura_auth::{Auth, AuthError, store::SessionId};
    /// async fn nightly(auth: &Auth, session: SessionId) -> Result<(), AuthError> {
    ///     let token = auth.api().access_token_of(session, "bitbucket").await?;
    ///     // Call the provider's API with `token.expose()`.
    /// #   let _ = token;
    ///     Ok(())
    /// }
    /// ```
    pub async fn access_token_of(&self, session: SessionId, provider: &str) -> Result<Secret, AuthError> {
        let configured = self.0.provider(provider).ok_or(AuthError::InvalidParameters)?;
        let place = self.stored_tokens(Some(session), provider).ok_or(AuthError::ProviderNotConnected)?;
        let logged = |error: TokenError| log_provider_error(provider, &error);
        let known = place.read().await.map_err(logged)?.ok_or(AuthError::ProviderNotConnected)?;
        let id_hash = SessionIdHash::of(&session.to_string());
        let current = CurrentTokens::Stored(place.clone(), known);
        match self.valid_tokens(&id_hash, configured, current).await {
            Ok(ValidTokens { tokens, .. }) => Ok(tokens.access_token.clone()),
            Err(AuthError::RefreshTokenDead) => {
                self.0.refreshes.forget(&id_hash, provider);
                place.delete().await.map_err(logged)?;
                Err(AuthError::RefreshTokenDead)
            }
            Err(error) => Err(error),
        }
    }

    /// Returns a provider's tokens of this session.
    pub(super) async fn current_tokens(
        &self,
        context: &RequestContext,
        record: &SessionRecord,
        provider: &Provider,
    ) -> Result<CurrentTokens, Failure> {
        let place = self.stored_tokens(record.stored_id(), &provider.id);
        let Some(place) = place else {
            return Ok(CurrentTokens::Cookie(self.tokens_from_cookie(context, record, provider)?));
        };
        let stored = place.read().await.map_err(|error| Failure::of(&provider.id, error))?;
        Ok(CurrentTokens::Stored(place, stored.ok_or(AuthError::ProviderNotConnected)?))
    }

    /// Returns the place of a session's tokens in the store, if tokens are there.
    pub(super) fn stored_tokens(&self, session: Option<SessionId>, provider: &str) -> Option<StoredTokensOf> {
        let auth = &self.0;
        let store = auth.store.as_ref().filter(|_| auth.provider_tokens == TokenStorage::Store)?;
        Some(StoredTokensOf::new(store, &auth.jose, session?, provider))
    }

    /// Returns the tokens in the request's cookies, if they belong to this session.
    fn tokens_from_cookie(
        &self,
        context: &RequestContext,
        record: &SessionRecord,
        provider: &Provider,
    ) -> Result<TokenSet, AuthError> {
        if !record.provider_tokens.contains_key(&provider.id) {
            return Err(AuthError::ProviderNotConnected);
        }
        let name = self.0.cookies.name(CookieKind::ProviderTokens(&provider.id), context.is_secure());
        let cookies = context.cookies().all(&name).ok_or(AuthError::ProviderNotConnected)?;
        if cookies.is_empty() {
            if context.gets_provider_cookies() {
                return Err(AuthError::ProviderNotConnected);
            }
            tracing::warn!(
                provider = provider.id,
                path = format!("{}/providers", self.0.base_path),
                "the request has no cookie of the provider's tokens: browsers send it only to paths under `path`"
            );
            return Err(AuthError::ProviderTokensNotSent);
        }
        // Another host of the site can also set a cookie of this name, with tokens of another session.
        let mut opened = cookies.iter().map(|cookie| TokenSet::open(&self.0.jose, &record.id_hash, cookie));
        opened.find_map(Result::ok).ok_or_else(|| {
            tracing::info!(
                provider = provider.id,
                cookies = cookies.len(),
                "none of the provider tokens' cookies belongs to this session"
            );
            AuthError::ProviderNotConnected
        })
    }

    /// Returns tokens that are valid for a request. If they have changed and are in cookies, sets these.
    pub(super) async fn fresh(
        &self,
        context: &RequestContext,
        record: &SessionRecord,
        provider: &Arc<Provider>,
    ) -> Result<TokenSet, Failure> {
        let tokens = self.current_tokens(context, record, provider).await?;
        let are_in_cookie = matches!(tokens, CurrentTokens::Cookie(_));
        match self.valid_tokens(&record.id_hash, provider, tokens).await {
            Ok(ValidTokens { tokens, changed }) => {
                if changed && are_in_cookie {
                    self.save_tokens(context, record, provider, &tokens).await?;
                }
                Ok((*tokens).clone())
            }
            Err(AuthError::RefreshTokenDead) => {
                self.disconnect(context, record, provider).await?;
                Err(AuthError::RefreshTokenDead.into())
            }
            Err(error) => Err(error.into()),
        }
    }

    /// Returns valid tokens, refreshed if they expire soon. A refresh emits an event.
    pub(super) async fn valid_tokens(
        &self,
        session: &SessionIdHash,
        provider: &Arc<Provider>,
        current: CurrentTokens,
    ) -> Result<ValidTokens, AuthError> {
        let (auth, id) = (Arc::clone(&self.0), provider.id.clone());
        let told = move |outcome: Result<(), &TokenError>| {
            auth.events.emit(&match outcome.map_err(|error| log_provider_error(&id, error)) {
                Ok(()) => AuthEvent::TokensRefreshed { provider: id },
                Err(error) => AuthEvent::RefreshFailed { provider: id, error },
            });
        };
        let http = self.0.providers.client(provider);
        valid_tokens(&self.0.refreshes, http, session, current, told).await.map_err(|error| error.public())
    }

    /// Sets the cookies of a provider's tokens, unless the session has ended or the provider was
    /// disconnected meanwhile.
    async fn save_tokens(
        &self,
        context: &RequestContext,
        record: &SessionRecord,
        provider: &Provider,
        tokens: &TokenSet,
    ) -> Result<(), Failure> {
        let newest = match self.0.sessions.newest(record) {
            Ok(newest) if newest.provider_tokens.contains_key(&provider.id) => newest,
            Ok(_) | Err(SessionError::Expired) => return Ok(()),
            Err(error) => return Err(error.into()),
        };
        let mut cookies = context.new_cookies();
        let parts = self.set_tokens(&mut cookies, &newest, provider, tokens)?;
        context.set_cookies(cookies);
        if newest.provider_tokens.get(&provider.id) == Some(&parts) {
            return Ok(());
        }
        let changed = change_session::<SessionError>(context, &newest, |session| {
            session.provider_tokens.insert(provider.id.clone(), parts);
            Ok(())
        });
        changed.await?;
        Ok(())
    }

    /// Sets the cookies of a provider's tokens. Returns the number of parts; 0 is one whole cookie.
    pub(super) fn set_tokens(
        &self,
        cookies: &mut SetCookies,
        record: &SessionRecord,
        provider: &Provider,
        tokens: &TokenSet,
    ) -> Result<usize, Failure> {
        let auth = &self.0;
        let sealed = tokens.seal(&auth.jose, &record.id_hash).map_err(SessionError::Seal)?;
        let stale_parts = record.provider_tokens.get(&provider.id).copied().unwrap_or(0);
        let seconds = auth.session_rules.longest_life(auth.jose.now(), record.expires_at(), record.ends_at);
        Ok(cookies.set(CookieKind::ProviderTokens(&provider.id), &sealed, seconds, stale_parts)?)
    }

    /// Clears the cookies of all providers' tokens. Pages do not get these cookies, and the session's list of them may
    /// be out of date. An app whose tokens are in a store may have had them in cookies before, so these are cleared too.
    pub(super) fn clear_token_cookies(&self, cookies: &mut SetCookies) -> Result<(), CookieError> {
        self.0.providers.iter().try_for_each(|provider| cookies.clear_provider_tokens(&provider.id))
    }
}
