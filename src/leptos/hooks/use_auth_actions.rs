use leptos::prelude::*;

use crate::leptos::hooks::{use_sign_in, use_sign_out, use_update_session};
use crate::leptos::server_functions::{EndSession, StartSignIn, UpdateSession};

/// The actions that [`use_auth_actions`] returns.
#[derive(Clone, Copy)]
#[non_exhaustive]
pub struct AuthActions {
    /// The action of [`use_sign_in`].
    pub sign_in: ServerAction<StartSignIn>,
    /// The action of [`use_sign_out`].
    pub sign_out: ServerAction<EndSession>,
    /// The action of [`use_update_session`].
    pub update_session: ServerAction<UpdateSession>,
}

impl AuthActions {
    /// Returns whether any of the actions is pending.
    #[must_use]
    pub fn pending(&self) -> bool {
        self.sign_in.pending().get() || self.sign_out.pending().get() || self.update_session.pending().get()
    }
}

impl std::fmt::Debug for AuthActions {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("AuthActions")
    }
}

/// Returns the three actions that most pages need.
///
/// ```
/// # use leptos::prelude::*;
/// use aura_auth::leptos::server_functions::{EndSession, StartSignIn};
/// use aura_auth::leptos::use_auth_actions;
///
/// #[component]
/// fn Menu() -> impl IntoView {
///     let auth = use_auth_actions();
///     view! {
///         <button disabled=move || auth.pending() on:click=move |_| {
///             auth.sign_in.dispatch(StartSignIn::with("bitbucket"));
///         }>"In"</button>
///         <button disabled=move || auth.pending() on:click=move |_| {
///             auth.sign_out.dispatch(EndSession::new());
///         }>"Out"</button>
///     }
/// }
/// ```
#[doc(alias = "useAuthActions")]
#[must_use]
pub fn use_auth_actions() -> AuthActions {
    AuthActions { sign_in: use_sign_in(), sign_out: use_sign_out(), update_session: use_update_session() }
}
