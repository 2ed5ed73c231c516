use std::time::Duration;

use aura_auth::leptos::server_functions::{RevokeSession, StartSignIn};
use aura_auth::leptos::{
    ConfiguredProvider, SignOut, use_disconnect_provider, use_is_provider_connected, use_link_account,
    use_provider_tokens, use_providers, use_refresh_user_info, use_revoke_other_sessions, use_revoke_session,
    use_session, use_sessions, use_sign_in, use_update_session,
};
use aura_auth::{ActiveSession, AuthError, Session, TokenSet};
use leptos::either::Either;
use leptos::form::ActionForm;
use leptos::prelude::*;
use leptos_meta::Title;
use time::OffsetDateTime;

use crate::components::{FormError, ProviderButton, date, duration, machine, provider_mark, use_announcer};

impl Provider {
    /// Returns the provider of a session. A session that the TypeScript release created does not name it, so the first
    /// configured provider is used.
    fn of(session: &Session, configured: &[ConfiguredProvider]) -> Self {
        let id = session.identity.as_ref().map(|identity| &identity.provider);
        let found = configured.iter().find(|provider| id.is_none_or(|id| *id == provider.id));
        // A provider that is no longer configured has no name.
        let id = id.or(found.map(|provider| &provider.id)).cloned().unwrap_or_default();
        let name = found.map_or_else(|| id.clone(), |provider| provider.name.clone());
        Self { id, name }
    }
}

/// Shows who is signed in, since when and until when, and the connected providers. The route is only for signed-in
/// people.
#[component]
pub(crate) fn Dashboard() -> impl IntoView {
    let (session, configured) = (use_session(), use_providers());
    let provider = Memo::new({
        let configured = configured.clone();
        move |before: Option<&Provider>| {
            session.with(|session| match session {
                Some(Some(session)) => Provider::of(session, &configured),
                // The person has signed out, and the page is about to be left.
                _ => before.cloned().unwrap_or_default(),
            })
        }
    });
    let sessions = use_sessions();
    // Each hook is for one provider. In another tab, a person may sign in with another provider.
    let board = move || {
        let provider = provider.get();
        let others = configured.iter().filter(|other| other.id != provider.id);
        let others: Vec<_> = others
            .map(|other| Provider { id: other.id.clone(), name: other.name.clone() })
            .map(|provider| view! { <Connection provider is_linked=true/> })
            .collect();
        view! {
            <Profile provider=provider.clone()/>
            <div class="panels">
                <SessionCard sessions/>
                <Connection provider/>
                {others}
            </div>
            <Devices sessions/>
        }
    };
    view! {
        <Title text="Dashboard"/>
        <div class="board">{board}</div>
    }
}

#[component]
fn Profile(provider: Provider) -> impl IntoView {
    let Provider { id, name: provider } = provider;
    let session = use_session();
    let update = use_update_session();
    let refresh = use_refresh_user_info(&id);
    let sign_in = use_sign_in();
    let announcer = use_announcer();
    announcer.when(move || matches!(update.value().get(), Some(Ok(_))), "Your name is changed.");
    announcer.when(
        move || matches!(refresh.value().get(), Some(Ok(_))),
        format!("Your profile now shows the data from {provider}."),
    );
    let user = move || session.user().unwrap_or_default();
    let name = move || user().name.unwrap_or_else(|| "You".to_owned());
    let no_address = format!("{provider} sent no confirmed address");
    let again = StartSignIn::with(id.clone()).redirect_to("/dashboard");
    view! {
        <section class="panel profile" aria-labelledby="profile">
            <div class="person">
                {move || user().image.map(|image| view! { <img src=image alt="" width="72" height="72"/> })}
                <div>
                    <p class="quiet">{format!("Signed in with {provider}")}</p>
                    <h1 id="profile">{name}</h1>
                </div>
            </div>
            <dl>
                <dt>"E-mail"</dt>
                <dd>{move || user().email.unwrap_or_else(|| no_address.clone())}</dd>
                <dt>"Account"</dt>
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
                    <input type="hidden" name="provider" value=id/>
                    <button type="submit" class="button quiet" disabled=refresh.pending()>
                        {format!("Read from {provider} again")}
                    </button>
                    <FormError action=refresh/>
                </ActionForm>
                <button
                    class="button quiet scripted"
                    disabled=sign_in.pending()
                    on:click=move |_| {
                        sign_in.dispatch(again.clone());
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
fn SessionCard(sessions: Resource<Result<Vec<ActiveSession>, AuthError>>) -> impl IntoView {
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
                <dt>"Stored"</dt>
                <dd><Transition>{move || sessions.get().map(|sessions| place(&sessions))}</Transition></dd>
            </dl>
        </section>
    }
}

/// Where the session is.
fn place(sessions: &Result<Vec<ActiveSession>, AuthError>) -> &'static str {
    match sessions {
        Err(AuthError::SessionsNotStored) => "In an encrypted cookie; not on the server",
        _ => "On the server; the cookie has a random token",
    }
}

/// The browsers in which the person is signed in. If sessions are in cookies, the server does not know them, and there
/// is no such panel.
#[component]
fn Devices(sessions: Resource<Result<Vec<ActiveSession>, AuthError>>) -> impl IntoView {
    let (revoke, revoke_others) = (use_revoke_session(), use_revoke_other_sessions());
    let announcer = use_announcer();
    announcer.when(move || matches!(revoke.value().get(), Some(Ok(_))), "That browser is signed out.");
    announcer
        .when(move || matches!(revoke_others.value().get(), Some(Ok(_))), "You are signed out in all other browsers.");
    let list = move |sessions: Vec<ActiveSession>| {
        let has_others = sessions.iter().any(|session| !session.current);
        let entries: Vec<_> = sessions.into_iter().map(|session| view! { <Device session revoke/> }).collect();
        view! {
            <ul class="devices">{entries}</ul>
            {has_others.then(|| view! {
                <ActionForm action=revoke_others>
                    <button type="submit" class="button quiet" disabled=revoke_others.pending()>
                        "Sign out in all other browsers"
                    </button>
                </ActionForm>
            })}
        }
    };
    let panel = move || {
        let content = match sessions.get()? {
            Ok(sessions) => Either::Left(list(sessions)),
            // The person has signed out, and the page is about to be left.
            Err(AuthError::SessionsNotStored | AuthError::SessionNotFound) => return None,
            Err(error) => Either::Right(view! { <p class="failure" role="alert">{error.message()}</p> }),
        };
        Some(view! {
            <section class="panel" aria-labelledby="devices">
                <h2 id="devices">"Where you are signed in"</h2>
                {content}
            </section>
        })
    };
    view! {
        <div class="wide">
            <Transition>{panel}</Transition>
            <FormError action=revoke/>
            <FormError action=revoke_others/>
        </div>
    }
}

#[component]
fn Device(session: ActiveSession, revoke: ServerAction<RevokeSession>) -> impl IntoView {
    let ActiveSession { id, current, device, address, last_seen_at, .. } = session;
    let device = device.unwrap_or_else(|| "Unknown browser".to_owned());
    let label = format!("Sign out {device}");
    let address = address.map(|address| view! { <span>{address}</span> });
    let action = if current {
        Either::Left(view! { <p class="badge">"This browser"</p> })
    } else {
        Either::Right(view! {
            <ActionForm action=revoke>
                <input type="hidden" name="id" value=id/>
                <button type="submit" class="button quiet" aria-label=label disabled=revoke.pending()>"Sign out"</button>
            </ActionForm>
        })
    };
    view! {
        <li>
            <div>
                <p class="device">{device}</p>
                <p class="quiet">
                    {address}
                    <span>"Last used " <time datetime=machine(last_seen_at)>{date(last_seen_at)}</time></span>
                </p>
            </div>
            {action}
        </li>
    }
}

/// The app's tokens of a provider. Either the person signed in with this provider, or an account at this provider is
/// linked.
#[component]
fn Connection(provider: Provider, #[prop(optional)] is_linked: bool) -> impl IntoView {
    let Provider { id, name } = provider.clone();
    let announcer = use_announcer();
    let connected = use_is_provider_connected(&id);
    let disconnect = use_disconnect_provider(&id);
    announcer.when(
        move || matches!(disconnect.value().get(), Some(Ok(()))),
        format!("{name} is disconnected. This app no longer has its tokens."),
    );
    // The value is available at once, so it is read without a `Suspense`, through the resource's deref target.
    let is_connected = Memo::new(move |_| (*connected).get() == Some(Ok(true)));
    let (heading, labelled_by) = (format!("connection-{id}"), format!("connection-{id}"));
    let unconnected = provider.clone();
    view! {
        <section class="panel" aria-labelledby=labelled_by>
            <h2 id=heading>{provider_mark(&id, &name)}{name}</h2>
            <Show
                when=move || is_connected.get()
                fallback=move || view! { <Unconnected provider=unconnected.clone() is_linked/> }
            >
                <Tokens provider=provider.clone()/>
                <ActionForm action=disconnect clone:provider>
                    <input type="hidden" name="provider" value=provider.id.clone()/>
                    <button type="submit" class="button quiet" disabled=disconnect.pending()>
                        "Disconnect"
                    </button>
                    <FormError action=disconnect/>
                </ActionForm>
            </Show>
        </section>
    }
}

#[component]
fn Unconnected(provider: Provider, is_linked: bool) -> impl IntoView {
    let Provider { id, name } = provider;
    let link = use_link_account(&id);
    let dashboard = Signal::stored(Some("/dashboard".to_owned()));
    let begin = if is_linked {
        Either::Left(view! {
            <ActionForm action=link>
                <input type="hidden" name="provider" value=id/>
                <input type="hidden" name="redirect_to" value="/dashboard"/>
                <button type="submit" class="button quiet" disabled=link.pending()>{format!("Connect {name}")}</button>
                <FormError action=link/>
            </ActionForm>
        })
    } else {
        Either::Right(view! { <ProviderButton id name redirect_to=dashboard/> })
    };
    view! {
        <p>"Not connected: this app has no tokens for your account."</p>
        {begin}
    }
}

/// Shows the properties of the tokens. Pages do not carry the tokens' cookies, so the browser fetches them.
#[component]
fn Tokens(provider: Provider) -> impl IntoView {
    let tokens = use_provider_tokens(&provider.id);
    let known = move || {
        tokens.get().map(|tokens| match tokens {
            Ok(tokens) => {
                let until = until(&tokens, &provider.name);
                Either::Left(view! { <TokenList class="" allowed=tokens.scopes.join(", ") until/> })
            }
            Err(error) => Either::Right(view! { <p class="failure" role="alert">{error.message()}</p> }),
        })
    };
    view! {
        <Transition fallback=|| view! {
            <TokenList class="skeleton" allowed="Loading" until="Loading"/>
            <p class="quiet unscripted">"Turn on JavaScript to see what the tokens allow."</p>
        }>{known}</Transition>
    }
}

#[component]
fn TokenList(class: &'static str, #[prop(into)] allowed: String, #[prop(into)] until: String) -> impl IntoView {
    view! {
        <dl>
            <dt>"Allowed"</dt>
            <dd><span class=class>{allowed}</span></dd>
            <dt>"Access token valid until"</dt>
            <dd><span class=class>{until}</span></dd>
        </dl>
    }
}

fn until(tokens: &TokenSet, provider: &str) -> String {
    instant(tokens.expires_at).map_or_else(|| format!("{provider} does not say"), date)
}

fn instant(seconds: Option<i64>) -> Option<OffsetDateTime> {
    OffsetDateTime::from_unix_timestamp(seconds?).ok()
}

/// The provider that the person signed in with.
#[derive(Clone, Default, PartialEq)]
struct Provider {
    id: String,
    name: String,
}
