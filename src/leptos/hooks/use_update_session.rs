use leptos::prelude::*;

use crate::leptos::form_error::server_action;
use crate::leptos::hooks::follow;
use crate::leptos::server_functions::UpdateSession;
use crate::leptos::use_session;

/// Changes the fields that people may edit: the name, the image, and the claims that the app has made
/// [editable](crate::SessionConfig::editable_claims). All components that show the session are updated, in other tabs
/// too.
///
/// **What.** The `ServerAction` of the server function
/// [`update_session`](crate::leptos::server_functions::update_session). Dispatch it, or use it in a form. Each form
/// field is a field of the user. An empty form field removes the value. A missing one keeps it. The action's value is
/// the updated session.
///
/// **Without scripts**, the form is sent to the same server function, which redirects back to the form's page.
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
#[doc(alias = "useUpdateSession")]
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
