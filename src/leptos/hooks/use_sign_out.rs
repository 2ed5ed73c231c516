use leptos::prelude::*;

use crate::leptos::form_error::server_action;
use crate::leptos::hooks::{follow, navigate};
use crate::leptos::server_functions::EndSession;
use crate::leptos::use_session;

/// Signs out, notifies the other tabs, and loads the page that the response names, so that no data of the session stays
/// in memory.
///
/// **What.** The `ServerAction` of the server function [`sign_out`](crate::leptos::server_functions::sign_out).
/// Dispatch it, or use it in a form with the optional field `redirect_to`. Without this field, the front page is
/// loaded. The sign-out also succeeds if the person is already signed out.
///
/// **Without scripts**, the form is sent to the same server function, which redirects. The component
/// [`SignOut`](fn@crate::leptos::SignOut) is such a form with its button.
///
/// ```
/// # use leptos::prelude::*;
/// use aura_auth::leptos::use_sign_out;
/// use leptos::form::ActionForm;
///
/// #[component]
/// fn Leave() -> impl IntoView {
///     let sign_out = use_sign_out();
///     let error = move || sign_out.value().get().and_then(Result::err);
///     view! {
///         <ActionForm action=sign_out><button>"Sign out"</button></ActionForm>
///         <p role="alert">{move || error().map(|error| error.message())}</p>
///     }
/// }
/// ```
#[doc(alias = "useSignOut")]
#[must_use]
pub fn use_sign_out() -> ServerAction<EndSession> {
    let session = use_session();
    let sign_out = server_action::<EndSession>();
    follow(sign_out, move |answer| {
        if let Ok(ended) = answer {
            session.sync().signed_out();
            navigate(ended.redirect_url.as_deref().unwrap_or("/"));
        }
    });
    sign_out
}
