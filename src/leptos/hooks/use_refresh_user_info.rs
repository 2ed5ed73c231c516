use leptos::prelude::*;

use crate::leptos::form_error::server_action;
use crate::leptos::hooks::follow;
use crate::leptos::hooks::use_disconnect_provider::set_connection;
use crate::leptos::server_functions::RefreshUserInfo;
use crate::leptos::use_session;

/// Makes the server fetch the user info from a provider again. The session, and all components that show it, are
/// updated.
///
/// **What.** The `ServerAction` of the server function
/// [`refresh_user_info`](crate::leptos::server_functions::refresh_user_info). Dispatch it, or use it in a form with the
/// field `provider`. The value is the updated session. It fails with
/// [`ProviderNotConnected`](crate::AuthError::ProviderNotConnected), with
/// [`AccountMismatch`](crate::AuthError::AccountMismatch) if the provider returns another account, or with the
/// provider's error.
///
/// **Without scripts**, the form is sent to the same server function, which redirects back to the form's page.
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
#[doc(alias = "useRefreshUserInfo")]
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
