use js_sys::JSON;
use wasm_bindgen::JsCast as _;
use wasm_bindgen::closure::Closure;
use web_sys::{BroadcastChannel, MessageEvent};

use super::super::message::TabMessage;

/// The channel of the TypeScript release, so that its pages and ours hear each other.
const NAME: &str = "aura-auth";

/// How tabs tell each other. A message does not come back to the tab that sent it.
pub(super) struct Channel {
    channel: BroadcastChannel,
    _on_message: Closure<dyn Fn(MessageEvent)>,
}

impl Channel {
    /// None where the browser has no `BroadcastChannel`.
    pub(super) fn open(on_message: impl Fn(TabMessage) + 'static) -> Option<Self> {
        let channel = BroadcastChannel::new(NAME).ok()?;
        let on_message = Closure::<dyn Fn(MessageEvent)>::new(move |event: MessageEvent| {
            // Anything may come: other pages of the origin use the channel too.
            let text = JSON::stringify(&event.data()).ok().and_then(|text| text.as_string());
            if let Some(message) = text.and_then(|text| serde_json::from_str(&text).ok()) {
                on_message(message);
            }
        });
        channel.set_onmessage(Some(on_message.as_ref().unchecked_ref()));
        Some(Self { channel, _on_message: on_message })
    }

    pub(super) fn post(&self, message: &TabMessage) {
        let text = serde_json::to_string(message).unwrap_or_default();
        if let Ok(message) = JSON::parse(&text) {
            // A closed channel hears nothing; nobody needs to know.
            let _ = self.channel.post_message(&message);
        }
    }
}

impl Drop for Channel {
    fn drop(&mut self) {
        self.channel.set_onmessage(None);
        self.channel.close();
    }
}
