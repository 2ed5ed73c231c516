use super::super::AuthAction;
use super::use_update_session::changed_session;
use crate::{Method, Session};

/// Has the server ask the provider anew who the person is; the session and all that shows it follow.
///
/// **What.** [`dispatch`](AuthAction::dispatch) starts it; the value is the session as it is then. It
/// fails with [`ProviderNotConnected`](crate::AuthError::ProviderNotConnected), with
/// [`AccountMismatch`](crate::AuthError::AccountMismatch) if the provider names another account, or
/// with the provider's error.
///
/// **Without scripts** an [`AuthForm`](fn@super::super::AuthForm) of it does the same.
///
/// ```
/// # use leptos::prelude::*;
/// use aura_auth::leptos::{AuthForm, use_refresh_user_info};
///
/// #[component]
/// fn Reread() -> impl IntoView {
///     let refresh = use_refresh_user_info("bitbucket");
///     view! { <AuthForm action=refresh><button>"Read my profile again"</button></AuthForm> }
/// }
/// ```
#[must_use]
pub fn use_refresh_user_info(provider: &str) -> AuthAction<(), Session> {
    AuthAction::of_provider(provider, Method::Post, "/user/refresh", changed_session)
}
