use aura_auth::Session;
use aura_auth::leptos::{Protected, SignOut, use_session};
use leptos::prelude::*;
use leptos_meta::Title;
use time::format_description::BorrowedFormatItem;
use time::macros::format_description;

const DAY_AND_TIME: &[BorrowedFormatItem<'static>] =
    format_description!("[day padding:none] [month repr:long] [year], [hour]:[minute] UTC");
const MACHINE: &[BorrowedFormatItem<'static>] = format_description!("[year]-[month]-[day]T[hour]:[minute]:[second]Z");

/// Who is signed in; for signed-in people only.
#[component]
pub(crate) fn Dashboard() -> impl IntoView {
    view! {
        <Title text="Dashboard"/>
        <Protected>
            <Account/>
        </Protected>
    }
}

#[component]
fn Account() -> impl IntoView {
    let session = use_session();
    move || session.session().map(account)
}

fn account(Session { user, expires }: Session) -> impl IntoView {
    let name = user.name.unwrap_or_else(|| "You".to_owned());
    let until = expires.format(DAY_AND_TIME).unwrap_or_default();
    let until_machine = expires.format(MACHINE).unwrap_or_default();
    view! {
        <section class="card">
            <div class="person">
                {user.image.map(|image| view! { <img src=image alt="" width="72" height="72"/> })}
                <div>
                    <p class="quiet">"Signed in with Bitbucket"</p>
                    <h1>{name}</h1>
                </div>
            </div>
            <dl>
                <dt>"E-mail"</dt>
                <dd>{user.email.unwrap_or_else(|| "Bitbucket gave no confirmed address".to_owned())}</dd>
                <dt>"UUID"</dt>
                <dd><code>{user.sub}</code></dd>
                <dt>"Signed in until"</dt>
                <dd><time datetime=until_machine>{until}</time></dd>
            </dl>
            <SignOut class="button">"Sign out"</SignOut>
        </section>
    }
}
