//! Rules for files: generated files are current, and no file depends on one machine.

use crate::repository::{root, texts};
use std::collections::BTreeSet;

#[test]
fn the_generated_typescript_is_up_to_date() {
    let committed = std::fs::read_to_string(root().join("ui/src/bridge/wire.ts")).unwrap();
    assert!(committed == growqr_wire::typescript(), "ui/src/bridge/wire.ts is stale: cargo xtask bindings");
}

#[test]
fn the_list_of_licences_has_the_packages_of_both_lock_files() {
    let read = |path: &str| std::fs::read_to_string(root().join(path)).unwrap();
    let listed: Vec<[String; 3]> = serde_json::from_str(&read("ui/src/settings/licences.json")).unwrap();
    assert!(listed.iter().all(|[_, _, licence]| !licence.is_empty()));
    let listed: BTreeSet<_> = listed.into_iter().map(|[name, version, _]| (name, version)).collect();
    // A package of a registry in Cargo.lock: name, version and source are lines one after the other.
    let cargo = read("Cargo.lock");
    let value = |line: &str| line.split('"').nth(1).unwrap_or_default().to_owned();
    let lines: Vec<&str> = cargo.lines().collect();
    let foreign = lines.windows(3).filter(|three| three[0].starts_with("name = ") && three[2].starts_with("source = "));
    let mut used: BTreeSet<_> = foreign.map(|three| (value(three[0]), value(three[1]))).collect();
    let npm: serde_json::Value = serde_json::from_str(&read("ui/package-lock.json")).unwrap();
    for (path, package) in npm["packages"].as_object().unwrap() {
        let name = path.rsplit("node_modules/").next().unwrap_or_default();
        if !name.is_empty() && package["dev"] != true && package["devOptional"] != true {
            used.insert((name.to_owned(), package["version"].as_str().unwrap().to_owned()));
        }
    }
    let difference: Vec<_> = used.symmetric_difference(&listed).take(5).collect();
    assert!(difference.is_empty(), "ui/src/settings/licences.json is stale ({difference:?}): cargo xtask licences");
}

#[test]
fn no_file_contains_an_absolute_path() {
    // Built at run time, so that this file does not contain the paths that it searches for.
    let places = ["home", "root", "work", "Users"].map(|place| format!("/{place}/"));
    // Examples use the user name `you`.
    let is_example = |word: &str| places.iter().any(|place| word.starts_with(&format!("{place}you/")));
    for (path, text) in texts() {
        for (number, line) in text.lines().enumerate() {
            // Check the beginning of each word only: a URL may contain such a part.
            let words = line.split(|c: char| c.is_whitespace() || "\"'`(),=:".contains(c));
            let found =
                words.filter(|word| !is_example(word)).find(|word| places.iter().any(|place| word.starts_with(place.as_str())));
            assert!(found.is_none(), "{path}:{}: {}", number + 1, found.unwrap_or_default());
        }
    }
}

#[test]
fn packages_come_only_from_public_registries() {
    for (path, text) in texts() {
        let allowed = match path.rsplit('/').next().unwrap_or_default() {
            "package-lock.json" => "\"resolved\": \"https://registry.npmjs.org/",
            "Cargo.lock" => "source = \"registry+https://github.com/rust-lang/crates.io-index\"",
            ".npmrc" | "config.toml" => {
                let chooses = ["registry=", "registry =", "[source", "[registries"].iter().any(|words| text.contains(words));
                assert!(!chooses, "{path} sets a registry");
                continue;
            }
            _ => continue,
        };
        // Find every line with this key, whatever its value is.
        let key = allowed.split(' ').next().unwrap_or_default();
        for line in text.lines().map(str::trim).filter(|line| line.starts_with(&format!("{key} "))) {
            assert!(line.starts_with(allowed), "{path}: {line}");
        }
    }
}

#[test]
fn system_packages_are_listed_only_in_apt_txt() {
    let list = std::fs::read_to_string(root().join("xtask/apt.txt")).unwrap();
    let lines = list.lines().filter(|line| !line.starts_with('#'));
    let packages: Vec<&str> =
        lines.filter_map(|line| line.split_whitespace().nth(1)).filter(|name| name.ends_with("-dev")).collect();
    assert!(!packages.is_empty());
    for (path, text) in texts() {
        if path == "xtask/apt.txt" || path.ends_with(".md") {
            continue;
        }
        // Compare whole words: packages of other systems have names that begin the same.
        for word in text.split(|c: char| !c.is_ascii_alphanumeric() && c != '-' && c != '.') {
            assert!(!packages.contains(&word), "{path} names the package {word}; list packages only in xtask/apt.txt");
        }
    }
}

#[test]
fn desktop_entries_pass_links_to_the_app() {
    // Without %u, GNOME starts the app without the link.
    let entry = std::fs::read_to_string(root().join("main.desktop")).unwrap();
    assert!(entry.lines().any(|line| line.starts_with("Exec=") && line.ends_with(" %u")));
    let conf = std::fs::read_to_string(root().join("tauri.conf.json")).unwrap();
    // An AppImage uses the desktop entry of the Debian package.
    for package in ["deb", "rpm"] {
        let own = format!("\"{package}\": {{ \"desktopTemplate\": \"main.desktop\"");
        assert!(conf.contains(&own), "the {package} package does not use main.desktop");
    }
}

#[test]
fn files_dropped_on_a_chat_reach_its_page() {
    // Tauri's own handler takes the drop, and the page hears nothing of it.
    let conf = std::fs::read_to_string(root().join("tauri.conf.json")).unwrap();
    assert!(conf.contains("\"dragDropEnabled\": false"), "the main window does not pass on dropped files");
    let quick = std::fs::read_to_string(root().join("src-tauri/src/shell/quick.rs")).unwrap();
    assert!(quick.contains(".disable_drag_drop_handler()"), "the quick chat does not pass on dropped files");
}
