use leptos::form::ActionForm;
use leptos::prelude::*;
use leptos_router::hooks::use_location;
use leptos_router::location::Url;

use super::hooks::{use_sign_in, use_sign_out};
use super::session::use_session;
use crate::AuthError;

/// A button that signs in with a provider. Without scripts it is a form.
///
/// While it works the button is `aria-busy`; what goes wrong is said in a `role="alert"`.
#[component]
pub fn SignIn(
    /// The provider's id.
    #[prop(into)]
    provider: String,
    /// Where the person goes then; else back to this page.
    #[prop(optional, into)]
    redirect_to: MaybeProp<String>,
    /// The button's class.
    #[prop(optional, into)]
    class: String,
    /// What the button says.
    children: Children,
) -> impl IntoView {
    let action = use_sign_in();
    view! {
        <ActionForm action>
            <input type="hidden" name="provider" value=provider/>
            {move || redirect_to.get().map(|to| view! { <input type="hidden" name="redirect_to" value=to/> })}
            <Submit class pending=action.pending() error=Signal::derive(move || action.value().get().and_then(Result::err))>
                {children()}
            </Submit>
        </ActionForm>
    }
}

/// A button that signs out. Without scripts it is a form.
#[component]
pub fn SignOut(
    /// Where the person goes then.
    #[prop(default = "/".into(), into)]
    redirect_to: String,
    /// The button's class.
    #[prop(optional, into)]
    class: String,
    /// What the button says.
    children: Children,
) -> impl IntoView {
    let action = use_sign_out();
    let session = use_session();
    view! {
        <ActionForm action>
            <input type="hidden" name="csrf_token" value=move || session.csrf_token()/>
            <input type="hidden" name="redirect_to" value=redirect_to/>
            <Submit class pending=action.pending() error=Signal::derive(move || action.value().get().and_then(Result::err))>
                {children()}
            </Submit>
        </ActionForm>
    }
}

/// Shows its children while somebody is signed in.
#[component]
pub fn SignedIn(
    /// What is shown.
    children: ChildrenFn,
) -> impl IntoView {
    let session = use_session();
    view! { <Show when=move || session.is_authenticated()>{children()}</Show> }
}

/// Shows its children while nobody is signed in.
#[component]
pub fn SignedOut(
    /// What is shown.
    children: ChildrenFn,
) -> impl IntoView {
    let session = use_session();
    view! { <Show when=move || !session.is_authenticated()>{children()}</Show> }
}

/// A page for signed-in people. Everybody else is sent to the sign-in page, which gets this page's
/// address as `redirectTo`; on the server that is a 302 with nothing of the children in it.
///
/// It protects what is rendered, not data: a server function that the children call checks the
/// session itself.
#[component]
pub fn Protected(
    /// The sign-in page.
    #[prop(default = "/sign-in".into(), into)]
    sign_in: String,
    /// The page.
    children: ChildrenFn,
) -> impl IntoView {
    let session = use_session();
    let location = use_location();
    let target = move || {
        let (mut here, query) = (location.pathname.get_untracked(), location.search.get_untracked());
        if !query.is_empty() {
            here.push('?');
            here.push_str(query.trim_start_matches('?'));
        }
        format!("{sign_in}?redirectTo={}", Url::escape(&here))
    };
    send_away(session, target);
    view! { <Show when=move || session.is_authenticated()>{children()}</Show> }
}

#[cfg(feature = "ssr")]
fn send_away(session: super::SessionResource, target: impl Fn() -> String + 'static) {
    if !session.is_authenticated() {
        super::context::redirect(&target());
    }
}

#[cfg(not(feature = "ssr"))]
fn send_away(session: super::SessionResource, target: impl Fn() -> String + 'static) {
    use leptos_router::NavigateOptions;
    use leptos_router::hooks::use_navigate;

    let navigate = use_navigate();
    Effect::new(move || {
        if !session.is_authenticated() {
            navigate(&target(), NavigateOptions { replace: true, ..NavigateOptions::default() });
        }
    });
}

/// A form's button, and the words of what went wrong, announced as they appear.
#[component]
fn Submit(
    class: String,
    #[prop(into)] pending: Signal<bool>,
    error: Signal<Option<AuthError>>,
    children: Children,
) -> impl IntoView {
    view! {
        <button type="submit" class=class aria-busy=move || pending.get().then_some("true")>
            {children()}
        </button>
        <div role="alert" class="failure">{move || error.get().map(AuthError::message)}</div>
    }
}
