use aura_auth::leptos::{SignOut, SignedIn, SignedOut, use_session, use_sign_in};
use leptos::form::ActionForm;
use leptos::prelude::*;

#[component]
fn Account() -> impl IntoView {
    let sign_in = use_sign_in();
    let session = use_session();
    let name = move || {
        session.user()?.name
    };
    view! {
      <SignedOut>
        <ActionForm action=sign_in>
          <input type="hidden"
            name="provider"
            value="bitbucket"/>
          <button>"Sign in"</button>
        </ActionForm>
      </SignedOut>
      <SignedIn>
        <p>"Hello " {name}</p>
        <SignOut>"Sign out"</SignOut>
      </SignedIn>
    }
}
