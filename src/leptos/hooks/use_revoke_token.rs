use super::super::AuthAction;
use super::use_disconnect_provider::disconnected;
use crate::Method;

/// Revokes the provider's tokens there (RFC 7009), and forgets them; the session goes on.
///
/// **What.** [`dispatch`](AuthAction::dispatch) starts it. It fails with
/// [`RevocationUnsupported`](crate::AuthError::RevocationUnsupported) for a provider that documents no
/// revocation, as Bitbucket: [`use_disconnect_provider`](super::super::use_disconnect_provider) is for
/// those.
///
/// **Without scripts** an [`AuthForm`](fn@super::super::AuthForm) of it does the same.
///
/// ```
/// # use leptos::prelude::*;
/// use aura_auth::leptos::{AuthForm, use_revoke_token};
///
/// #[component]
/// fn Revoke() -> impl IntoView {
///     let revoke = use_revoke_token("example");
///     view! { <AuthForm action=revoke><button>"Revoke access"</button></AuthForm> }
/// }
/// ```
#[must_use]
pub fn use_revoke_token(provider: &str) -> AuthAction<(), ()> {
    AuthAction::of_provider(provider, Method::Post, "/tokens/revoke", disconnected)
}
