use leptos::prelude::*;

use crate::leptos::form_error::server_action;
use crate::leptos::hooks::{follow, navigate, run_as_effect};
use crate::leptos::server_functions::StartSignIn;
use crate::leptos::use_session;

/// Signs in: starts the flow, and sends the browser to the provider.
///
/// **What.** The `ServerAction` of the server function [`sign_in`](crate::leptos::server_functions::sign_in). Dispatch
/// it, or use it in a form with the field `provider` and optionally `redirect_to`. If it fails before the browser
/// leaves the page, the error is the action's value. A later error is shown by the app's error page.
///
/// **Without scripts**, the form is sent to the same server function, which redirects to the provider. The component
/// [`SignIn`](fn@crate::leptos::SignIn) is such a form with its button. A link to
/// `/auth/signIn/bitbucket?redirectTo=/dashboard` with `rel="external"` does the same.
///
/// ```
/// # use leptos::prelude::*;
/// use aura_auth::leptos::server_functions::StartSignIn;
/// use aura_auth::leptos::use_sign_in;
/// use leptos::form::ActionForm;
///
/// #[component]
/// fn Login() -> impl IntoView {
///     let sign_in = use_sign_in();
///     view! {
///         <ActionForm action=sign_in>
///             <input type="hidden" name="provider" value="bitbucket"/>
///             <button disabled=move || sign_in.pending().get()>"Continue with Bitbucket"</button>
///         </ActionForm>
///         <button on:click=move |_| {
///             sign_in.dispatch(StartSignIn::with("bitbucket").redirect_to("/dashboard"));
///         }>"The same, by a plain button"</button>
///     }
/// }
/// ```
#[doc(alias = "useSignIn")]
#[must_use]
pub fn use_sign_in() -> ServerAction<StartSignIn> {
    let session = use_session();
    let sign_in = server_action::<StartSignIn>();
    follow(sign_in, move |answer| {
        if let Ok(started) = answer {
            navigate(&started.sign_in_url);
        }
    });
    // The browser may restore the page from the bfcache in the state in which the person left it.
    run_as_effect(Box::new(move || {
        if session.page().restored.get() > 0 {
            sign_in.clear();
        }
    }));
    sign_in
}
