use std::time::Duration;

use leptos::prelude::*;

use super::live;

/// How long something is shown that was said. Screen readers have read it by then.
const SHOWN: Duration = Duration::from_secs(8);

/// Says that something was done, for eyes and for screen readers, and takes it away again.
#[derive(Clone, Copy)]
pub(crate) struct Announcements {
    said: RwSignal<&'static str>,
    count: StoredValue<u32>,
}

pub(crate) fn provide_announcer() {
    provide_context(Announcements { said: RwSignal::new(""), count: StoredValue::new(0) });
}

pub(crate) fn use_announcer() -> Announcements {
    expect_context()
}

impl Announcements {
    /// Says it each time that `done` has become so.
    pub(crate) fn when(self, done: impl Fn() -> bool + 'static, words: &'static str) {
        self.when_done(Box::new(done), words);
    }

    fn when_done(self, done: Box<dyn Fn() -> bool>, words: &'static str) {
        Effect::new(move || {
            if done() {
                self.say(words);
            }
        });
    }

    fn say(self, words: &'static str) {
        let mine = self.count.get_value() + 1;
        self.count.set_value(mine);
        self.said.set(words);
        set_timeout(
            move || {
                if self.count.get_value() == mine {
                    self.said.set("");
                }
            },
            SHOWN,
        );
    }
}

/// Where it is said.
#[component]
pub(crate) fn Announcer() -> impl IntoView {
    let announcements = use_announcer();
    live("status", "toast", move || announcements.said.get())
}
