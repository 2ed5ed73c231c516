use leptos_router::location::Url;

use super::super::action::{Output, leave};
use super::super::{AuthAction, SessionHandle};
use crate::json::Json;
use crate::{AuthError, Method};

/// Signs out, tells the other tabs, and loads the page that the answer names, so that nothing of the
/// session stays in memory.
///
/// **What.** [`dispatch`](AuthAction::dispatch) takes where the person goes then; `None` is the front
/// page. Somebody who is signed out already goes there too.
///
/// **Without scripts** an [`AuthForm`](fn@super::super::AuthForm) of it with a field `redirectTo`, or
/// the component [`SignOut`](fn@super::super::SignOut), does the same.
///
/// ```
/// # use leptos::prelude::*;
/// use aura_auth::leptos::use_sign_out;
///
/// #[component]
/// fn Leave() -> impl IntoView {
///     let sign_out = use_sign_out();
///     view! {
///         <button on:click=move |_| sign_out.dispatch(None)>"Sign out"</button>
///         <p role="alert">{move || sign_out.error().map(|error| error.message())}</p>
///     }
/// }
/// ```
#[must_use]
pub fn use_sign_out() -> AuthAction<Option<String>, ()> {
    AuthAction::new(Method::Post, "signOut", Some(signed_out), |redirect_to: Option<String>, ask| {
        let target = Url::escape(redirect_to.as_deref().unwrap_or("/"));
        ask.path = format!("signOut?redirect=false&redirectTo={target}");
    })
}

fn signed_out(session: SessionHandle, _: &str, answer: Result<Json, AuthError>) -> Result<Option<Output>, AuthError> {
    let answer = match answer {
        Ok(answer) => answer,
        // They are already.
        Err(error) if error.status() == 401 => Json::NULL,
        Err(error) => return Err(error),
    };
    #[cfg(not(feature = "ssr"))]
    super::super::browser::ended(session);
    #[cfg(feature = "ssr")]
    let _ = session;
    leave(answer.text("redirectURL").as_deref().unwrap_or("/")).map(|()| None)
}
