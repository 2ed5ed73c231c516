use leptos::prelude::*;

use crate::AuthError;
use crate::leptos::form_error::server_action;
use crate::leptos::hooks::use_sessions::sessions_changed;
use crate::leptos::hooks::{follow, navigate};
use crate::leptos::server_functions::RevokeSession;
use crate::leptos::use_session;

/// Ends a session of the person. Its browser is signed out at its next request. If it is the session of this browser,
/// this is a sign-out: the other tabs are notified, and the front page is loaded.
///
/// **What.** The `ServerAction` of the server function
/// [`revoke_session`](crate::leptos::server_functions::revoke_session). Dispatch it, or use it in a form with the field
/// `id`, one form for each session. The list of [`use_sessions`](crate::leptos::use_sessions) is then fetched again. It
/// fails with [`ActiveSessionNotFound`](AuthError::ActiveSessionNotFound) if the session has ended already.
///
/// **Without scripts**, the form is sent to the same server function, which redirects back to the form's page, or to
/// the front page after a sign-out.
///
/// ```
/// # use leptos::prelude::*;
/// use aura_auth::leptos::use_revoke_session;
/// use leptos::form::ActionForm;
///
/// #[component]
/// fn End(id: String) -> impl IntoView {
///     let revoke = use_revoke_session();
///     view! {
///         <ActionForm action=revoke>
///             <input type="hidden" name="id" value=id/>
///             <button>"Sign out there"</button>
///         </ActionForm>
///     }
/// }
/// ```
#[doc(alias = "useRevokeSession")]
#[must_use]
pub fn use_revoke_session() -> ServerAction<RevokeSession> {
    let session = use_session();
    let revoke = server_action::<RevokeSession>();
    follow(revoke, move |answer| match answer {
        Ok(ended) if ended.current => {
            session.sync().signed_out();
            navigate("/");
        }
        Ok(_) | Err(AuthError::ActiveSessionNotFound) => sessions_changed(session),
        Err(_) => {}
    });
    revoke
}
