use std::time::Duration;

use leptos::prelude::*;

use super::Live;

/// How long an announcement is shown. Screen readers have read it by then.
const SHOWN: Duration = Duration::from_secs(8);

/// Announces that something was done, to eyes and to screen readers, and takes it away again.
#[derive(Clone, Copy)]
pub(crate) struct Announcements {
    text: RwSignal<String>,
    count: StoredValue<u32>,
}

pub(crate) fn provide_announcer() {
    provide_context(Announcements { text: RwSignal::default(), count: StoredValue::new(0) });
}

pub(crate) fn use_announcer() -> Announcements {
    expect_context()
}

impl Announcements {
    /// Announces something each time that `done` has become true.
    pub(crate) fn when(self, done: impl Fn() -> bool + 'static, text: impl Into<String>) {
        let text = text.into();
        Effect::new(move || {
            if done() {
                self.announce(&text);
            }
        });
    }

    fn announce(self, text: &str) {
        let mine = self.count.get_value() + 1;
        self.count.set_value(mine);
        self.text.set(text.to_owned());
        set_timeout(
            move || {
                if self.count.get_value() == mine {
                    self.text.set(String::new());
                }
            },
            SHOWN,
        );
    }
}

/// Where it is announced.
#[component]
pub(crate) fn Announcer() -> impl IntoView {
    let announcements = use_announcer();
    view! { <Live role="status" class="toast" text=announcements.text/> }
}
