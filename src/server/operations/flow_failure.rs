use http::StatusCode;
use http::header::HeaderMap;

use crate::AuthError;
use crate::server::events::AuthEvent;
use crate::server::guard::may_begin_flow;
use crate::server::operations::error_page::{show_flow_error, wants_json};
use crate::server::operations::failure::Failure;
use crate::server::operations::{Api, Reply, SignInOutcome};
use crate::server::origin::RedirectTo;
use crate::server::providers::Provider;
use crate::server::request::RequestContext;

/// Why a sign-in failed.
pub(super) struct FlowFailure {
    pub(super) failure: Failure,
    /// Where the person wanted to go when the flow started. This is text that must be checked before it is used.
    pub(super) redirect_to: Option<String>,
    /// Whether the flow may start again, because its cookie is missing, expired, already used or unusable.
    pub(super) restart: bool,
}

impl FlowFailure {
    /// Adds where the person wanted to go, unless this is known already.
    pub(super) fn on_the_way_to(self, redirect_to: &str) -> Self {
        Self { redirect_to: self.redirect_to.or_else(|| Some(redirect_to.to_owned())), ..self }
    }
}

impl<F: Into<Failure>> From<F> for FlowFailure {
    fn from(failure: F) -> Self {
        Self { failure: failure.into(), redirect_to: None, restart: false }
    }
}

impl Api {
    /// Answers a callback that failed: the flow starts again, a person sees the error, or a program gets JSON.
    pub(super) async fn answer_failed_flow(
        &self,
        context: &RequestContext,
        request: &HeaderMap,
        provider: &Provider,
        failure: FlowFailure,
    ) -> Reply<SignInOutcome> {
        let FlowFailure { failure, redirect_to, restart } = failure;
        let error = failure.error;
        // The rules for `redirectTo` may have changed since the flow started, so they are applied again.
        let redirect_to = redirect_to.map(|wanted| self.redirect_to(context, &wanted));
        if restart && !wants_json(request) && may_begin_flow(request) {
            tracing::info!(code = error.code(), provider = provider.id, "a stale flow is started again");
            let redirect_to = redirect_to.unwrap_or_else(RedirectTo::home);
            let started = self.start_flow(context, provider, &redirect_to, 1, None).await;
            let location = started.as_ref().ok().map(|started| started.sign_in_url.clone());
            let mut reply = Reply::of(context, Err(failure));
            if let Some(location) = location {
                reply.redirect = Some(StatusCode::FOUND);
                reply.set_location(&location);
            }
            return reply;
        }
        let id = provider.id.clone();
        let event = match error {
            AuthError::AccessDenied | AuthError::SignInDenied | AuthError::AccountMismatch => {
                AuthEvent::SignInDenied { provider: id, error }
            }
            _ => AuthEvent::SignInFailed { provider: id, error },
        };
        match error {
            // A client can cause any number of these.
            AuthError::RateLimited => self.0.events.refuse(&event, context.address()),
            _ => self.0.events.emit(&event),
        }
        let mut reply = self.with_retry_after(&provider.id, Reply::of(context, Err(failure)));
        show_flow_error(context, request, &mut reply, &provider.id, redirect_to.as_ref());
        reply
    }
}
