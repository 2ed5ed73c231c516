use leptos::prelude::*;
use leptos_router::hooks::use_location;
use leptos_router::location::Url;

use crate::User;
use crate::leptos::components::rendered;
use crate::leptos::page_url::fragment;
use crate::leptos::{SessionResource, use_session};

/// A page for signed-in people. A `condition` can restrict it to some of them.
///
/// If nobody is signed in, the person is redirected to the [sign-in page](crate::AuthBuilder::sign_in_page), with this
/// page's URL as `redirectTo`. On the server, this is always a 302 that contains nothing of the children. If a
/// signed-in person does not meet the condition, the page shows `forbidden`, with the status 403.
///
/// If the session ends while the page is open, the person is also redirected to the sign-in page, with
/// `error=SESSION_EXPIRED` in the URL, which [`use_auth_error`](crate::leptos::use_auth_error) reads. After the
/// sign-in, the person returns to this page.
///
/// This protects only what is rendered, not data. A server function that the children call must check the session
/// itself, with [`require_session`](crate::leptos::require_session).
#[component]
pub fn Protected(
    /// Which signed-in people may see the page. Default: all of them.
    #[prop(optional, into)]
    condition: Option<Callback<User, bool>>,
    /// What other signed-in people see. Default: a sentence.
    #[prop(optional, into)]
    forbidden: Option<ViewFn>,
    /// The page.
    children: ChildrenFn,
) -> impl IntoView {
    protect(Protection { condition, forbidden }, children)
}

/// The conditions under which a page is shown.
#[derive(Clone)]
pub(super) struct Protection {
    pub(super) condition: Option<Callback<User, bool>>,
    pub(super) forbidden: Option<ViewFn>,
}

/// Shows the view only to people who may see it.
pub(super) fn protect(protection: Protection, view: ChildrenFn) -> impl IntoView {
    let Protection { condition, forbidden } = protection;
    let session = use_session();
    let location = use_location();
    let sign_in = session.settings(|settings| settings.sign_in_page.clone());
    let sign_in = move || {
        let mut here = location.pathname.get_untracked();
        for (separator, part) in [('?', location.search.get_untracked()), ('#', untrack(|| fragment(&location)))] {
            let part = part.trim_start_matches(separator);
            if !part.is_empty() {
                here.push(separator);
                here.push_str(part);
            }
        }
        format!("{sign_in}?redirectTo={}", Url::escape(&here))
    };
    // A memo, so that the page is not rebuilt when only the user's name changes.
    let may_see = Memo::new(move |_| session.user().is_some_and(|user| condition.is_none_or(|may| may.run(user))));
    leave_unless_allowed(session, may_see, sign_in);
    // The owner of a layout holds the contexts that its view provides to the routes below.
    let owner = Owner::current().unwrap_or_default();
    rendered(move || match (may_see.get(), session.is_authenticated()) {
        (true, _) => owner.with(&*view),
        (false, true) => match &forbidden {
            Some(forbidden) => forbidden.run(),
            None => "You may not see this page.".into_any(),
        },
        (false, false) => ().into_any(),
    })
}

#[cfg(feature = "ssr")]
fn leave_unless_allowed(session: SessionResource, may_see: Memo<bool>, sign_in: impl Fn() -> String + 'static) {
    if untrack(|| !session.is_authenticated()) {
        // If the page is not rendered for a request, there is nobody to redirect.
        if session.page().known.get_untracked() {
            let reason = crate::leptos::request::sign_in_reason().map(|error| format!("&error={}", error.code()));
            crate::leptos::request::redirect(&(sign_in() + &reason.unwrap_or_default()));
        }
    } else if !may_see.get_untracked() {
        crate::leptos::request::forbid();
    }
}

#[cfg(not(feature = "ssr"))]
fn leave_unless_allowed(session: SessionResource, _: Memo<bool>, sign_in: impl Fn() -> String + 'static) {
    let page = session.page();
    replace_page(move || {
        if session.is_authenticated() || !page.known.get() {
            return None;
        }
        let ended = if page.ended.get_untracked() { "&error=SESSION_EXPIRED" } else { "" };
        Some(sign_in() + ended)
    });
}

/// Navigates to another page of the app as soon as `target` returns one. The new page replaces this one in the history,
/// so Back does not return here.
#[cfg(not(feature = "ssr"))]
pub(super) fn replace_page(target: impl Fn() -> Option<String> + 'static) {
    use leptos_router::NavigateOptions;
    use leptos_router::hooks::use_navigate;

    let navigate = use_navigate();
    Effect::new(move || {
        if let Some(target) = target() {
            navigate(&target, NavigateOptions { resolve: false, replace: true, ..NavigateOptions::default() });
        }
    });
}
