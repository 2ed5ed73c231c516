use std::time::Duration;

use aura_auth::leptos::{
    AuthForm, SignOut, use_disconnect_provider, use_is_provider_connected, use_provider_tokens, use_refresh_user_info,
    use_session, use_update_session,
};
use aura_auth::{AuthError, SessionStatus, TokenSet};
use leptos::prelude::*;
use leptos_meta::Title;
use time::OffsetDateTime;

use crate::components::{BitbucketButton, BitbucketMark, date, duration, live, machine, piece, text, use_announcer};

const PROVIDER: &str = "bitbucket";

/// Who is signed in, since when and until when, and what is connected; the route is for signed-in people
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
    let (session, announcer) = (use_session(), use_announcer());
    let (update, refresh) = (use_update_session(), use_refresh_user_info(PROVIDER));
    announcer.when(move || update.value().is_some(), "Your name is changed.");
    announcer.when(move || refresh.value().is_some(), "Your profile is as Bitbucket has it now.");
    let user = move || session.user().unwrap_or_default();
    let name = move || user().name.unwrap_or_else(|| "You".to_owned());
    let picture = move || user().image.map(|image| view! { <img src=image alt="" width="72" height="72"/> }).into_any();
    let address = move || user().email.unwrap_or_else(|| "Bitbucket gave no confirmed address".to_owned());
    view! {
        <section class="panel profile" aria-labelledby="profile">
            <div class="person">
                {piece(picture)}
                <div>
                    <p class="quiet">"Signed in with Bitbucket"</p>
                    <h1 id="profile">{text(name)}</h1>
                </div>
            </div>
            <dl>
                <dt>"E-mail"</dt>
                <dd>{text(address)}</dd>
                <dt>"UUID"</dt>
                <dd><code>{text(move || user().sub)}</code></dd>
            </dl>
            <AuthForm action=update class="edit">
                <label for="name">"Name in this app"</label>
                <div class="row">
                    <input id="name" name="name" value=untrack(name) maxlength="256" autocomplete="name" required/>
                    <button type="submit" class="button quiet">"Save"</button>
                </div>
            </AuthForm>
            <div class="actions">
                <AuthForm action=refresh>
                    <button type="submit" class="button quiet">"Read from Bitbucket again"</button>
                </AuthForm>
                <SignOut class="button">"Sign out"</SignOut>
            </div>
        </section>
    }
    .into_any()
}

#[component]
fn SessionCard() -> impl IntoView {
    let session = use_session();
    let since = move || instant(session.user()?.get::<i64>("signed_in_at"));
    let left = move || session.expires_in().map(duration).unwrap_or_default();
    let age = move || {
        let now = session.expires()? - session.expires_in()?;
        Duration::try_from(now - since()?).ok().filter(|age| age.as_secs() >= 120).map(duration)
    };
    let end = move || {
        let end = session.expires();
        end.map(|end| view! { <time class="exact" datetime=machine(end)>{date(end)}</time> }).into_any()
    };
    view! {
        <section class="panel" aria-labelledby="session">
            <h2 id="session">"Session"</h2>
            <dl>
                <dt>"Signed in for"</dt>
                <dd>{text(move || age().unwrap_or_else(|| "A moment".to_owned()))}</dd>
                <dt>"Ends in"</dt>
                <dd>{text(left)} " " {piece(end)}</dd>
                <dt>"Kept"</dt>
                <dd>"In a sealed cookie; nothing on the server"</dd>
            </dl>
        </section>
    }
    .into_any()
}

#[component]
fn Connection() -> impl IntoView {
    let announcer = use_announcer();
    let (connected, disconnect) = (use_is_provider_connected(PROVIDER), use_disconnect_provider(PROVIDER));
    let is_connected = Memo::new(move |_| connected.value() == Some(true));
    announcer
        .when(move || disconnect.value().is_some(), "Bitbucket is disconnected. Its tokens are gone from this app.");
    let content = move || {
        if is_connected.get() {
            view! {
                <Tokens/>
                <AuthForm action=disconnect>
                    <button type="submit" class="button quiet">"Disconnect"</button>
                </AuthForm>
            }
            .into_any()
        } else {
            view! {
                <p>"Not connected: this app has no tokens of yours."</p>
                <BitbucketButton redirect_to=Signal::stored(Some("/dashboard".to_owned()))/>
            }
            .into_any()
        }
    };
    view! {
        <section class="panel" aria-labelledby="connection">
            <h2 id="connection"><BitbucketMark/>"Bitbucket"</h2>
            {piece(content)}
        </section>
    }
    .into_any()
}

/// What is known of the tokens. They are not sent along with pages, so a script asks for them.
#[component]
fn Tokens() -> impl IntoView {
    let (session, tokens) = (use_session(), use_provider_tokens(PROVIDER));
    // Once more when the server can be reached again, or somebody else has signed in in another tab.
    let whose = Memo::new(move |_| {
        let is_reached = session.status() != SessionStatus::Stale;
        session.user().filter(|_| is_reached).map(|user| user.sub)
    });
    Effect::new(move || {
        if whose.get().is_some() {
            tokens.dispatch(());
        }
    });
    let known = move |say: fn(&TokenSet) -> String| {
        piece(move || match (tokens.value(), tokens.pending()) {
            (Some(tokens), _) => say(&tokens).into_any(),
            (None, true) => view! { <span class="skeleton">"Loading"</span> }.into_any(),
            (None, false) => "Shown where scripts run".to_owned().into_any(),
        })
    };
    let until =
        |tokens: &TokenSet| instant(tokens.expires_at).map_or_else(|| "Bitbucket does not say".to_owned(), date);
    view! {
        <dl>
            <dt>"Allowed"</dt>
            <dd>{known(|tokens| tokens.scopes.join(", "))}</dd>
            <dt>"Access token good until"</dt>
            <dd>{known(until)}</dd>
        </dl>
        {live("alert", "failure", move || tokens.error().map_or("", AuthError::message))}
    }
}

fn instant(seconds: Option<i64>) -> Option<OffsetDateTime> {
    OffsetDateTime::from_unix_timestamp(seconds?).ok()
}
