use std::sync::LazyLock;

use aura_auth::leptos::{SignedIn, SignedOut};
use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::components::A;

use crate::components::ProviderButton;

/// The code of the example, from its component on.
static CODE: LazyLock<&str> = LazyLock::new(|| {
    let example = include_str!("home_example.rs");
    example.find("#[component]").map_or(example, |start| &example[start..])
});

/// Presents the library with a working sign-in and its code.
#[component]
pub(crate) fn Home() -> impl IntoView {
    let dashboard = Signal::stored(Some("/dashboard".to_owned()));
    view! {
        <Title text="Sign in with Bitbucket"/>
        <section class="hero">
            <div>
                <h1>"Your session is ready before the page loads."</h1>
                <p class="lead">
                    "A Leptos app that signs people in with Bitbucket. The server knows who you are before it \
                     renders, and every button here works without scripts."
                </p>
            </div>
            <div class="live">
                <div class="try">
                    <p class="quiet">"Try it"</p>
                    <SignedOut><ProviderButton id="bitbucket" name="Bitbucket" redirect_to=dashboard/></SignedOut>
                    <SignedIn><A href="/dashboard" attr:class="button">"Open your dashboard"</A></SignedIn>
                </div>
                <pre tabindex="0" aria-label="The code of this example"><code>{*CODE}</code></pre>
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
                <h2>"The same in every tab"</h2>
                <p>"Sign out in one tab, and all tabs show it. No tab shows a session that has ended."</p>
            </li>
        </ul>
    }
}
