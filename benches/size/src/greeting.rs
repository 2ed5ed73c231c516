use leptos::form::ActionForm;
use leptos::prelude::*;

#[server]
async fn greet(name: String) -> Result<String, ServerFnError> {
    Ok(name)
}

#[component]
pub(crate) fn Greeting() -> impl IntoView {
    let greet = ServerAction::<Greet>::new();
    view! {
        <ActionForm action=greet><input name="name"/><button>"Greet"</button></ActionForm>
        <p>{move || greet.value().get().and_then(Result::ok)}</p>
    }
}
