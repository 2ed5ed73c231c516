use std::sync::Arc;

use super::super::action::Output;
use super::super::{AuthAction, SessionHandle};
use crate::json::Json;
use crate::{AuthError, Method};

/// Forgets the provider's tokens; the session goes on. The provider is not asked.
///
/// **What.** [`dispatch`](AuthAction::dispatch) starts it. It fails with
/// [`ProviderNotConnected`](crate::AuthError::ProviderNotConnected) where there are none.
///
/// **Without scripts** an [`AuthForm`](fn@super::super::AuthForm) of it does the same.
///
/// ```
/// # use leptos::prelude::*;
/// use aura_auth::leptos::{AuthForm, use_disconnect_provider};
///
/// #[component]
/// fn Disconnect() -> impl IntoView {
///     let disconnect = use_disconnect_provider("bitbucket");
///     view! { <AuthForm action=disconnect><button>"Disconnect Bitbucket"</button></AuthForm> }
/// }
/// ```
#[must_use]
pub fn use_disconnect_provider(provider: &str) -> AuthAction<(), ()> {
    AuthAction::of_provider(provider, Method::Post, "/disconnect", disconnected)
}

/// The provider's tokens are gone.
pub(super) fn disconnected(
    session: SessionHandle,
    provider: &str,
    answer: Result<Json, AuthError>,
) -> Result<Option<Output>, AuthError> {
    answer?;
    session.set_connected(provider, false);
    Ok(Some(Arc::new(())))
}
