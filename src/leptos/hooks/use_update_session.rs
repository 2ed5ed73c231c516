use leptos::prelude::*;

use super::follow;
use crate::leptos::form_error::server_action;
use crate::leptos::server_functions::UpdateSession;
use crate::leptos::use_session;

/// Changes what people may change of themselves: name and image, and what else the app has made
/// [editable](crate::SessionConfig::editable_claims). Whatever shows the session follows, in other tabs too.
///
/// **What.** The `ServerAction` of the server function
/// [`update_session`](super::super::server_functions::update_session). Dispatch it, or make a form of it,
/// each of whose fields is one of the user's. An empty field takes the value away; an absent one leaves
/// it. The value is the session as it is then.
///
/// **Without scripts** the form is sent to the same server function, and comes back to its page.
///
/// ```
/// # use leptos::prelude::*;
/// use aura_auth::leptos::{use_session, use_update_session};
/// use leptos::form::ActionForm;
///
/// #[component]
/// fn EditName() -> impl IntoView {
///     let (session, update) = (use_session(), use_update_session());
///     let name = move || session.user().and_then(|user| user.name);
///     let error = move || update.value().get().and_then(Result::err);
///     view! {
///         <ActionForm action=update>
///             <label>"Name" <input name="name" value=name/></label>
///             <button disabled=move || update.pending().get()>"Save"</button>
///             <p role="alert">{move || error().map(|error| error.message())}</p>
///         </ActionForm>
///     }
/// }
/// ```
#[must_use]
pub fn use_update_session() -> ServerAction<UpdateSession> {
    let session = use_session();
    let update = server_action::<UpdateSession>();
    follow(update, move |answer| {
        if let Ok(changed) = answer {
            session.sync().session_changed(changed);
        }
    });
    update
}
