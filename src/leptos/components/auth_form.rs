use std::rc::Rc;

use leptos::prelude::*;

use super::super::AuthAction;
use super::super::action::ErasedAction;
use super::super::query::form_error;
use super::form::{Form, at_once};
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
            update.set(&name, Some(&*value).filter(|value| !value.is_empty()))
        })
    }
}

/// A form that does what a hook does: with scripts through the hook, and without by being sent to
/// the endpoint, which sends the browser back to the page (or to the field `redirectTo`, if the form
/// has one and all went well).
///
/// What goes wrong is said in the form, in a `role="alert"` with the class `failure`; without scripts
/// too. While it works the form and its first button are `aria-busy`.
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
    form_of(action, class, None, children())
}

pub(super) fn form_of<I, O>(
    action: AuthAction<I, O>,
    class: String,
    redirect_to: Option<String>,
    children: AnyView,
) -> AnyView
where
    I: FormInput + 'static,
    O: Clone + Send + Sync + 'static,
{
    let send = move |fields| action.dispatch(I::from_fields(fields));
    form_of_any(action.action, Rc::new(send), class, redirect_to, children)
}

// The same for all types of input and output.
fn form_of_any(
    action: ErasedAction,
    send: Rc<dyn Fn(FormFields)>,
    class: String,
    redirect_to: Option<String>,
    children: AnyView,
) -> AnyView {
    let (session, path) = (action.session(), action.path());
    // What the address says is of a form that was sent without scripts.
    let failure = form_error(&search(), &path).map_or("", AuthError::message);
    // A message is one of this library's own, and no markup.
    let children = view! {
        {children}
        <div role="alert" class="failure" inner_html=failure></div>
    };
    let form = Form {
        method: "post",
        action: session.endpoint(&path),
        class,
        csrf_token: Some(session.csrf_token()),
        redirect_to,
        children: at_once(children),
    };
    form.view(Rc::new(move |form| {
        #[cfg(not(feature = "ssr"))]
        super::super::browser::form::send_on_submit(form, action, Rc::clone(&send), failure);
        #[cfg(feature = "ssr")]
        let _ = (form, &send);
    }))
}

#[cfg(feature = "ssr")]
fn search() -> String {
    use leptos_router::location::RequestUrl;

    let url = use_context::<RequestUrl>();
    url.and_then(|url| url.as_ref().split_once('?').map(|(_, query)| query.to_owned())).unwrap_or_default()
}

#[cfg(not(feature = "ssr"))]
fn search() -> String {
    window().location().search().unwrap_or_default()
}
