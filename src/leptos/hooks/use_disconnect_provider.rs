use leptos::prelude::*;

use crate::AuthError;
use crate::leptos::form_error::server_action;
use crate::leptos::hooks::follow;
use crate::leptos::server_functions::DisconnectProvider;
use crate::leptos::{SessionResource, use_session};

/// Deletes a provider's tokens. The session continues. No request is sent to the provider.
///
/// **What.** The `ServerAction` of the server function
/// [`disconnect_provider`](crate::leptos::server_functions::disconnect_provider). Dispatch it, or use it in a form with
/// the field `provider`. It fails with [`ProviderNotConnected`](crate::AuthError::ProviderNotConnected) if there are no
/// tokens.
///
/// **Without scripts**, the form is sent to the same server function, which redirects back to the form's page.
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
#[doc(alias = "useDisconnectProvider")]
#[must_use]
pub fn use_disconnect_provider(provider: &str) -> ServerAction<DisconnectProvider> {
    let (session, provider) = (use_session(), provider.to_owned());
    let disconnect = server_action::<DisconnectProvider>();
    follow(disconnect, move |answer| set_connection(session, &provider, answer.map(|()| false)));
    disconnect
}

/// Updates the page's list of connected providers. A response says whether the session has the provider's tokens now,
/// and some errors say that it has none.
pub(super) fn set_connection(session: SessionResource, provider: &str, answer: Result<bool, AuthError>) {
    match answer {
        Ok(connected) => session.set_connected(provider, connected),
        Err(AuthError::ProviderNotConnected | AuthError::RefreshTokenDead) => session.set_connected(provider, false),
        Err(_) => {}
    }
}
