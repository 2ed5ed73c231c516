use std::sync::Arc;

use super::super::action::Output;
use super::super::{AuthAction, SessionHandle};
use crate::json::Json;
use crate::{AuthError, Method};

/// The provider's access token, for page code that calls the provider itself: refreshed if it was
/// about to end. Keep it out of what is shown, stored or logged.
///
/// **What.** [`dispatch`](AuthAction::dispatch) asks for it; the value is the token. It fails with
/// [`ProviderNotConnected`](crate::AuthError::ProviderNotConnected) where there is none, and with
/// [`RefreshTokenDead`](crate::AuthError::RefreshTokenDead) or
/// [`AccessTokenExpired`](crate::AuthError::AccessTokenExpired) where there is no way to a valid one.
///
/// **On the server**, in a server function, it is [`access_token`](super::super::access_token): a
/// call from there keeps the token out of the page.
///
/// ```
/// # use leptos::prelude::*;
/// use aura_auth::leptos::use_access_token;
///
/// #[component]
/// fn Token() -> impl IntoView {
///     let token = use_access_token("bitbucket");
///     let length = move || token.value().map(|token| token.len());
///     view! { <button on:click=move |_| token.dispatch(())>"Get the token"</button> {length} }
/// }
/// ```
#[must_use]
pub fn use_access_token(provider: &str) -> AuthAction<(), String> {
    AuthAction::of_provider(provider, Method::Get, "/tokens", access_token)
}

fn access_token(_: SessionHandle, _: &str, answer: Result<Json, AuthError>) -> Result<Option<Output>, AuthError> {
    let token = answer?.get("tokens").and_then(|tokens| tokens.text("accessToken"));
    Ok(Some(Arc::new(token.ok_or(AuthError::ServerError)?)))
}
