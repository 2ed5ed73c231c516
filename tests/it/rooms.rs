//! The modules of the server, called rooms here, must not depend on each other in a circle.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

type Uses = BTreeMap<String, BTreeSet<String>>;

/// Returns which other rooms the files of each room use, without tests. A file next to the rooms is a room of its own.
fn uses() -> Uses {
    let server = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/server");
    let mut uses = Uses::new();
    let mut folders = vec![server.clone()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let room = path.strip_prefix(&server).unwrap().iter().next().unwrap().to_str().unwrap();
            let room = room.trim_end_matches(".rs");
            let text = fs::read_to_string(&path).unwrap();
            let text = text.split("#[cfg(test)]\nmod tests").next().unwrap();
            let code = text.lines().filter(|line| !line.trim_start().starts_with("//"));
            for path in code.flat_map(|line| line.split("crate::server::").skip(1)) {
                let used: String = path.chars().take_while(|char| char.is_ascii_lowercase() || *char == '_').collect();
                if !used.is_empty() && used != room && room != "mod" {
                    uses.entry(room.to_owned()).or_default().insert(used);
                }
            }
        }
    }
    uses
}

/// Returns the path from a room back to itself, if there is one.
fn circle(uses: &Uses, way: &mut Vec<String>, done: &mut BTreeSet<String>, room: &str) -> Option<Vec<String>> {
    if let Some(start) = way.iter().position(|on_the_way| on_the_way == room) {
        return Some(way[start..].to_vec());
    }
    if done.contains(room) {
        return None;
    }
    way.push(room.to_owned());
    let found = uses.get(room).into_iter().flatten().find_map(|used| circle(uses, way, done, used));
    way.pop();
    done.insert(room.to_owned());
    found
}

#[test]
fn modules_have_no_circular_dependencies() {
    let uses = uses();
    assert!(uses.len() > 10, "{uses:?}");
    let mut done = BTreeSet::new();
    for room in uses.keys() {
        assert_eq!(circle(&uses, &mut Vec::new(), &mut done, room), None);
    }
}

#[test]
fn only_the_http_module_uses_axum_or_leptos() {
    for entry in fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("src/server")).unwrap() {
        let path = entry.unwrap().path();
        if !path.is_dir() {
            continue;
        }
        for file in fs::read_dir(&path).unwrap().map(|file| file.unwrap().path()).filter(|file| file.is_file()) {
            let text = fs::read_to_string(&file).unwrap();
            let code = text.lines().filter(|line| !line.trim_start().starts_with("//"));
            let knows: Vec<_> = code.filter(|line| line.contains("leptos::") || line.contains("axum::")).collect();
            let is_http = path.ends_with("http");
            assert!(is_http || knows.is_empty(), "{}: {knows:?}", file.display());
        }
    }
}
