use std::sync::Arc;

use super::super::action::Output;
use super::super::{AuthAction, SessionHandle};
use crate::json::Json;
use crate::{AuthError, Method, TokenSet};

/// The provider's tokens with what is known of them: scopes, and when they were given and end. They
/// are refreshed if they were about to end, and come without the refresh token unless the app
/// [reveals it](crate::AuthBuilder::reveal_refresh_tokens).
///
/// **What.** [`dispatch`](AuthAction::dispatch) asks for them. It fails as
/// [`use_access_token`](super::super::use_access_token) does.
///
/// ```
/// # use leptos::prelude::*;
/// use aura_auth::leptos::use_provider_tokens;
///
/// #[component]
/// fn Scopes() -> impl IntoView {
///     let tokens = use_provider_tokens("bitbucket");
///     Effect::new(move || tokens.dispatch(()));
///     view! { <p>{move || tokens.value().map(|tokens| tokens.scopes.join(", "))}</p> }
/// }
/// ```
#[must_use]
pub fn use_provider_tokens(provider: &str) -> AuthAction<(), TokenSet> {
    AuthAction::of_provider(provider, Method::Get, "/tokens", tokens)
}

fn tokens(_: SessionHandle, _: &str, answer: Result<Json, AuthError>) -> Result<Option<Output>, AuthError> {
    let tokens = answer?.get("tokens").and_then(|tokens| TokenSet::from_json(&tokens)).ok_or(AuthError::ServerError)?;
    Ok(Some(Arc::new(tokens)))
}
