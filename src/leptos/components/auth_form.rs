use leptos::prelude::*;

use super::super::AuthAction;
use super::super::action::ErasedAction;
use super::super::query::form_error;
use crate::{AuthError, SessionUpdate};

/// A form's fields as the browser would send them, in order, but for the CSRF token.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FormFields(pub Vec<(String, String)>);

/// What an [`AuthForm`](fn@AuthForm) makes of its fields.
pub trait FormInput {
    /// The action's input.
    fn from_fields(fields: FormFields) -> Self;
}

impl FormInput for () {
    fn from_fields(_: FormFields) -> Self {}
}

/// The field `redirectTo`.
impl FormInput for Option<String> {
    fn from_fields(FormFields(fields): FormFields) -> Self {
        fields.into_iter().find(|(name, value)| name == "redirectTo" && !value.is_empty()).map(|(_, value)| value)
    }
}

/// Every field but `redirectTo` is one of the user's; an empty one takes the value away.
impl FormInput for SessionUpdate {
    fn from_fields(FormFields(fields): FormFields) -> Self {
        let fields = fields.into_iter().filter(|(name, _)| name != "redirectTo");
        fields.fold(Self::default(), |update, (name, value)| {
            update.set(&name, Some(value).filter(|value| !value.is_empty()))
        })
    }
}

/// A form that does what a hook does: with scripts through the hook, and without by being sent to
/// the endpoint, which sends the browser back to the page (or to the field `redirectTo`, if the form
/// has one and all went well).
///
/// What goes wrong is said in the form, in a `role="alert"` with the class `failure`; without scripts
/// too. While it works the form is `aria-busy`.
///
/// It is for [`use_sign_out`](super::super::use_sign_out),
/// [`use_update_session`](super::super::use_update_session),
/// [`use_refresh_user_info`](super::super::use_refresh_user_info),
/// [`use_revoke_token`](super::super::use_revoke_token) and
/// [`use_disconnect_provider`](super::super::use_disconnect_provider), which have examples.
#[component]
pub fn AuthForm<I, O>(
    /// What the hook gave.
    action: AuthAction<I, O>,
    /// The form's class.
    #[prop(optional, into)]
    class: String,
    /// The fields and a button.
    children: Children,
) -> impl IntoView
where
    I: FormInput + 'static,
    O: Clone + Send + Sync + 'static,
{
    let send = move |fields| action.dispatch(I::from_fields(fields));
    form(action.action, Box::new(send), class, children())
}

// The same for all types of input and output.
fn form(action: ErasedAction, send: Box<dyn Fn(FormFields)>, class: String, children: AnyView) -> AnyView {
    let (session, path) = (action.session(), action.path());
    let endpoint = session.endpoint(&path);
    // What the address says is of a form that was sent without scripts.
    let (sent_before, set_sent_before) = signal(form_error(&search(), &path).is_some());
    let failure = move || {
        let before = if sent_before.get() { form_error(&search(), &path) } else { None };
        action.error().or(before).map_or("", AuthError::message)
    };
    let submit = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        set_sent_before.set(false);
        if !untrack(|| action.pending()) {
            send(fields(&event));
        }
    };
    view! {
        <form
            method="post"
            action=endpoint
            class=class
            aria-busy=move || action.pending().then_some("true")
            on:submit=submit
        >
            <input type="hidden" name="csrf_token" value=session.csrf_token()/>
            {children}
            // A message is one of this library's own, and no markup.
            <div role="alert" class="failure" inner_html=failure></div>
        </form>
    }
    .into_any()
}

#[cfg(feature = "ssr")]
use self::on_server::{fields, search};
#[cfg(feature = "ssr")]
mod on_server {
    use leptos::prelude::use_context;
    use leptos_router::location::RequestUrl;

    use super::FormFields;

    pub(super) fn search() -> String {
        let url = use_context::<RequestUrl>();
        url.and_then(|url| url.as_ref().split_once('?').map(|(_, query)| query.to_owned())).unwrap_or_default()
    }

    /// Nobody sends a form on the server.
    pub(super) fn fields(_: &leptos::ev::SubmitEvent) -> FormFields {
        FormFields::default()
    }
}

#[cfg(not(feature = "ssr"))]
use self::in_browser::{fields, search};
#[cfg(not(feature = "ssr"))]
mod in_browser {
    use js_sys::Array;
    use leptos::prelude::{event_target, window};
    use wasm_bindgen::JsValue;
    use web_sys::{FormData, HtmlFormElement};

    use super::FormFields;

    pub(super) fn search() -> String {
        window().location().search().unwrap_or_default()
    }

    pub(super) fn fields(event: &leptos::ev::SubmitEvent) -> FormFields {
        let Ok(data) = FormData::new_with_form(&event_target::<HtmlFormElement>(event)) else {
            return FormFields::default();
        };
        let pairs = Array::from(&data);
        let pairs = pairs.iter().filter_map(|pair| {
            let pair = Array::from(&pair);
            Some((pair.get(0).as_string()?, JsValue::as_string(&pair.get(1))?))
        });
        FormFields(pairs.filter(|(name, _)| name != "csrf_token").collect())
    }
}
