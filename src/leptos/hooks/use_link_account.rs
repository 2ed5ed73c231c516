use leptos::prelude::*;
use leptos::task::spawn_local;

use crate::leptos::form_error::server_action;
use crate::leptos::hooks::use_disconnect_provider::set_connection;
use crate::leptos::hooks::{follow, navigate, run_as_effect};
use crate::leptos::server_functions::{LinkAccount, is_provider_connected};
use crate::leptos::use_session;

/// Links an account at another provider to the session: starts the flow, and sends the browser to the provider. The
/// signed-in person stays the same, and the session also gets the tokens of this provider.
///
/// **What.** The `ServerAction` of the server function [`link_account`](crate::leptos::server_functions::link_account).
/// Dispatch it, or use it in a form with the field `provider` and optionally `redirect_to`. If it fails before the
/// browser leaves the page, the error is the action's value. A later error is shown by the app's error page.
///
/// **On the server**, the app's `on_sign_in` sees that an account is to be linked, and can deny it. When the person
/// returns, [`use_is_provider_connected`](crate::leptos::use_is_provider_connected) has the new value. If Back restores
/// the page from the bfcache, the hook asks whether the provider is connected now.
///
/// **Without scripts**, the form is sent to the same server function, which redirects to the provider. A link (`<a>`)
/// can't link accounts: another site could send a browser to it.
///
/// ```
/// # use leptos::prelude::*;
/// use aura_auth::leptos::use_link_account;
/// use leptos::form::ActionForm;
///
/// #[component]
/// fn Connect() -> impl IntoView {
///     let link = use_link_account("github");
///     view! {
///         <ActionForm action=link>
///             <input type="hidden" name="provider" value="github"/>
///             <button disabled=move || link.pending().get()>"Connect GitHub"</button>
///         </ActionForm>
///     }
/// }
/// ```
#[doc(alias = "useLinkAccount")]
#[must_use]
pub fn use_link_account(provider: &str) -> ServerAction<LinkAccount> {
    let (session, provider) = (use_session(), provider.to_owned());
    let link = server_action::<LinkAccount>();
    follow(link, move |answer| {
        if let Ok(started) = answer {
            navigate(&started.sign_in_url);
        }
    });
    // The browser may restore the page from the bfcache in the state in which the person left it.
    run_as_effect(Box::new(move || {
        if session.page().restored.get() == 0 {
            return;
        }
        let has_left = link.value().with_untracked(|value| matches!(value, Some(Ok(_))));
        link.clear();
        if has_left {
            let provider = provider.clone();
            spawn_local(async move {
                let answer = is_provider_connected(provider.clone()).await;
                set_connection(session, &provider, answer);
            });
        }
    }));
    link
}
