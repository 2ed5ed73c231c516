use leptos::nonce::use_nonce;
use leptos::prelude::*;
use leptos_meta::MetaTags;

use crate::app::App;
use crate::server::assets::AssetNames;

/// The HTML document around the app.
pub(super) fn shell(options: LeptosOptions, assets: &AssetNames) -> impl IntoView + use<> {
    let [css, js, wasm] = assets.urls();
    let start = format!(
        "import(\"{js}\").then(app => app.default({{ module_or_path: \"{wasm}\" }}).then(() => app.hydrate()))"
    );
    view! {
        <!DOCTYPE html>
        <html lang="en">
            <head>
                <meta charset="utf-8"/>
                <meta name="viewport" content="width=device-width, initial-scale=1"/>
                <meta name="color-scheme" content="light dark"/>
                <link rel="stylesheet" href=css/>
                <link rel="icon" href="data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 32 32'%3E%3Ccircle cx='16' cy='16' r='15' fill='%235b3df5' opacity='.25'/%3E%3Ccircle cx='16' cy='16' r='7' fill='%235b3df5'/%3E%3C/svg%3E"/>
                <link rel="modulepreload" href=js crossorigin=""/>
                <link rel="preload" href=wasm r#as="fetch" r#type="application/wasm" crossorigin=""/>
                <script type="module" nonce=use_nonce()>{start}</script>
                <AutoReload options/>
                <MetaTags/>
            </head>
            <body>
                <App/>
            </body>
        </html>
    }
}
