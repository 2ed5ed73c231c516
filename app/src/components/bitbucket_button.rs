use aura_auth::leptos::SignIn;
use leptos::prelude::*;

/// Signs in with Bitbucket. The mark is as Atlassian draws it, in one colour and with room around it, and
/// the words are the ones that sign-in buttons use.
#[component]
pub(crate) fn BitbucketButton(
    /// Where the person goes then.
    #[prop(into)]
    redirect_to: Signal<Option<String>>,
) -> impl IntoView {
    view! {
        <SignIn provider="bitbucket" redirect_to class="button bitbucket">
            <BitbucketMark/>
            "Continue with Bitbucket"
        </SignIn>
    }
}

/// Bitbucket's mark, in the colour of the text.
#[component]
pub(crate) fn BitbucketMark() -> impl IntoView {
    view! {
        <svg class="mark" viewBox="0 0 24 24" width="20" height="20" aria-hidden="true">
            <path d="M.778 1.213a.768.768 0 00-.768.892l3.263 19.81c.084.5.515.868 1.022.873H19.95a.772.772 0 00.77-.646l3.27-20.03a.768.768 0 00-.768-.891zM14.52 15.53H9.522L8.17 8.466h7.561z"></path>
        </svg>
    }
}
