use std::cell::Cell;
use std::rc::Rc;

use js_sys::Array;
use leptos::prelude::*;
use wasm_bindgen::JsCast as _;
use wasm_bindgen::closure::Closure;
use web_sys::{Element, Event, FormData};

use super::super::SessionHandle;
use super::super::action::ErasedAction;
use super::super::components::FormFields;
use super::effect;
use crate::AuthError;
use crate::json::Json;

/// A form that the browser itself sends, to another page.
pub(in crate::leptos) fn leave_on_submit(form: Element, session: SessionHandle, redirect_to: MaybeProp<String>) {
    let sent = form.clone();
    on_submit(
        &form,
        Box::new(move |_| {
            // It may have changed since.
            if let Ok(Some(field)) = sent.query_selector("[name=redirectTo]") {
                let field = Json(field.into());
                let target = redirect_to.get_untracked();
                field.set("disabled", target.is_none());
                field.set("value", target.unwrap_or_default());
            }
            set_busy(&sent, true);
        }),
    );
    effect(Box::new(move || {
        // Back may bring the page back.
        session.restored();
        set_busy(&form, false);
    }));
}

/// A form that an action sends; what the form says until then is `failure`.
pub(in crate::leptos) fn send_on_submit(
    form: Element,
    action: ErasedAction,
    send: Rc<dyn Fn(FormFields)>,
    failure: &'static str,
) {
    let sent = form.clone();
    on_submit(
        &form,
        Box::new(move |event| {
            event.prevent_default();
            if !untrack(|| action.pending()) {
                send(fields(&sent));
            }
        }),
    );
    let failure = Cell::new(failure);
    effect(Box::new(move || {
        set_busy(&form, action.pending());
        let failure = action.error().map_or(failure.take(), AuthError::message);
        if let Some(alert) = Json((&form).into()).get("lastElementChild")
            && alert.text("textContent").as_deref() != Some(failure)
        {
            alert.set("textContent", failure);
        }
    }));
}

/// Runs something whenever the form is sent, and nothing else; while its component is there.
fn on_submit(form: &Element, run: Box<dyn Fn(Event)>) {
    let run = Closure::wrap(run);
    Json(form.into()).set("onsubmit", run.as_ref());
    StoredValue::new_local(run);
}

fn set_busy(form: &Element, busy: bool) {
    let button = form.query_selector("button").ok().flatten();
    for element in [Some(form), button.as_ref()].into_iter().flatten() {
        let _ = if busy { element.set_attribute("aria-busy", "true") } else { element.remove_attribute("aria-busy") };
    }
}

fn fields(form: &Element) -> FormFields {
    let Ok(data) = FormData::new_with_form(form.unchecked_ref()) else { return FormFields::default() };
    let mut fields = Vec::new();
    for pair in Array::from(&data).iter() {
        let pair = Array::from(&pair);
        if let (Some(name), Some(value)) = (pair.get(0).as_string(), pair.get(1).as_string())
            && name != "csrf_token"
        {
            fields.push((name, value));
        }
    }
    FormFields(fields)
}
