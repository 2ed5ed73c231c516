//! The pages as an app has them that knows nobody: the same markup, routes and kinds of values.

use leptos::prelude::*;
use leptos_router::components::{Outlet, ParentRoute, Route};
use leptos_router::hooks::use_query_map;
use leptos_router::{MatchNestedRoutes, path};

#[derive(Clone, Copy)]
struct State {
    name: RwSignal<Option<String>>,
    pending: RwSignal<bool>,
}

pub(crate) fn provide() {
    provide_context(State { name: RwSignal::new(None), pending: RwSignal::new(false) });
}

#[component(transparent)]
pub(crate) fn Pages() -> impl MatchNestedRoutes + Clone {
    view! {
        <Route path=path!("/") view=super::Home/>
        <Route path=path!("/sign-in") view=Login/>
        <Route path=path!("/dashboard") view=Account/>
        <ParentRoute path=path!("/settings") view=Outlet>
            <Route path=path!("") view=Account/>
        </ParentRoute>
    }
    .into_inner()
}

#[component]
fn Login() -> impl IntoView {
    let query = use_query_map();
    view! {
        <p>{move || query.read().get("error").map(|_| "That did not work.")}</p>
        <form><input type="hidden" name="redirectTo"/><button>"Sign in"</button></form>
    }
}

#[component]
pub(crate) fn Account() -> impl IntoView {
    let state = expect_context::<State>();
    let name = move || state.name.get();
    let pending = move || state.pending.get();
    Effect::new(move || {
        if state.pending.get() {
            set_timeout(move || state.pending.set(false), std::time::Duration::from_secs(1));
        }
    });
    view! {
        <Show when=move || !pending()><button>"Sign in"</button></Show>
        <Show when=pending><Form><button>"Sign out"</button></Form></Show>
        <div>
            <p>{name}{move || if pending() { "pending" } else { "not" }}</p>
            <p>{move || state.name.with(|name| name.as_ref().map(|name| name.len() as u64))}{move || state.name.with(|name| name.as_ref().map(|_| true))}</p>
            <p>{name}{name}</p>
        </div>
        <button disabled=pending on:click=move |_| state.pending.set(true)>"In"</button>
        <button on:click=move |_| state.pending.set(false)>"Out"</button>
        <button on:click=move |_| state.name.set(Some("Ada".to_owned()))>"Name"</button>
        <button on:click=move |_| { state.pending.set(true); state.name.set(None); }>"Ask"</button>
        <Form><input name="name"/></Form>
        <Form><button>"Read again"</button></Form>
        <Form><button>"Revoke"</button></Form>
        <Form><button>"Disconnect"</button></Form>
        <button on:click=move |_| state.name.set(None)>"Refetch"</button>
    }
}

#[component]
fn Form(children: Children) -> impl IntoView {
    let state = expect_context::<State>();
    let submit = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        state.pending.set(true);
    };
    view! {
        <form method="post" aria-busy=move || state.pending.get().then_some("true") on:submit=submit>
            <input type="hidden" name="csrf_token"/>
            {children()}
            <div role="alert">{move || state.name.get()}</div>
        </form>
    }
}
