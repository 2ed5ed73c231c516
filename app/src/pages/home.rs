use aura_auth::leptos::{SignIn, SignedIn, SignedOut};
use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::components::A;

/// What this is, and the way in.
#[component]
pub(crate) fn Home() -> impl IntoView {
    view! {
        <Title text="Sign in with Bitbucket"/>
        <section class="hero">
            <h1>"Sign-in that is there before the page is."</h1>
            <p class="lead">
                "A Leptos app that signs people in with Bitbucket. The server knows who you are \
                 before it renders, and every button here works without scripts."
            </p>
            <div class="actions">
                <SignedOut>
                    <SignIn provider="bitbucket" redirect_to="/dashboard" class="button">
                        "Continue with Bitbucket"
                    </SignIn>
                </SignedOut>
                <SignedIn>
                    <A href="/dashboard" attr:class="button">"Open your dashboard"</A>
                </SignedIn>
            </div>
        </section>
        <ul class="points">
            <li>
                <h2>"One binary"</h2>
                <p>"Pages, endpoints and assets are one file that starts in milliseconds."</p>
            </li>
            <li>
                <h2>"Sealed sessions"</h2>
                <p>"Signed, then encrypted, in a cookie that no script can read. There is no database to run."</p>
            </li>
            <li>
                <h2>"Yours to change"</h2>
                <p>"Start from this app: its pages, its style sheet and its configuration are small and plain."</p>
            </li>
        </ul>
    }
}
