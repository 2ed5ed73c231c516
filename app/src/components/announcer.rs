use std::time::Duration;

use leptos::prelude::*;

use crate::components::Live;

/// How long an announcement is shown: 8 seconds, in which screen readers can read it.
const SHOWN: Duration = Duration::from_secs(8);

/// Announces to eyes and screen readers that an action is done. The announcement disappears after a while.
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
    /// Announces `text` each time `done` becomes true.
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

/// The place where announcements are shown.
#[component]
pub(crate) fn Announcer() -> impl IntoView {
    let announcements = use_announcer();
    view! { <Live role="status" class="toast" text=announcements.text/> }
}
