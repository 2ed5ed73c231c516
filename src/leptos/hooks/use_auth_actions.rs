use super::super::AuthAction;
use super::{SignInWith, use_sign_in, use_sign_out, use_update_session};
use crate::{Session, SessionUpdate};

/// What [`use_auth_actions`] gives.
#[derive(Clone, Copy, Debug)]
pub struct AuthActions {
    /// As [`use_sign_in`] gives it.
    pub sign_in: AuthAction<SignInWith, ()>,
    /// As [`use_sign_out`] gives it.
    pub sign_out: AuthAction<Option<String>, ()>,
    /// As [`use_update_session`] gives it.
    pub update_session: AuthAction<SessionUpdate, Session>,
}

impl AuthActions {
    /// Whether any of them is under way.
    #[must_use]
    pub fn pending(&self) -> bool {
        self.sign_in.pending() || self.sign_out.pending() || self.update_session.pending()
    }
}

/// The three actions that most pages need, together.
///
/// ```
/// # use leptos::prelude::*;
/// use aura_auth::leptos::use_auth_actions;
///
/// #[component]
/// fn Menu() -> impl IntoView {
///     let auth = use_auth_actions();
///     view! {
///         <button disabled=move || auth.pending() on:click=move |_| auth.sign_in.dispatch("bitbucket")>"In"</button>
///         <button disabled=move || auth.pending() on:click=move |_| auth.sign_out.dispatch(None)>"Out"</button>
///     }
/// }
/// ```
#[must_use]
pub fn use_auth_actions() -> AuthActions {
    AuthActions { sign_in: use_sign_in(), sign_out: use_sign_out(), update_session: use_update_session() }
}
