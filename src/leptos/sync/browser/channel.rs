use js_sys::JSON;
use wasm_bindgen::JsCast as _;
use wasm_bindgen::closure::Closure;
use web_sys::{BroadcastChannel, MessageEvent};

use crate::leptos::sync::message::TabMessage;

/// The channel name of the TypeScript release, so that its pages and ours receive each other's messages.
const NAME: &str = "aura-auth";

/// The channel between tabs. A tab does not receive its own messages.
pub(super) struct Channel {
    channel: BroadcastChannel,
    _on_message: Closure<dyn Fn(MessageEvent)>,
}

impl Channel {
    /// Opens the channel. Returns `None` if the browser does not support `BroadcastChannel`.
    pub(super) fn open(on_message: impl Fn(TabMessage) + 'static) -> Option<Self> {
        let channel = BroadcastChannel::new(NAME).ok()?;
        let on_message = Closure::<dyn Fn(MessageEvent)>::new(move |event: MessageEvent| {
            // Other pages of the origin use the channel too, so a message can have any content.
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
            // Posting fails only if the channel is closed. Then no tab needs the message.
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
