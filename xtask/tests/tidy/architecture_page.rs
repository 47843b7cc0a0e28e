//! `docs/architecture.html` names the parts that exist, draws only dependencies that exist, and needs no other file.

use crate::dependencies::dependencies;
use crate::repository::root;
use std::collections::BTreeSet;

fn page() -> String {
    std::fs::read_to_string(root().join("docs/architecture.html")).unwrap()
}

/// The values of an attribute, in order.
fn values<'a>(page: &'a str, attribute: &str) -> Vec<&'a str> {
    let start = format!("{attribute}=\"");
    page.split(start.as_str()).skip(1).map(|rest| rest.split('"').next().unwrap()).collect()
}

/// The parts of the program: every crate, and the interface. The page calls the window's crate by its folder.
fn parts() -> BTreeSet<String> {
    let crates = dependencies().into_keys().map(|name| if name == "growqr-desktop" { "src-tauri".to_owned() } else { name });
    crates.chain(["ui".to_owned()]).collect()
}

#[test]
fn the_diagram_and_the_table_name_every_part_and_no_other() {
    let page = page();
    for attribute in ["data-part", "data-described"] {
        let named = values(&page, attribute);
        let distinct: BTreeSet<String> = named.iter().map(|name| (*name).to_owned()).collect();
        assert_eq!(distinct, parts(), "{attribute}");
        assert_eq!(named.len(), distinct.len(), "{attribute} names a part twice");
    }
}

#[test]
fn every_arrow_between_crates_is_a_dependency() {
    let page = page();
    let uses = dependencies();
    let arrows: Vec<_> = values(&page, "data-from").into_iter().zip(values(&page, "data-to")).collect();
    assert!(!arrows.is_empty());
    for (from, to) in arrows {
        let from = if from == "src-tauri" { "growqr-desktop" } else { from };
        assert!(uses[from].iter().any(|used| used == to), "{from} does not depend on {to}");
    }
}

#[test]
fn the_page_loads_nothing() {
    let page = page();
    for reference in ["http:", "https:", "src=", "@import", "url(http", "<script", "<link"] {
        assert!(!page.contains(reference), "the page has {reference}");
    }
}
