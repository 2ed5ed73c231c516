use leptos::prelude::*;

use crate::leptos::form_error::server_action;
use crate::leptos::hooks::follow;
use crate::leptos::hooks::use_sessions::sessions_changed;
use crate::leptos::server_functions::RevokeOtherSessions;
use crate::leptos::use_session;

/// Ends all sessions of the person except the session of this browser. The other browsers are signed out at their next
/// requests.
///
/// **What.** The `ServerAction` of the server function
/// [`revoke_other_sessions`](crate::leptos::server_functions::revoke_other_sessions). Dispatch it, or use it in a form.
/// The list of [`use_sessions`](crate::leptos::use_sessions) is then fetched again. The action's value says how many
/// sessions ended.
///
/// **Without scripts**, the form is sent to the same server function, which redirects back to the form's page.
///
/// ```
/// # use leptos::prelude::*;
/// use aura_auth::leptos::use_revoke_other_sessions;
/// use leptos::form::ActionForm;
///
/// #[component]
/// fn EndOthers() -> impl IntoView {
///     let revoke = use_revoke_other_sessions();
///     let count = move || revoke.value().get().and_then(Result::ok).map(|ended| ended.ended);
///     view! {
///         <ActionForm action=revoke><button>"Sign out everywhere else"</button></ActionForm>
///         <p role="status">{move || count().map(|count| format!("{count} sessions ended"))}</p>
///     }
/// }
/// ```
#[doc(alias = "useRevokeOtherSessions")]
#[must_use]
pub fn use_revoke_other_sessions() -> ServerAction<RevokeOtherSessions> {
    let session = use_session();
    let revoke = server_action::<RevokeOtherSessions>();
    follow(revoke, move |answer| {
        if answer.is_ok() {
            sessions_changed(session);
        }
    });
    revoke
}
