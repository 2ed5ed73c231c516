//! The root component and what stands around every page.

use aura_auth::leptos::{SignOut, SignedIn, SignedOut, provide_session, use_session};
use leptos::prelude::*;
use leptos_meta::{Title, provide_meta_context};
use leptos_router::components::{A, Route, Router, Routes};
use leptos_router::path;

use crate::pages::{Dashboard, Failed, Home, NotFound, SignInPage};

/// The application.
#[component]
pub fn App() -> impl IntoView {
    provide_meta_context();
    provide_session();
    let demo = SharedValue::new(is_demo).into_inner();
    #[cfg(feature = "ssr")]
    crate::server::set_content_security_policy();

    view! {
        <Title formatter=|title: String| format!("{title} · Aura Auth")/>
        <Router>
            <a class="skip" href="#main">"Skip to the content"</a>
            <Header/>
            <main id="main">
                <Routes fallback=NotFound>
                    <Route path=path!("/") view=Home/>
                    <Route path=path!("/sign-in") view=SignInPage/>
                    <Route path=path!("/sign-in/failed") view=Failed/>
                    <Route path=path!("/dashboard") view=Dashboard/>
                </Routes>
            </main>
            <footer>
                {demo.then(|| view! {
                    <p class="demo" role="note">
                        <strong>"This is a demo."</strong>
                        " It signs in with a stand-in for Bitbucket; no real account is involved."
                    </p>
                })}
                <p>"Aura Auth for Leptos"</p>
            </footer>
        </Router>
    }
}

#[component]
fn Header() -> impl IntoView {
    let session = use_session();
    let name = move || session.user().and_then(|user| user.name);
    view! {
        <header>
            <A href="/" attr:class="brand">
                <svg viewBox="0 0 32 32" width="28" height="28" aria-hidden="true">
                    <circle cx="16" cy="16" r="15" class="halo"></circle>
                    <circle cx="16" cy="16" r="7"></circle>
                </svg>
                "Aura Auth"
            </A>
            <nav aria-label="Account">
                <SignedOut>
                    <A href="/sign-in" attr:class="button quiet">"Sign in"</A>
                </SignedOut>
                <SignedIn>
                    <A href="/dashboard" attr:class="who">{name}</A>
                    <SignOut class="button quiet">"Sign out"</SignOut>
                </SignedIn>
            </nav>
        </header>
    }
}

#[cfg(feature = "ssr")]
fn is_demo() -> bool {
    use_context::<crate::server::Demo>().is_some()
}

#[cfg(not(feature = "ssr"))]
fn is_demo() -> bool {
    false
}
