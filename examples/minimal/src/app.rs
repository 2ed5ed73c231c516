use aura_auth::leptos::{GuestRoute, ProtectedRoute, SignIn, SignOut, provide_session, use_redirect_to, use_session};
use leptos::prelude::*;
use leptos_router::components::{A, Route, Router, Routes};
use leptos_router::path;

pub fn shell(options: LeptosOptions) -> impl IntoView {
    view! {
        <!DOCTYPE html>
        <html lang="en">
            <head><title>"Minimal"</title><HydrationScripts options/></head>
            <body><App/></body>
        </html>
    }
}

#[component]
pub fn App() -> impl IntoView {
    provide_session();
    view! {
        <Router>
            <Routes fallback=|| "There is no page here.">
                <Route path=path!("/") view=|| view! { <A href="/private">"The page for members"</A> }/>
                <GuestRoute path=path!("/sign-in") view=SignInPage home="/private"/>
                <ProtectedRoute path=path!("/private") view=Private/>
            </Routes>
        </Router>
    }
}

#[component]
fn SignInPage() -> impl IntoView {
    view! { <SignIn provider="bitbucket" redirect_to=use_redirect_to()>"Continue with Bitbucket"</SignIn> }
}

#[component]
fn Private() -> impl IntoView {
    let session = use_session();
    view! {
        <h1>"Hello " {move || session.user().and_then(|user| user.name)}</h1>
        <SignOut>"Sign out"</SignOut>
    }
}
