//! Every hook and component.

use aura_auth::AuthError;
use aura_auth::leptos::server_functions::{EndSession, StartSignIn, UpdateSession};
use aura_auth::leptos::{
    GuestRoute, Protected, ProtectedParentRoute, ProtectedRoute, SignIn, SignOut, SignedIn, SignedOut,
    use_access_token, use_auth_actions, use_auth_error, use_disconnect_provider, use_is_provider_connected,
    use_provider_tokens, use_redirect_to, use_refresh_user_info, use_revoke_token, use_session,
};
use leptos::form::ActionForm;
use leptos::prelude::*;
use leptos_router::components::{Outlet, Route};
use leptos_router::{MatchNestedRoutes, path};

#[component(transparent)]
pub(crate) fn Pages() -> impl MatchNestedRoutes + Clone {
    view! {
        <Route path=path!("/") view=crate::Home/>
        <Route path=path!("/about") view=|| "About"/>
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
    let provider = || view! { <input type="hidden" name="provider" value="bitbucket"/> };
    view! {
        <SignedOut><SignIn provider="bitbucket">"Sign in"</SignIn></SignedOut>
        <SignedIn><SignOut>"Sign out"</SignOut></SignedIn>
        <Protected>
            <p>{move || session.user().and_then(|user| user.name)}{move || session.status().as_str()}</p>
            <p>{move || session.expires_in().map(|left| left.as_secs())}</p>
        </Protected>
        <Suspense>
            <p>{move || connected.get().and_then(Result::ok)}</p>
            <p>{move || token.get().and_then(Result::ok)}</p>
            <p>{move || tokens.get().and_then(Result::ok).map(|tokens| tokens.token_type)}</p>
        </Suspense>
        <button disabled=move || auth.pending() on:click=move |_| {
            auth.sign_in.dispatch(StartSignIn::with("bitbucket"));
        }>"In"</button>
        <button on:click=move |_| {
            auth.sign_out.dispatch(EndSession::new());
        }>"Out"</button>
        <button on:click=move |_| {
            auth.update_session.dispatch(UpdateSession::new().set("name", "Ada"));
        }>"Name"</button>
        <ActionForm action=auth.update_session><input name="name"/></ActionForm>
        <ActionForm action=refresh>{provider()}<button>"Read again"</button></ActionForm>
        <ActionForm action=revoke>{provider()}<button>"Revoke"</button></ActionForm>
        <ActionForm action=disconnect>{provider()}<button>"Disconnect"</button></ActionForm>
        <button on:click=move |_| session.refetch()>"Refetch"</button>
    }
}
