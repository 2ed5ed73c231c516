//! The root component with the layout of every page.

use aura_auth::leptos::{GuestRoute, ProtectedRoute, provide_session};
use leptos::prelude::*;
use leptos_meta::{Title, provide_meta_context};
use leptos_router::components::{FlatRoutes, Route, Router};
use leptos_router::{SsrMode, StaticSegment, path};

use crate::components::{Announcer, Header, Offline, provide_announcer};
use crate::pages::{Dashboard, Failed, Home, NotFound, SignInPage};

/// The path of the sign-in page, used by its route, by links and by the server's configuration.
pub(crate) const SIGN_IN_PAGE: &str = "/sign-in";

/// The application.
#[component]
pub fn App() -> impl IntoView {
    provide_meta_context();
    provide_session();
    provide_announcer();
    let demo = SharedValue::new(is_demo).into_inner();
    #[cfg(feature = "ssr")]
    crate::server::set_content_security_policy();

    view! {
        <Title formatter=|title: String| format!("{title} · Aura Auth")/>
        <Router>
            <a class="skip" href="#main">"Skip to the content"</a>
            <Header/>
            <main id="main">
                <Offline/>
                <FlatRoutes fallback=NotFound>
                    <Route path=path!("/") view=Home/>
                    <GuestRoute path=StaticSegment(SIGN_IN_PAGE) view=SignInPage home="/dashboard"/>
                    <Route path=path!("/sign-in/failed") view=Failed/>
                    // Without scripts, a browser shows only what is sent in order: the list of sessions, too.
                    <ProtectedRoute path=path!("/dashboard") view=Dashboard ssr=SsrMode::Async/>
                </FlatRoutes>
            </main>
            <Announcer/>
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

#[cfg(feature = "ssr")]
fn is_demo() -> bool {
    use_context::<crate::server::Demo>().is_some()
}

#[cfg(not(feature = "ssr"))]
fn is_demo() -> bool {
    false
}
