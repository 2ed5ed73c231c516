use std::rc::Rc;

use leptos::prelude::*;
use leptos::web_sys::Element;

/// A form as all of the library's are: of one type, whatever it does, and without a signal in its markup.
/// What changes is set by one function ([`Enhance`]) in the browser. For each attribute that is a
/// closure, and for each type of form, it would load the code of them anew.
pub(super) struct Form {
    pub(super) method: &'static str,
    pub(super) action: String,
    pub(super) class: String,
    pub(super) csrf_token: Option<String>,
    pub(super) redirect_to: Option<String>,
    pub(super) children: AnyView,
}

/// What the browser makes of the form's element.
pub(super) type Enhance = Rc<dyn Fn(Element)>;

impl Form {
    pub(super) fn view(self, enhance: Enhance) -> AnyView {
        let enhanced = |form: Element, enhance: Enhance| enhance(form);
        let form = view! {
            <form method=self.method action=self.action class=self.class use:enhanced=enhance>
                {hidden("csrf_token", self.csrf_token)}
                {hidden("redirectTo", self.redirect_to)}
                {self.children}
            </form>
        };
        at_once(form)
    }
}

/// A field that is sent if it has a value.
fn hidden(name: &'static str, value: Option<String>) -> impl IntoView {
    view! { <input type="hidden" name=name disabled=value.is_none() value=value/> }
}

pub(super) fn submit_button(class: String, children: AnyView) -> AnyView {
    at_once(view! { <button type="submit" class=class>{children}</button> })
}

/// A view that is hydrated at once, as all are but in an app that loads parts of itself later. What waits for
/// those is as much code again.
#[cfg(not(feature = "ssr"))]
pub(super) fn at_once(view: impl IntoView + 'static) -> AnyView {
    leptos::suspense::Unsuspend::new(move || view).into_any()
}

#[cfg(feature = "ssr")]
pub(super) fn at_once(view: impl IntoView + 'static) -> AnyView {
    view.into_any()
}
