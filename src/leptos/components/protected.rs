use leptos::prelude::*;
use leptos_router::hooks::use_location;
use leptos_router::location::Url;

use super::super::{SessionHandle, use_session};
use super::changing;
use crate::User;

/// A page for signed-in people, or for those of them who meet a condition. Everybody else is sent to
/// the sign-in page, which gets this page's address as `redirectTo`; on the server that is a 302 with
/// nothing of the children in it, every time. Who is signed in but does not meet the condition sees
/// `forbidden`, with the status 403.
///
/// When the session ends while the page is open, the person is sent to sign in too, with
/// `error=SESSION_EXPIRED` in the address, which [`use_auth_error`](super::super::use_auth_error)
/// reads, and comes back to where they were.
///
/// It protects what is rendered, not data: a server function that the children call checks the
/// session itself, with [`require_session`](super::super::require_session).
#[component]
pub fn Protected(
    /// The sign-in page.
    #[prop(default = "/sign-in".into(), into)]
    sign_in: String,
    /// Who of the signed-in people may see it; else all of them.
    #[prop(optional, into)]
    condition: Option<Callback<User, bool>>,
    /// What the others of them see.
    #[prop(optional, into)]
    forbidden: ViewFn,
    /// The page.
    children: ChildrenFn,
) -> impl IntoView {
    protect(Protection { sign_in, condition, forbidden }, children)
}

/// How a page is protected.
#[derive(Clone)]
pub(super) struct Protection {
    pub(super) sign_in: String,
    pub(super) condition: Option<Callback<User, bool>>,
    pub(super) forbidden: ViewFn,
}

/// The view for those who may see it.
pub(super) fn protect(Protection { sign_in, condition, forbidden }: Protection, view: ChildrenFn) -> AnyView {
    let session = use_session();
    let location = use_location();
    let sign_in = move || {
        let (mut here, query) = (location.pathname.get_untracked(), location.search.get_untracked());
        if !query.is_empty() {
            here.push('?');
            here.push_str(query.trim_start_matches('?'));
        }
        format!("{sign_in}?redirectTo={}", Url::escape(&here))
    };
    // The page is not built anew because a name has changed.
    let may = ArcMemo::new(move |_| session.user().is_some_and(|user| condition.is_none_or(|may| may.run(user))));
    leave_unless_allowed(session, &may, sign_in);
    // The contexts that a layout's view provides are for the routes below it.
    let owner = Owner::current().unwrap_or_default();
    changing(move || match (may.get(), session.is_authenticated()) {
        (true, _) => owner.with(&*view),
        (false, true) => forbidden.run(),
        (false, false) => ().into_any(),
    })
}

#[cfg(feature = "ssr")]
fn leave_unless_allowed(session: SessionHandle, may: &ArcMemo<bool>, sign_in: impl Fn() -> String + 'static) {
    if untrack(|| !session.is_authenticated()) {
        // A page that is rendered for nobody is not theirs to be sent away from.
        if untrack(|| session.is_known()) {
            super::super::request::redirect(&sign_in());
        }
    } else if !may.get_untracked() {
        super::super::request::forbid();
    }
}

#[cfg(not(feature = "ssr"))]
fn leave_unless_allowed(session: SessionHandle, _: &ArcMemo<bool>, sign_in: impl Fn() -> String + 'static) {
    super::send_away(Box::new(move || {
        if session.is_authenticated() || !session.is_known() {
            return None;
        }
        let mut target = sign_in();
        if session.has_ended() {
            target.push_str("&error=");
            target.push_str(crate::AuthError::SessionExpired.code());
        }
        Some(target)
    }));
}
