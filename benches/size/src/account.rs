use aura_auth::leptos::{
    AuthForm, GuestRoute, Protected, ProtectedParentRoute, ProtectedRoute, SignIn, SignOut, SignedIn, SignedOut,
    provide_session, use_access_token, use_auth_actions, use_auth_error, use_disconnect_provider,
    use_is_provider_connected, use_provider_tokens, use_redirect_to, use_refresh_user_info, use_revoke_token,
    use_session,
};
use aura_auth::{AuthError, SessionUpdate};
use leptos::prelude::*;
use leptos_router::components::{Outlet, Route};
use leptos_router::{MatchNestedRoutes, path};

pub(crate) fn provide() {
    provide_session();
}

#[component(transparent)]
pub(crate) fn Pages() -> impl MatchNestedRoutes + Clone {
    view! {
        <Route path=path!("/") view=super::Home/>
        <GuestRoute path=path!("/sign-in") view=Login/>
        <ProtectedRoute path=path!("/dashboard") view=Account condition=|user: aura_auth::User| user.email.is_some()/>
        <ProtectedParentRoute path=path!("/settings") view=Outlet>
            <Route path=path!("") view=Account/>
        </ProtectedParentRoute>
    }
    .into_inner()
}

#[component]
fn Login() -> impl IntoView {
    let error = use_auth_error();
    view! {
        <p>{move || error.get().map(AuthError::message)}</p>
        <SignIn provider="bitbucket" redirect_to=use_redirect_to()>"Sign in"</SignIn>
    }
}

#[component]
pub(crate) fn Account() -> impl IntoView {
    let session = use_session();
    let auth = use_auth_actions();
    let token = use_access_token("bitbucket");
    let tokens = use_provider_tokens("bitbucket");
    let connected = use_is_provider_connected("bitbucket");
    let refresh = use_refresh_user_info("bitbucket");
    let revoke = use_revoke_token("bitbucket");
    let disconnect = use_disconnect_provider("bitbucket");
    view! {
        <SignedOut><SignIn provider="bitbucket">"Sign in"</SignIn></SignedOut>
        <SignedIn><SignOut>"Sign out"</SignOut></SignedIn>
        <Protected>
            <p>{move || session.user().and_then(|user| user.name)}{move || session.status().as_str()}</p>
            <p>{move || session.expires_in().map(|left| left.as_secs())}{move || connected.value()}</p>
            <p>{move || token.value()}{move || tokens.value().map(|tokens| tokens.token_type)}</p>
        </Protected>
        <button disabled=move || auth.pending() on:click=move |_| auth.sign_in.dispatch("bitbucket")>"In"</button>
        <button on:click=move |_| auth.sign_out.dispatch(None)>"Out"</button>
        <button on:click=move |_| auth.update_session.dispatch(SessionUpdate::default().set("name", "Ada"))>"Name"</button>
        <button on:click=move |_| { token.dispatch(()); tokens.dispatch(()); connected.dispatch(()); }>"Ask"</button>
        <AuthForm action=auth.update_session><input name="name"/></AuthForm>
        <AuthForm action=refresh><button>"Read again"</button></AuthForm>
        <AuthForm action=revoke><button>"Revoke"</button></AuthForm>
        <AuthForm action=disconnect><button>"Disconnect"</button></AuthForm>
        <button on:click=move |_| session.refetch()>"Refetch"</button>
    }
}
