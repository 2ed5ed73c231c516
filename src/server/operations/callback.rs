use std::borrow::Cow;
use std::sync::Arc;

use http::StatusCode;
use http::header::HeaderMap;
use serde::Serialize;
use serde_json::{Value, json};

use crate::server::cookies::CookieKind;
use crate::server::events::AuthEvent;
use crate::server::hooks::SignInKind;
use crate::server::limits::LimitedAction;
use crate::server::oauth::{Exchange, Flow, FlowError, State, check_issuer, exchange, open_flow, take_flow};
use crate::server::operations::account_check::Admission;
use crate::server::operations::error_page::{show_error, show_flow_error};
use crate::server::operations::failure::Failure;
use crate::server::operations::flow_failure::FlowFailure;
use crate::server::operations::session_cookies::{session_if_any, set_new_content};
use crate::server::operations::{Api, Query, Reply, ReplyBody, csrf_token};
use crate::server::providers::{Provider, TokenStorage};
use crate::server::request::{RequestContext, RequestHead};
use crate::server::sanitize_for_log::sanitize_for_log;
use crate::server::session::{Device, NewSession, SessionError, SessionRecord};
use crate::server::store::EndReason;
use crate::{AuthError, Identity, TokenSet, User};

/// A completed sign-in.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct SignInOutcome {
    /// The provider's id.
    pub provider: String,
    /// Where the browser goes next.
    pub redirect_url: String,
}

impl ReplyBody for SignInOutcome {
    fn status(&self) -> StatusCode {
        StatusCode::FOUND
    }

    fn success(&self) -> impl Serialize {
        json!({ "oauth": self.provider })
    }

    fn failure() -> Value {
        json!({ "oauth": null })
    }
}

/// The account that a person has signed in with, and the user that the app knows them as.
struct SignedInAccount {
    user: User,
    identity: Identity,
    tokens: TokenSet,
}

/// Checks whether the person is signed in with another provider. A session of the TypeScript release does not name its
/// provider, so it is never one of another provider.
fn is_second_provider(before: Option<&SessionRecord>, provider: &Provider) -> bool {
    before.and_then(|record| record.session.identity.as_ref()).is_some_and(|identity| identity.provider != provider.id)
}

/// A callback's parameters (RFC 6749, 4.1.2; RFC 9207 for `iss`).
struct Parameters(Query);

impl Parameters {
    /// Returns a parameter. An empty parameter counts as missing, and a repeated one is rejected.
    fn get(&self, name: &str) -> Result<Option<&str>, AuthError> {
        let value = self.0.get(name).map_err(|_| AuthError::CallbackMissingParameters)?;
        Ok(value.filter(|value| !value.is_empty()))
    }
}

impl Api {
    /// Completes a sign-in: checks that this browser has started the flow with this provider, exchanges the
    /// authorization code, asks the provider who the person is, and sets the session.
    ///
    /// If this fails after `state` was read, the flow's cookie is cleared. A person is sent to the error page, and a
    /// program (`Accept: application/json`) gets JSON. If the flow is only stale (an old tab, the Back button), it
    /// starts again once, within an hour after its start. After an hour, the person learns that the sign-in took too
    /// long, and the error page offers a new one.
    ///
    /// If the session would not fit into a page's cookies, this fails: with
    /// [`SessionTooLarge`](AuthError::SessionTooLarge) if the app has put too much into it, else with
    /// [`CookieTooLarge`](AuthError::CookieTooLarge).
    ///
    /// `query` is the request's query, percent-encoded, without the `?`.
    pub async fn callback(
        &self,
        request: &(impl RequestHead + Sync),
        provider: &str,
        query: &str,
    ) -> Reply<SignInOutcome> {
        let context = RequestContext::of(&self.0, request);
        let headers = request.headers();
        let Some(configured) = self.0.provider(provider) else {
            let mut reply = Reply::of(&context, Err(Failure::unknown_provider()));
            show_error(&context, headers, &mut reply, None, None, StatusCode::FOUND);
            return reply;
        };
        if let Err(limited) = self.limit(&context, LimitedAction::Callback, None).await {
            let mut reply = Reply::of(&context, Err(limited));
            show_flow_error(&context, headers, &mut reply, &configured.id, None);
            return reply;
        }
        let (event, redirect_to) = match self.complete_sign_in(&context, headers, configured, query).await {
            Ok(completed) => completed,
            Err(failure) => return self.answer_failed_flow(&context, headers, configured, failure).await,
        };
        self.0.events.emit(&event);
        // The rules for `redirectTo` may have changed since the flow started, so they are applied again.
        let redirect_url = self.redirect_to(&context, &redirect_to).as_str().to_owned();
        let signed_in = SignInOutcome { provider: configured.id.clone(), redirect_url: redirect_url.clone() };
        let mut reply = Reply::of(&context, Ok::<_, AuthError>(signed_in));
        reply.set_location(&redirect_url);
        reply
    }

    /// Returns the event for audits, and where the person wanted to go.
    async fn complete_sign_in(
        &self,
        context: &RequestContext,
        request: &HeaderMap,
        provider: &Arc<Provider>,
        query: &str,
    ) -> Result<(AuthEvent, String), FlowFailure> {
        let auth = &self.0;
        let query = Query::parse(query).map_err(|_| AuthError::CallbackMissingParameters)?;
        let parameters = Parameters(query);
        let state = parameters.get("state")?.ok_or(AuthError::CallbackMissingParameters)?;
        let state = State::open(&auth.jose, state).map_err(|error| Failure::of(&provider.id, error))?;
        let (flow, code) = self
            .checked_flow(context, provider, &parameters, &state)
            .await
            .map_err(|failure| failure.on_the_way_to(state.wanted()))?;
        let redirect_to = flow.wanted().to_owned();
        let signed_in = self.exchange_code(context, request, provider, flow, code).await;
        match signed_in {
            Ok(event) => Ok((event, redirect_to)),
            Err(failure) => Err(FlowFailure::from(failure).on_the_way_to(&redirect_to)),
        }
    }

    /// Returns the flow that the callback completes, and its authorization code.
    async fn checked_flow(
        &self,
        context: &RequestContext,
        provider: &Provider,
        parameters: &Parameters,
        state: &State,
    ) -> Result<(Flow, String), FlowFailure> {
        let auth = &self.0;
        let flow_cookie = context.cookie(CookieKind::Flow(&state.flow));
        if flow_cookie.is_some() {
            let mut cookies = context.new_cookies();
            cookies.clear(CookieKind::Flow(&state.flow), 0)?;
            context.set_cookies(cookies);
        }
        if state.provider != provider.id {
            return Err(AuthError::ProviderMismatch.into());
        }
        state.check_age(auth.jose.now()).map_err(|error| Failure::of(&provider.id, error))?;
        let (code, refusal) = (parameters.get("code")?, parameters.get("error")?);
        let sealed = match (&auth.store, flow_cookie) {
            (Some(store), cookie) => take_flow(&**store, cookie.as_deref(), auth.jose.now()).await.map(Cow::Owned),
            (None, cookie) => cookie.ok_or(FlowError::NoCookie),
        };
        let flow = sealed.and_then(|sealed| open_flow(&auth.jose, &auth.used_flows, state, &sealed));
        let flow = flow.map_err(|error| FlowFailure {
            // If the provider sent an error, the person or the provider has decided, so the flow does not start again.
            restart: error.is_stale() && state.attempt == 0 && !state.links && refusal.is_none(),
            ..Failure::of(&provider.id, error).into()
        })?;
        match checked_code(provider, parameters, code, refusal) {
            Ok(code) => Ok((flow, code)),
            Err(error) => Err(FlowFailure::from(error).on_the_way_to(flow.wanted())),
        }
    }

    /// Exchanges the code, asks the provider who the person is, and sets the session or links the account. Returns the
    /// event for audits.
    async fn exchange_code(
        &self,
        context: &RequestContext,
        request: &HeaderMap,
        provider: &Arc<Provider>,
        flow: Flow,
        code: String,
    ) -> Result<AuthEvent, Failure> {
        let linking = match flow.link() {
            Some(session) => Some(self.session_to_link(context, session).await?),
            None => None,
        };
        // If the store can't be reached, the sign-in fails before the code is used up.
        let before = session_if_any(context).await?;
        let attempt = self.begin_exchange(context)?;
        let http = self.0.providers.client(provider).of_suspect(attempt.is_suspect);
        let tokens = match exchange(&http, Exchange::new(flow, code)).await {
            Err(error) => {
                if !error.is_about_the_code() {
                    attempt.has_not_failed();
                }
                return Err(Failure::of(&provider.id, error));
            }
            Ok(tokens) => {
                attempt.has_not_failed();
                tokens
            }
        };
        let kind = if linking.is_some() { SignInKind::Link } else { SignInKind::SignIn };
        let (user, identity) = match self.check_account(kind, &http, &tokens, before, request).await? {
            Admission::Denied(reason) => return Err(Failure::denied(reason)),
            Admission::Allowed(user, identity) => (user, identity),
        };
        let (id, sub) = (provider.id.clone(), user.sub.clone());
        if let Some(before) = linking {
            self.link(context, provider, before, user, &tokens).await?;
            return Ok(AuthEvent::AccountLinked { provider: id, sub, identity });
        }
        if is_second_provider(before, provider) {
            return Err(AuthError::AccountMismatch.into());
        }
        let account = SignedInAccount { user, identity: identity.clone(), tokens };
        self.begin_session(context, request, provider, before, account).await?;
        Ok(AuthEvent::SignInSucceeded { provider: id, sub, identity })
    }

    /// Adds another provider's tokens to a session.
    async fn link(
        &self,
        context: &RequestContext,
        provider: &Provider,
        before: &SessionRecord,
        user: User,
        tokens: &TokenSet,
    ) -> Result<(), Failure> {
        if user.sub != before.session.user.sub {
            tracing::warn!(
                provider = provider.id,
                "`on_sign_in` returned another `sub` than the session's, so the account was not linked"
            );
            return Err(AuthError::AccountMismatch.into());
        }
        let mut cookies = context.new_cookies();
        self.0.refreshes.forget(&before.id_hash, &provider.id);
        set_new_content::<Failure>(context, before, |session| {
            if self.0.provider_tokens == TokenStorage::Cookie {
                let parts = self.set_tokens(&mut cookies, session, provider, tokens)?;
                session.provider_tokens.insert(provider.id.clone(), parts);
            }
            // The person may have changed their name meanwhile. Only the app may overwrite it.
            if user != before.session.user {
                session.session.user = user.clone();
            }
            Ok(())
        })
        .await?;
        self.store_tokens(before, provider, tokens).await?;
        context.set_cookies(cookies);
        Ok(())
    }

    /// Writes a provider's tokens into the store, if they belong there.
    async fn store_tokens(
        &self,
        session: &SessionRecord,
        provider: &Provider,
        tokens: &TokenSet,
    ) -> Result<(), Failure> {
        let Some(stored) = self.stored_tokens(session.stored_id(), &provider.id) else { return Ok(()) };
        match stored.put(tokens).await.map_err(|error| Failure::of(&provider.id, error))? {
            true => Ok(()),
            false => Err(SessionError::Expired.into()),
        }
    }

    /// Begins a session that replaces the earlier one. Sets either all of its cookies or none, so that a failure leaves
    /// no half session behind.
    async fn begin_session(
        &self,
        context: &RequestContext,
        request: &HeaderMap,
        provider: &Provider,
        before: Option<&SessionRecord>,
        account: SignedInAccount,
    ) -> Result<(), Failure> {
        let auth = &self.0;
        let SignedInAccount { user, identity, tokens } = account;
        let mut cookies = context.new_cookies();
        let mut session = auth.sessions.create(user, Some(identity))?;
        // The browser may have cookies of another session that this server does not know of.
        self.clear_token_cookies(&mut cookies)?;
        if auth.provider_tokens == TokenStorage::Cookie {
            let parts = self.set_tokens(&mut cookies, &session, provider, &tokens)?;
            session.provider_tokens.insert(provider.id.clone(), parts);
        }
        let new = NewSession { session: &session, replaces: before, device: Device::of(request, context.address()) };
        auth.sessions.begin(&mut cookies, context.cookies(), new, context.is_secure()).await?;
        if let Err(failure) = self.store_tokens(&session, provider, &tokens).await {
            // No browser has this session, so nothing is lost if the store does not end it.
            let _ = auth.sessions.end_remotely(&session, EndReason::AdminAction).await;
            return Err(failure);
        }

        let csrf = self.new_csrf_token(Some(&session.id_hash))?;
        cookies.set(CookieKind::Csrf, csrf.expose(), csrf_token::MAX_AGE_SECONDS, 0)?;
        context.set_cookies(cookies);
        Ok(())
    }
}

/// Returns the authorization code of a callback. Fails if another provider has answered, or if the provider sent an
/// error.
fn checked_code(
    provider: &Provider,
    parameters: &Parameters,
    code: Option<&str>,
    refusal: Option<&str>,
) -> Result<String, Failure> {
    check_issuer(provider, parameters.get("iss")?).map_err(|error| Failure::of(&provider.id, error))?;
    if let Some(refusal) = refusal {
        let denied = refusal == "access_denied";
        tracing::info!(
            provider = provider.id,
            refusal = sanitize_for_log(refusal),
            "the provider ended the authorization"
        );
        return Err(if denied { AuthError::AccessDenied } else { AuthError::ProviderRejected }.into());
    }
    Ok(code.map(str::to_owned).ok_or(AuthError::CallbackMissingParameters)?)
}
