use std::net::IpAddr;
use std::sync::Arc;

use serde::{Serialize, Serializer};

use crate::server::limits::RefusalLog;
use crate::server::store::EndReason;
use crate::{AuthError, Identity};

/// An event for audits. It never contains a secret.
///
/// Each event is logged under its [`name`](Self::name) in the field `event` of the target `aura_auth::event`, and
/// passed to the app's [`on_event`](crate::AuthBuilder::on_event). Many are also counted with the `metrics` facade. For
/// rejected requests, the log has at most one line a second for each kind and network.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "event", rename_all_fields = "camelCase")]
#[non_exhaustive]
pub enum AuthEvent {
    /// A browser was sent to a provider.
    #[serde(rename = "sign_in.started")]
    SignInStarted {
        /// The provider's id.
        provider: String,
    },
    /// A person signed in.
    #[serde(rename = "sign_in.succeeded")]
    SignInSucceeded {
        /// The provider's id.
        provider: String,
        /// The user's `sub`.
        sub: String,
        /// The account at the provider.
        identity: Identity,
    },
    /// An account of another provider was linked to a session.
    #[serde(rename = "account.linked")]
    AccountLinked {
        /// The provider's id.
        provider: String,
        /// The `sub` of the session's user.
        sub: String,
        /// The account that was linked.
        identity: Identity,
    },
    /// A sign-in or a link was denied by the person, by the provider's rules or by the app, or because the account does
    /// not match the session.
    #[serde(rename = "sign_in.denied")]
    SignInDenied {
        /// The provider's id.
        provider: String,
        /// The reason.
        #[serde(rename = "code", serialize_with = "as_code")]
        error: AuthError,
    },
    /// A sign-in failed.
    #[serde(rename = "sign_in.failed")]
    SignInFailed {
        /// The provider's id.
        provider: String,
        /// The reason.
        #[serde(rename = "code", serialize_with = "as_code")]
        error: AuthError,
    },
    /// A person signed out.
    #[serde(rename = "sign_out")]
    SignedOut {
        /// The user's `sub`.
        sub: String,
        /// The account that the person signed in with, if it is known.
        #[serde(skip_serializing_if = "Option::is_none")]
        identity: Option<Identity>,
    },
    /// A session was ended by the app's `on_session`, or because a refresh of the profile was denied.
    #[serde(rename = "session.ended")]
    SessionEnded {
        /// The user's `sub`.
        sub: String,
        /// The account that the person signed in with, if it is known.
        #[serde(skip_serializing_if = "Option::is_none")]
        identity: Option<Identity>,
    },
    /// Sessions in a store were ended from elsewhere: by the person in another browser, or by the app's code
    /// ([`UserSessions`](crate::UserSessions)).
    #[serde(rename = "sessions.revoked")]
    SessionsRevoked {
        /// The user's `sub`. `None` if the app's code ended a session by its id.
        #[serde(skip_serializing_if = "Option::is_none")]
        sub: Option<String>,
        /// The session's id, if one certain session was ended.
        #[serde(skip_serializing_if = "Option::is_none")]
        session: Option<String>,
        /// How many sessions ended.
        count: u64,
        /// Why, as the store has it.
        #[serde(serialize_with = "as_name")]
        reason: EndReason,
    },
    /// A person changed their session: editable fields or claims, or an earlier end.
    #[serde(rename = "session.updated")]
    SessionUpdated {
        /// The user's `sub`.
        sub: String,
        /// The account that the person signed in with, if it is known.
        #[serde(skip_serializing_if = "Option::is_none")]
        identity: Option<Identity>,
    },
    /// A provider's tokens were refreshed.
    #[serde(rename = "tokens.refreshed")]
    TokensRefreshed {
        /// The provider's id.
        provider: String,
    },
    /// A provider's tokens could not be refreshed.
    #[serde(rename = "tokens.refresh_failed")]
    RefreshFailed {
        /// The provider's id.
        provider: String,
        /// The reason.
        #[serde(rename = "code", serialize_with = "as_code")]
        error: AuthError,
    },
    /// A provider's tokens were removed from a session.
    #[serde(rename = "provider.disconnected")]
    ProviderDisconnected {
        /// The provider's id.
        provider: String,
        /// The `sub` of the session's user.
        sub: String,
        /// The account that the person signed in with, if it is known.
        #[serde(skip_serializing_if = "Option::is_none")]
        identity: Option<Identity>,
    },
    /// A request exceeded a rate limit.
    #[serde(rename = "rate_limit.hit")]
    RateLimited {
        /// The name of the limited [action](crate::LimitedAction).
        action: &'static str,
    },
    /// A call to a provider was not made, because the provider's [budget](crate::RateLimits::provider_calls) is used
    /// up.
    #[serde(rename = "provider.budget_used_up")]
    ProviderBudgetUsedUp {
        /// The provider's id.
        provider: String,
    },
    /// A `redirectTo` that is not allowed was replaced by `/`.
    #[serde(rename = "redirect.refused")]
    RedirectRefused,
    /// A request, or its session cookie, was rejected because it may be forged or misdirected: its CSRF token, its
    /// origin, its host or its session pin is wrong.
    #[serde(rename = "request.refused")]
    RequestRefused {
        /// The reason.
        #[serde(rename = "code", serialize_with = "as_code")]
        error: AuthError,
    },
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
fn as_code<S: Serializer>(error: &AuthError, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(error.code())
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
fn as_name<S: Serializer>(reason: &EndReason, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(reason.as_str())
}

impl AuthEvent {
    /// Returns the stable name, like `sign_in.succeeded`.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::SignInStarted { .. } => "sign_in.started",
            Self::SignInSucceeded { .. } => "sign_in.succeeded",
            Self::AccountLinked { .. } => "account.linked",
            Self::SignInDenied { .. } => "sign_in.denied",
            Self::SignInFailed { .. } => "sign_in.failed",
            Self::SignedOut { .. } => "sign_out",
            Self::SessionEnded { .. } => "session.ended",
            Self::SessionsRevoked { .. } => "sessions.revoked",
            Self::SessionUpdated { .. } => "session.updated",
            Self::TokensRefreshed { .. } => "tokens.refreshed",
            Self::RefreshFailed { .. } => "tokens.refresh_failed",
            Self::ProviderDisconnected { .. } => "provider.disconnected",
            Self::RateLimited { .. } => "rate_limit.hit",
            Self::ProviderBudgetUsedUp { .. } => "provider.budget_used_up",
            Self::RedirectRefused => "redirect.refused",
            Self::RequestRefused { .. } => "request.refused",
        }
    }

    fn provider(&self) -> Option<&str> {
        match self {
            Self::SignInStarted { provider }
            | Self::SignInSucceeded { provider, .. }
            | Self::AccountLinked { provider, .. }
            | Self::SignInDenied { provider, .. }
            | Self::SignInFailed { provider, .. }
            | Self::TokensRefreshed { provider }
            | Self::RefreshFailed { provider, .. }
            | Self::ProviderBudgetUsedUp { provider }
            | Self::ProviderDisconnected { provider, .. } => Some(provider),
            _ => None,
        }
    }

    fn sub(&self) -> Option<&str> {
        match self {
            Self::SignInSucceeded { sub, .. }
            | Self::AccountLinked { sub, .. }
            | Self::SignedOut { sub, .. }
            | Self::SessionEnded { sub, .. }
            | Self::SessionUpdated { sub, .. }
            | Self::ProviderDisconnected { sub, .. } => Some(sub),
            Self::SessionsRevoked { sub, .. } => sub.as_deref(),
            _ => None,
        }
    }

    fn identity(&self) -> Option<&Identity> {
        match self {
            Self::SignInSucceeded { identity, .. } | Self::AccountLinked { identity, .. } => Some(identity),
            Self::SignedOut { identity, .. }
            | Self::SessionEnded { identity, .. }
            | Self::SessionUpdated { identity, .. }
            | Self::ProviderDisconnected { identity, .. } => identity.as_ref(),
            _ => None,
        }
    }

    fn action(&self) -> Option<&'static str> {
        match self {
            Self::RateLimited { action } => Some(action),
            _ => None,
        }
    }

    fn error(&self) -> Option<AuthError> {
        match self {
            Self::SignInDenied { error, .. }
            | Self::SignInFailed { error, .. }
            | Self::RefreshFailed { error, .. }
            | Self::RequestRefused { error } => Some(*error),
            _ => None,
        }
    }
}

type OnEvent = Arc<dyn Fn(&AuthEvent) + Send + Sync>;

/// Logs and counts events, and passes them to the app.
#[derive(Default)]
pub(crate) struct Events {
    on_event: Option<OnEvent>,
    refusals: RefusalLog,
}

impl Events {
    pub(super) fn told(told: impl Fn(&AuthEvent) + Send + Sync + 'static) -> Self {
        Self { on_event: Some(Arc::new(told)), refusals: RefusalLog::default() }
    }

    pub(crate) fn emit(&self, event: &AuthEvent) {
        let (provider, sub, code) = (event.provider(), event.sub(), event.error().map(AuthError::code));
        let identity = event.identity().map(|identity| format!("{}:{}", identity.provider, identity.subject));
        let identity = identity.as_deref();
        match event {
            AuthEvent::SessionsRevoked { session, count, reason, .. } => {
                let reason = reason.as_str();
                tracing::info!(target: "aura_auth::event", event = event.name(), sub, session, count, reason);
            }
            AuthEvent::SignInFailed { .. } | AuthEvent::ProviderBudgetUsedUp { .. } => {
                tracing::warn!(target: "aura_auth::event", event = event.name(), provider, sub, identity, code);
            }
            _ => tracing::info!(target: "aura_auth::event", event = event.name(), provider, sub, identity, code),
        }
        self.pass_on(event);
    }

    /// Emits an event about a rejected request. Anybody can cause any number of these, so the log gets at most one line
    /// a second for each kind and network.
    pub(crate) fn refuse(&self, event: &AuthEvent, address: Option<IpAddr>) {
        let (action, code) = (event.action(), event.error().map(AuthError::code));
        let kind = code.or(action).unwrap_or(event.name());
        if let Some(suppressed) = self.refusals.count(kind, address) {
            tracing::warn!(target: "aura_auth::event", event = event.name(), action, code, suppressed);
        }
        self.pass_on(event);
    }

    fn pass_on(&self, event: &AuthEvent) {
        #[cfg(feature = "metrics")]
        count(event);
        if let Some(on_event) = &self.on_event {
            on_event(event);
        }
    }
}

/// Counts the event. No label value comes from a request: providers come from the configuration, codes and actions from
/// this library.
#[cfg(feature = "metrics")]
fn count(event: &AuthEvent) {
    let sign_in = |provider: &str, outcome: &'static str| {
        metrics::counter!("aura_auth_sign_ins_total", "provider" => provider.to_owned(), "outcome" => outcome)
            .increment(1);
    };
    let refresh = |provider: &str, outcome: &'static str| {
        metrics::counter!("aura_auth_refreshes_total", "provider" => provider.to_owned(), "outcome" => outcome)
            .increment(1);
    };
    match event {
        AuthEvent::SignInStarted { provider } => sign_in(provider, "started"),
        AuthEvent::SignInSucceeded { provider, .. } => sign_in(provider, "succeeded"),
        AuthEvent::AccountLinked { provider, .. } => sign_in(provider, "linked"),
        AuthEvent::SignInDenied { provider, .. } => sign_in(provider, "denied"),
        AuthEvent::SignInFailed { provider, .. } => sign_in(provider, "failed"),
        AuthEvent::TokensRefreshed { provider } => refresh(provider, "succeeded"),
        AuthEvent::RefreshFailed { provider, .. } => refresh(provider, "failed"),
        AuthEvent::RateLimited { action } => {
            metrics::counter!("aura_auth_rate_limited_total", "action" => *action).increment(1);
        }
        AuthEvent::ProviderBudgetUsedUp { provider } => {
            metrics::counter!("aura_auth_provider_budget_used_up_total", "provider" => provider.clone()).increment(1);
        }
        AuthEvent::RequestRefused { error } => {
            metrics::counter!("aura_auth_refusals_total", "code" => error.code()).increment(1);
        }
        AuthEvent::RedirectRefused => {
            metrics::counter!("aura_auth_refusals_total", "code" => "REDIRECT_REFUSED").increment(1);
        }
        _ => {}
    }
}

impl std::fmt::Debug for Events {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Events")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_is_serialized_with_the_name_that_the_log_uses() {
        let sub = || "x".to_owned();
        let provider = || "bitbucket".to_owned();
        let account = || Identity::new("bitbucket", "x");
        let identity = || Some(account());
        let error = AuthError::AccessDenied;
        for event in [
            AuthEvent::SignInStarted { provider: provider() },
            AuthEvent::SignInSucceeded { provider: provider(), sub: sub(), identity: account() },
            AuthEvent::AccountLinked { provider: provider(), sub: sub(), identity: account() },
            AuthEvent::SignInDenied { provider: provider(), error },
            AuthEvent::SignInFailed { provider: provider(), error },
            AuthEvent::SignedOut { sub: sub(), identity: identity() },
            AuthEvent::SessionEnded { sub: sub(), identity: identity() },
            AuthEvent::SessionsRevoked {
                sub: Some(sub()),
                session: None,
                count: 2,
                reason: EndReason::AllSessionsRevoked,
            },
            AuthEvent::SessionUpdated { sub: sub(), identity: identity() },
            AuthEvent::TokensRefreshed { provider: provider() },
            AuthEvent::RefreshFailed { provider: provider(), error },
            AuthEvent::ProviderDisconnected { provider: provider(), sub: sub(), identity: identity() },
            AuthEvent::RateLimited { action: "signIn" },
            AuthEvent::ProviderBudgetUsedUp { provider: provider() },
            AuthEvent::RedirectRefused,
            AuthEvent::RequestRefused { error },
        ] {
            assert_eq!(serde_json::to_value(&event).unwrap()["event"], event.name());
        }
    }
}
