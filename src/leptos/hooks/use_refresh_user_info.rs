use leptos::prelude::*;

use super::follow;
use super::use_disconnect_provider::set_connection;
use crate::leptos::form_error::server_action;
use crate::leptos::server_functions::RefreshUserInfo;
use crate::leptos::use_session;

/// Has the server ask a provider again who the person is. The session follows, and whatever shows it.
///
/// **What.** The `ServerAction` of the server function
/// [`refresh_user_info`](super::super::server_functions::refresh_user_info). Dispatch it, or make a form
/// of it with the field `provider`. The value is the session as it is then. It fails with
/// [`ProviderNotConnected`](crate::AuthError::ProviderNotConnected), with
/// [`AccountMismatch`](crate::AuthError::AccountMismatch) if the provider names another account, or
/// with the provider's error.
///
/// **Without scripts** the form is sent to the same server function, and comes back to its page.
///
/// ```
/// # use leptos::prelude::*;
/// use aura_auth::leptos::use_refresh_user_info;
/// use leptos::form::ActionForm;
///
/// #[component]
/// fn ReadAgain() -> impl IntoView {
///     let refresh = use_refresh_user_info("bitbucket");
///     view! {
///         <ActionForm action=refresh>
///             <input type="hidden" name="provider" value="bitbucket"/>
///             <button>"Read my profile again"</button>
///         </ActionForm>
///     }
/// }
/// ```
#[must_use]
pub fn use_refresh_user_info(provider: &str) -> ServerAction<RefreshUserInfo> {
    let session = use_session();
    let refresh = server_action::<RefreshUserInfo>();
    let provider = provider.to_owned();
    follow(refresh, move |answer| {
        set_connection(session, &provider, answer.as_ref().map(|_| true).map_err(|error| *error));
        if let Ok(changed) = answer {
            session.sync().session_changed(changed);
        }
    });
    refresh
}
