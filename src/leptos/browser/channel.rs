use leptos::prelude::*;
use wasm_bindgen::JsValue;
use wasm_bindgen::closure::Closure;
use web_sys::BroadcastChannel;

use super::super::SessionHandle;
use super::store::{Store, learn};
use super::{check, now};
use crate::Session;
use crate::json::Json;

/// The channel of the TypeScript release, so that its pages and ours hear each other.
const NAME: &str = "aura-auth";

/// How tabs tell each other. A message does not come back to the one who sent it.
pub(super) struct Channel {
    channel: BroadcastChannel,
    _on_message: Closure<dyn Fn(JsValue)>,
}

impl Drop for Channel {
    fn drop(&mut self) {
        set_on_message(&self.channel, &JsValue::NULL);
        self.channel.close();
    }
}

fn set_on_message(channel: &BroadcastChannel, listener: &JsValue) {
    Json(channel.into()).set("onmessage", listener);
}

/// Hears what other tabs say from here on.
pub(super) fn listen(session: SessionHandle) {
    let Ok(channel) = BroadcastChannel::new(NAME) else { return };
    let on_message = Closure::<dyn Fn(JsValue)>::new(move |event| {
        if let Some(message) = Json(event).get("data") {
            hear(session, &message);
        }
    });
    set_on_message(&channel, on_message.as_ref());
    session.with(|state| state.store.channel.set(Some(Channel { channel, _on_message: on_message })));
}

/// Hears nothing more: a browser keeps no page in its memory that others talk to.
pub(super) fn close(session: SessionHandle) {
    let channel = session.with(|state| state.store.channel.take());
    drop(channel);
}

/// Tells the other tabs what this one knows.
pub(super) fn tell(session: SessionHandle, hello: bool) {
    let known = untrack(|| session.session());
    session.with(|state| send(&state.store, known.as_ref(), hello));
}

/// The TypeScript release knows `type` and `payload`. `at` says when it was so, in milliseconds since
/// 1970, and `hello` that the page has just been opened, and wants to be told if it is not so any more.
pub(super) fn send(store: &Store, session: Option<&Session>, hello: bool) {
    let Some(channel) = store.channel.take() else { return };
    let message = Json::object();
    message.set("type", if session.is_some() { "session:update" } else { "session:clear" });
    message.set("at", store.known_at.get());
    message.set("hello", hello);
    if let Some(session) = session {
        message.set("payload", session.to_json().0);
    }
    let _ = channel.channel.post_message(&message.0);
    store.channel.set(Some(channel));
}

fn hear(session: SessionHandle, message: &Json) {
    let found = message.get("payload").and_then(|payload| Session::from_json(&payload));
    let at = message.number("at").unwrap_or_else(now);
    let hello = message.boolean("hello").unwrap_or_default();
    match (message.text("type").as_deref(), found.is_some()) {
        (Some("session:update"), true) | (Some("session:clear"), false) => {}
        // The TypeScript release's word for "ask anew".
        (Some("session:sync"), _) => return check(session),
        _ => return,
    }
    let known_at = session.with(|state| state.store.known_at.get());
    let known = untrack(|| session.session());
    if at > known_at && hello && found.is_none() && known.is_some() {
        // A page may be opened without the cookie (by another site's form, say): that is no proof.
        check(session);
    } else if at > known_at {
        learn(session, found, at);
    } else if hello && at < known_at && !is_same(known.as_ref(), found.as_ref()) {
        // A page that took long to load: what it was made with is past.
        tell(session, false);
    }
}

fn is_same(one: Option<&Session>, other: Option<&Session>) -> bool {
    match (one, other) {
        (Some(one), Some(other)) => {
            one.user == other.user && one.expires.unix_timestamp() == other.expires.unix_timestamp()
        }
        (None, None) => true,
        _ => false,
    }
}
