use leptos::prelude::*;

use crate::leptos::form_error::server_action;
use crate::leptos::hooks::follow;
use crate::leptos::hooks::use_disconnect_provider::set_connection;
use crate::leptos::server_functions::RevokeToken;
use crate::leptos::use_session;

/// Revokes the tokens at the provider (RFC 7009), and deletes them. The session continues.
///
/// **What.** The `ServerAction` of the server function [`revoke_token`](crate::leptos::server_functions::revoke_token).
/// Dispatch it, or use it in a form with the field `provider`. It fails with
/// [`RevocationUnsupported`](crate::AuthError::RevocationUnsupported) if the provider documents no revocation, such as
/// Bitbucket. Use [`use_disconnect_provider`](crate::leptos::use_disconnect_provider) for such a provider.
///
/// **Without scripts**, the form is sent to the same server function, which redirects back to the form's page.
///
/// ```
/// # use leptos::prelude::*;
/// use aura_auth::leptos::use_revoke_token;
/// use leptos::form::ActionForm;
///
/// #[component]
/// fn Revoke() -> impl IntoView {
///     let revoke = use_revoke_token("example");
///     view! {
///         <ActionForm action=revoke>
///             <input type="hidden" name="provider" value="example"/>
///             <button>"Revoke access"</button>
///         </ActionForm>
///     }
/// }
/// ```
#[doc(alias = "useRevokeToken")]
#[must_use]
pub fn use_revoke_token(provider: &str) -> ServerAction<RevokeToken> {
    let (session, provider) = (use_session(), provider.to_owned());
    let revoke = server_action::<RevokeToken>();
    follow(revoke, move |answer| set_connection(session, &provider, answer.map(|()| false)));
    revoke
}
