use std::time::Duration;

use aura_auth::TokenSet;
use aura_auth::leptos::server_functions::StartSignIn;
use aura_auth::leptos::{
    SignOut, use_disconnect_provider, use_is_provider_connected, use_provider_tokens, use_refresh_user_info,
    use_session, use_sign_in, use_update_session,
};
use leptos::either::Either;
use leptos::form::ActionForm;
use leptos::prelude::*;
use leptos_meta::Title;
use time::OffsetDateTime;

use crate::components::{FormError, ProviderButton, date, duration, machine, provider_mark, use_announcer};

const PROVIDER: &str = "bitbucket";

/// Who is signed in, since when and until when, and what is connected. The route is for signed-in people
/// only.
#[component]
pub(crate) fn Dashboard() -> impl IntoView {
    view! {
        <Title text="Dashboard"/>
        <div class="board">
            <Profile/>
            <SessionCard/>
            <Connection/>
        </div>
    }
}

#[component]
fn Profile() -> impl IntoView {
    let session = use_session();
    let update = use_update_session();
    let refresh = use_refresh_user_info(PROVIDER);
    let sign_in = use_sign_in();
    let announcer = use_announcer();
    announcer.when(move || matches!(update.value().get(), Some(Ok(_))), "Your name is changed.");
    announcer.when(move || matches!(refresh.value().get(), Some(Ok(_))), "Your profile is as Bitbucket has it now.");
    let user = move || session.user().unwrap_or_default();
    let name = move || user().name.unwrap_or_else(|| "You".to_owned());
    view! {
        <section class="panel profile" aria-labelledby="profile">
            <div class="person">
                {move || user().image.map(|image| view! { <img src=image alt="" width="72" height="72"/> })}
                <div>
                    <p class="quiet">"Signed in with Bitbucket"</p>
                    <h1 id="profile">{name}</h1>
                </div>
            </div>
            <dl>
                <dt>"E-mail"</dt>
                <dd>{move || user().email.unwrap_or_else(|| "Bitbucket gave no confirmed address".to_owned())}</dd>
                <dt>"UUID"</dt>
                <dd><code>{move || user().sub}</code></dd>
            </dl>
            <ActionForm action=update attr:class="edit">
                <label for="name">"Name in this app"</label>
                <div class="row">
                    <input id="name" name="name" value=untrack(name) maxlength="256" autocomplete="name" required/>
                    <button type="submit" class="button quiet" disabled=update.pending()>"Save"</button>
                </div>
                <FormError action=update/>
            </ActionForm>
            <div class="actions">
                <ActionForm action=refresh>
                    <input type="hidden" name="provider" value=PROVIDER/>
                    <button type="submit" class="button quiet" disabled=refresh.pending()>
                        "Read from Bitbucket again"
                    </button>
                    <FormError action=refresh/>
                </ActionForm>
                <button
                    class="button quiet scripted"
                    disabled=sign_in.pending()
                    on:click=move |_| {
                        sign_in.dispatch(StartSignIn::with(PROVIDER).redirect_to("/dashboard"));
                    }
                >
                    "Switch account"
                </button>
                <SignOut class="button">"Sign out"</SignOut>
            </div>
        </section>
    }
}

#[component]
fn SessionCard() -> impl IntoView {
    let session = use_session();
    let age = move || {
        let since = instant(session.user()?.get::<i64>("signed_in_at"))?;
        let now = session.expires()? - session.expires_in()?;
        Duration::try_from(now - since).ok().filter(|age| age.as_secs() >= 120).map(duration)
    };
    let end =
        move || session.expires().map(|end| view! { <time class="exact" datetime=machine(end)>{date(end)}</time> });
    view! {
        <section class="panel" aria-labelledby="session">
            <h2 id="session">"Session"</h2>
            <dl>
                <dt>"Signed in for"</dt>
                <dd>{move || age().unwrap_or_else(|| "A moment".to_owned())}</dd>
                <dt>"Ends in"</dt>
                <dd>{move || session.expires_in().map(duration)} " " {end}</dd>
                <dt>"Kept"</dt>
                <dd>"In a sealed cookie; nothing on the server"</dd>
            </dl>
        </section>
    }
}

#[component]
fn Connection() -> impl IntoView {
    let announcer = use_announcer();
    let connected = use_is_provider_connected(PROVIDER);
    let disconnect = use_disconnect_provider(PROVIDER);
    announcer.when(
        move || matches!(disconnect.value().get(), Some(Ok(()))),
        "Bitbucket is disconnected. Its tokens are gone from this app.",
    );
    // Known from the beginning, so it is read without a `Suspense`, by what the resource derefs to.
    let is_connected = Memo::new(move |_| (*connected).get() == Some(Ok(true)));
    let dashboard = Signal::stored(Some("/dashboard".to_owned()));
    view! {
        <section class="panel" aria-labelledby="connection">
            <h2 id="connection">{provider_mark(PROVIDER, "Bitbucket")}"Bitbucket"</h2>
            <Show
                when=move || is_connected.get()
                fallback=move || view! {
                    <p>"Not connected: this app has no tokens of yours."</p>
                    <ProviderButton id=PROVIDER name="Bitbucket" redirect_to=dashboard/>
                }
            >
                <Tokens/>
                <ActionForm action=disconnect>
                    <input type="hidden" name="provider" value=PROVIDER/>
                    <button type="submit" class="button quiet" disabled=disconnect.pending()>
                        "Disconnect"
                    </button>
                    <FormError action=disconnect/>
                </ActionForm>
            </Show>
        </section>
    }
}

/// What is known of the tokens. Their cookies are not sent along with pages, so the browser asks.
#[component]
fn Tokens() -> impl IntoView {
    let tokens = use_provider_tokens(PROVIDER);
    let known = move || {
        tokens.get().map(|tokens| match tokens {
            Ok(tokens) => {
                Either::Left(view! { <TokenList class="" allowed=tokens.scopes.join(", ") until=until(&tokens)/> })
            }
            Err(error) => Either::Right(view! { <p class="failure" role="alert">{error.message()}</p> }),
        })
    };
    view! {
        <Transition fallback=|| view! {
            <TokenList class="skeleton" allowed="Loading" until="Loading"/>
            <p class="quiet unscripted">"What the tokens allow is shown where scripts run."</p>
        }>{known}</Transition>
    }
}

#[component]
fn TokenList(class: &'static str, #[prop(into)] allowed: String, #[prop(into)] until: String) -> impl IntoView {
    view! {
        <dl>
            <dt>"Allowed"</dt>
            <dd><span class=class>{allowed}</span></dd>
            <dt>"Access token good until"</dt>
            <dd><span class=class>{until}</span></dd>
        </dl>
    }
}

fn until(tokens: &TokenSet) -> String {
    instant(tokens.expires_at).map_or_else(|| "Bitbucket does not say".to_owned(), date)
}

fn instant(seconds: Option<i64>) -> Option<OffsetDateTime> {
    OffsetDateTime::from_unix_timestamp(seconds?).ok()
}
