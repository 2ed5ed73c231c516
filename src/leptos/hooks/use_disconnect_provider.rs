use leptos::prelude::*;

use super::follow;
use crate::AuthError;
use crate::leptos::form_error::server_action;
use crate::leptos::server_functions::DisconnectProvider;
use crate::leptos::{SessionResource, use_session};

/// Forgets a provider's tokens; the session goes on. The provider is not asked.
///
/// **What.** The `ServerAction` of the server function
/// [`disconnect_provider`](super::super::server_functions::disconnect_provider). Dispatch it, or make a
/// form of it with the field `provider`. It fails with
/// [`ProviderNotConnected`](crate::AuthError::ProviderNotConnected) where there are none.
///
/// **Without scripts** the form is sent to the same server function, and comes back to its page.
///
/// ```
/// # use leptos::prelude::*;
/// use aura_auth::leptos::use_disconnect_provider;
/// use leptos::form::ActionForm;
///
/// #[component]
/// fn Disconnect() -> impl IntoView {
///     let disconnect = use_disconnect_provider("bitbucket");
///     view! {
///         <ActionForm action=disconnect>
///             <input type="hidden" name="provider" value="bitbucket"/>
///             <button>"Disconnect Bitbucket"</button>
///         </ActionForm>
///     }
/// }
/// ```
#[must_use]
pub fn use_disconnect_provider(provider: &str) -> ServerAction<DisconnectProvider> {
    let (session, provider) = (use_session(), provider.to_owned());
    let disconnect = server_action::<DisconnectProvider>();
    follow(disconnect, move |answer| set_connection(session, &provider, answer.map(|()| false)));
    disconnect
}

/// Keeps the page's list of connected providers true: an answer says whether the session has a provider's
/// tokens after it, and some errors say that it has none.
pub(super) fn set_connection(session: SessionResource, provider: &str, answer: Result<bool, AuthError>) {
    match answer {
        Ok(connected) => session.set_connected(provider, connected),
        Err(AuthError::ProviderNotConnected | AuthError::RefreshTokenDead) => session.set_connected(provider, false),
        Err(_) => {}
    }
}
