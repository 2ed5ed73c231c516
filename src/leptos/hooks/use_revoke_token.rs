use leptos::prelude::*;

use super::follow;
use super::use_disconnect_provider::set_connection;
use crate::leptos::form_error::server_action;
use crate::leptos::server_functions::RevokeToken;
use crate::leptos::use_session;

/// Revokes a provider's tokens there (RFC 7009), and forgets them; the session goes on.
///
/// **What.** The `ServerAction` of the server function
/// [`revoke_token`](super::super::server_functions::revoke_token). Dispatch it, or make a form of it with
/// the field `provider`. It fails with
/// [`RevocationUnsupported`](crate::AuthError::RevocationUnsupported) for a provider that documents no
/// revocation, as Bitbucket: [`use_disconnect_provider`](super::super::use_disconnect_provider) is for
/// those.
///
/// **Without scripts** the form is sent to the same server function, and comes back to its page.
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
#[must_use]
pub fn use_revoke_token(provider: &str) -> ServerAction<RevokeToken> {
    let (session, provider) = (use_session(), provider.to_owned());
    let revoke = server_action::<RevokeToken>();
    follow(revoke, move |answer| set_connection(session, &provider, answer.map(|()| false)));
    revoke
}
