use std::sync::Arc;

use http::StatusCode;
use http::header::HeaderMap;
use serde::Serialize;
use serde_json::{Value, json};

use crate::server::cookies::{Kind, MAX_PARTS};
use crate::server::events::AuthEvent;
use crate::server::hooks::SignInKind;
use crate::server::limits::LimitedAction;
use crate::server::logged::logged;
use crate::server::oauth::{Exchange, FlowError, State, check_issuer, exchange, open_flow};
use crate::server::operations::account_check::Admission;
use crate::server::operations::error_page::{show, wants_json};
use crate::server::operations::limit::Limited;
use crate::server::operations::session_cookies::{end_session, seal_failed, set_changed_session, set_new_session};
use crate::server::operations::{Api, Endpoint, Query, Reply, csrf_token, failure};
use crate::server::origin::RedirectTo;
use crate::server::providers::{Provider, ProviderTokens};
use crate::server::request::{Incoming, RequestHead};
use crate::server::session::{self, StoredSession};
use crate::{AuthError, TokenSet, User};

/// A sign-in that has come to its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedIn {
    /// The provider's id.
    pub oauth: String,
    /// Where the browser goes.
    pub redirect_url: String,
}

impl Endpoint for SignedIn {
    fn status(&self) -> StatusCode {
        StatusCode::FOUND
    }

    fn success(&self) -> impl Serialize {
        json!({ "oauth": self.oauth })
    }

    fn failure() -> Value {
        json!({ "oauth": null })
    }
}

/// Whether somebody is signed in with another provider. A session of the TypeScript release does
/// not say with which.
fn is_second_provider(before: Option<&StoredSession>, provider: &Provider) -> bool {
    before.and_then(|stored| stored.provider.as_ref()).is_some_and(|id| *id != provider.id)
}

/// Adds headers beside those that are there; `extend` would replace all of one name.
fn append_all(headers: &mut HeaderMap, more: &HeaderMap) {
    for (name, value) in more {
        headers.append(name, value.clone());
    }
}

/// A callback's parameters (RFC 6749, 4.1.2; RFC 9207 for `iss`).
struct Parameters(Query);

impl Parameters {
    /// One that is empty counts as absent; one that is there twice is refused.
    fn get(&self, name: &str) -> Result<Option<&str>, AuthError> {
        let value = self.0.get(name).map_err(|_| AuthError::CallbackMissingParameters)?;
        Ok(value.filter(|value| !value.is_empty()))
    }
}

/// What a failed callback still knows of its flow.
#[derive(Default)]
struct Known {
    /// The app's words, where it refused.
    reason: Option<String>,
    /// Where the person wanted to go when the flow started: text, which is checked where it is used.
    wanted: Option<String>,
    /// Set where too many codes of the address were refused.
    limited: Option<Limited>,
    /// Set where the flow's cookie alone is missing or too old: then it may start again.
    restart: bool,
}

impl Api {
    /// Ends a sign-in: checks that the callback belongs to a flow that this browser started with
    /// this provider, exchanges the code, asks who the person is, and sets the session.
    ///
    /// However it fails, the flow's cookie is cleared, and a person is sent to the error page,
    /// while a program (`Accept: application/json`) gets JSON. A flow that is only stale (an old
    /// tab, Back) starts again by itself, once, within an hour. Later the person is told that it took too
    /// long, and the error page has the way back.
    ///
    /// `query` is the request's query as it came, percent-encoded, without the `?`.
    pub async fn callback(&self, request: &(impl RequestHead + Sync), provider: &str, query: &str) -> Reply<SignedIn> {
        let incoming = Incoming::of(&self.0, request);
        let json = wants_json(request.headers());
        let mut headers = HeaderMap::new();
        let mut known = Known::default();
        let Some(configured) = self.0.provider(provider) else {
            return Reply::of(Err(AuthError::InvalidParameters), headers);
        };
        if let Err(limited) = self.limit(&incoming, LimitedAction::Callback, None).await {
            let mut reply = limited.reply();
            if !json {
                show(&self.0, &mut reply, AuthError::RateLimited, Some(&configured.id), None, StatusCode::FOUND);
            }
            return reply;
        }
        let finished = match Query::parse(query) {
            Ok(query) => {
                let parameters = Parameters(query);
                self.finish(&incoming, request.headers(), configured, &parameters, &mut headers, &mut known).await
            }
            Err(_) => Err(AuthError::CallbackMissingParameters),
        };
        // The rules may have changed since the flow started, so they are applied again.
        let redirect_to = known.wanted.map(|wanted| self.redirect_to(&incoming, &wanted));
        match finished {
            Ok(sub) => {
                self.0.events.emit(&AuthEvent::SignInSucceeded { provider: configured.id.clone(), sub });
                let redirect_url = redirect_to.unwrap_or_else(RedirectTo::home).as_str().to_owned();
                let signed_in = SignedIn { oauth: configured.id.clone(), redirect_url: redirect_url.clone() };
                let mut reply = Reply::of(Ok(signed_in), headers);
                reply.set_location(&redirect_url);
                reply
            }
            Err(error) if known.restart && !json => {
                tracing::info!(code = error.code(), provider, "a stale flow is started again");
                let redirect_to = redirect_to.unwrap_or_else(RedirectTo::home);
                let started = self.start_flow(&incoming, configured, &redirect_to, 1);
                append_all(&mut headers, &started.headers);
                let redirect = started.result.is_ok().then_some(StatusCode::FOUND);
                Reply { redirect, ..Reply::of(Err(error), headers) }
            }
            Err(error) => {
                let provider = configured.id.clone();
                self.0.events.emit(&match error {
                    AuthError::AccessDenied | AuthError::SignInDenied | AuthError::AccountMismatch => {
                        AuthEvent::SignInDenied { provider, error }
                    }
                    _ => AuthEvent::SignInFailed { provider, error },
                });
                if let Some(limited) = known.limited {
                    append_all(&mut headers, &limited.headers());
                }
                let reply = Reply { reason: known.reason, limited: known.limited, ..Reply::of(Err(error), headers) };
                let mut reply = self.with_retry_after(configured, reply);
                if !json {
                    let provider = Some(configured.id.as_str());
                    show(&self.0, &mut reply, error, provider, redirect_to.as_ref(), StatusCode::FOUND);
                }
                reply
            }
        }
    }

    /// Who has signed in.
    async fn finish(
        &self,
        incoming: &Incoming,
        request: &HeaderMap,
        provider: &Arc<Provider>,
        parameters: &Parameters,
        headers: &mut HeaderMap,
        known: &mut Known,
    ) -> Result<String, AuthError> {
        let auth = &self.0;
        let failed = |error: FlowError| failure::failed(&provider.id, &error);
        let state = parameters.get("state")?.ok_or(AuthError::CallbackMissingParameters)?;
        let state = State::open(&auth.jose, state).map_err(failed)?;
        let flow_cookie = incoming.cookie(Kind::Flow(&state.flow));
        if flow_cookie.is_some() {
            auth.cookies.clear(headers, Kind::Flow(&state.flow), incoming.is_secure(), 0)?;
        }
        known.wanted = Some(state.wanted().to_owned());
        if state.provider != provider.id {
            return Err(AuthError::ProviderMismatch);
        }
        state.check_age(auth.jose.now()).map_err(failed)?;
        let (code, refusal) = (parameters.get("code")?, parameters.get("error")?);
        let flow = open_flow(&auth.jose, &auth.used_flows, &state, flow_cookie.as_deref()).map_err(|error| {
            // Who said no is not asked again.
            known.restart = state.attempt == 0 && refusal.is_none();
            failed(error)
        })?;
        known.wanted = Some(flow.wanted().to_owned());
        check_issuer(provider, parameters.get("iss")?).map_err(failed)?;
        if let Some(refusal) = refusal {
            let denied = refusal == "access_denied";
            tracing::info!(provider = provider.id, refusal = logged(refusal), "the provider ended the authorization");
            return Err(if denied { AuthError::AccessDenied } else { AuthError::ProviderRejected });
        }
        let code = code.ok_or(AuthError::CallbackMissingParameters)?.to_owned();
        let attempt = self.begin_exchange(incoming).map_err(|limited| {
            known.limited = Some(limited);
            AuthError::RateLimited
        })?;
        let http = auth.providers.client(provider).of_suspect(attempt.is_suspect);
        let tokens = match exchange(&http, Exchange::new(flow, code)).await {
            Err(error) => {
                if !error.is_about_the_code() {
                    attempt.has_not_failed();
                }
                return Err(failure::failed(&provider.id, &error));
            }
            Ok(tokens) => {
                attempt.has_not_failed();
                tokens
            }
        };
        let before = incoming.session().await.ok();
        let user = match self.check_account(SignInKind::SignIn, &http, &tokens, before, request).await? {
            Admission::Denied(reason) => {
                known.reason = reason;
                return Err(AuthError::SignInDenied);
            }
            Admission::Linked(user) => match before {
                Some(before) => {
                    append_all(headers, &self.linked_cookies(incoming, provider, before, &tokens)?);
                    return Ok(before.session.user.sub.clone());
                }
                None => user,
            },
            Admission::Allowed(_) if is_second_provider(before, provider) => return Err(AuthError::AccountMismatch),
            Admission::Allowed(user) => user,
        };
        let sub = user.sub.clone();
        // All of the cookies or none: half a session is not left behind.
        append_all(headers, &self.session_cookies(incoming, provider, before, user, &tokens)?);
        Ok(sub)
    }

    /// The cookies of a session that gets another provider's tokens.
    fn linked_cookies(
        &self,
        incoming: &Incoming,
        provider: &Provider,
        before: &StoredSession,
        tokens: &TokenSet,
    ) -> Result<HeaderMap, AuthError> {
        let mut headers = HeaderMap::new();
        let before = &*self.0.changes.newest(before, self.0.jose.now());
        if self.0.provider_tokens == ProviderTokens::Cookie {
            self.0.refreshes.forget(&before.binding, &provider.id);
            let parts = self.set_tokens(incoming, &mut headers, before, provider, tokens)?;
            let linked = before.changed(|session| {
                session.provider_tokens.insert(provider.id.clone(), parts);
            });
            set_changed_session(incoming, &mut headers, &linked)?;
        }
        Ok(headers)
    }

    fn session_cookies(
        &self,
        incoming: &Incoming,
        provider: &Provider,
        before: Option<&StoredSession>,
        user: User,
        tokens: &TokenSet,
    ) -> Result<HeaderMap, AuthError> {
        let auth = &self.0;
        let mut headers = HeaderMap::new();
        let secure = incoming.is_secure();
        let mut session = session::create(&auth.jose, &auth.session, user, Some(&provider.id)).map_err(seal_failed)?;
        let binding = session.binding;
        if let Some(before) = before {
            end_session(incoming, &mut headers, &before.binding)?;
        }

        // All parts that the browser can have of another session go, whatever is known of them.
        let keeps_tokens = auth.provider_tokens == ProviderTokens::Cookie;
        for other in auth.providers.iter().filter(|other| !keeps_tokens || other.id != provider.id) {
            auth.cookies.clear(&mut headers, Kind::ProviderTokens(&other.id), secure, MAX_PARTS)?;
        }
        if keeps_tokens {
            session.provider_tokens.insert(provider.id.clone(), MAX_PARTS);
            let parts = self.set_tokens(incoming, &mut headers, &session, provider, tokens)?;
            session.provider_tokens.insert(provider.id.clone(), parts);
        }
        set_new_session(incoming, &mut headers, &session)?;

        let csrf = self.new_csrf_token(Some(&binding))?;
        auth.cookies.set(&mut headers, Kind::Csrf, &csrf, secure, csrf_token::MAX_AGE_SECONDS, 0)?;
        Ok(headers)
    }
}
