//! Who may depend on whom, and which library belongs to which crate. Tests of a crate may use more.

use crate::tracked::root;
use serde_json::Value;
use std::collections::BTreeMap;
use std::process::Command;

/// Each crate, and which of ours it may depend on. A new crate is a new line here.
const ARROWS: &[(&str, &[&str])] = &[
    ("growqr-core", &[]),
    ("growqr-wire", &[]),
    ("growqr-testkit", &[]),
    ("growqr-store", &["growqr-core"]),
    ("growqr-models", &["growqr-core"]),
    ("growqr-memory", &["growqr-core"]),
    ("growqr-auth", &["growqr-core"]),
    ("growqr-actors", &["growqr-core"]),
    ("growqr-secrets", &["growqr-core"]),
    (
        "growqr-app",
        &[
            "growqr-core",
            "growqr-store",
            "growqr-models",
            "growqr-memory",
            "growqr-actors",
            "growqr-auth",
            "growqr-secrets",
            "growqr-wire",
        ],
    ),
    ("growqr-cli", &["growqr-app", "growqr-wire"]),
    ("growqr-desktop", &["growqr-app", "growqr-wire"]),
    ("xtask", &["growqr-wire"]),
];

/// Libraries with one owner. A name ending in `-` stands for all that begin so.
const OWNERS: &[(&str, &str)] = &[
    ("sqlx", "growqr-store"),
    ("bollard", "growqr-stack"),
    ("git2", "growqr-memory"),
    ("jsonwebtoken", "growqr-auth"),
    ("keyring", "growqr-secrets"),
    ("secret-service", "growqr-secrets"),
    ("security-framework", "growqr-secrets"),
    ("tauri", "growqr-desktop"),
    ("tauri-", "growqr-desktop"),
    ("rfd", "growqr-desktop"),
];

/// What core must never know.
const NOT_IN_CORE: &[&str] = &["tokio", "sqlx", "reqwest", "tracing", "rand"];

/// What cargo knows of the crates of the workspace.
fn packages() -> Vec<Value> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let output =
        Command::new(cargo).args(["metadata", "--no-deps", "--format-version", "1"]).current_dir(root()).output().unwrap();
    let metadata: Value = serde_json::from_slice(&output.stdout).unwrap();
    metadata["packages"].as_array().unwrap().clone()
}

/// Each crate of the workspace and what it depends on outside its tests.
fn dependencies() -> BTreeMap<String, Vec<String>> {
    let name = |value: &Value| value["name"].as_str().unwrap().to_owned();
    let uses = |package: &Value| {
        let all = package["dependencies"].as_array().unwrap().iter();
        all.filter(|dependency| dependency["kind"] != "dev").map(name).collect()
    };
    packages().iter().map(|package| (name(package), uses(package))).collect()
}

#[test]
fn arrows_between_crates_point_down_only() {
    for (of, uses) in dependencies() {
        let (_, allowed) = ARROWS.iter().find(|(name, _)| *name == of).unwrap_or_else(|| panic!("{of} has no line in ARROWS"));
        for used in uses.iter().filter(|used| used.starts_with("growqr-")) {
            assert!(allowed.contains(&used.as_str()), "{of} must not depend on {used}");
        }
    }
}

#[test]
fn a_library_with_an_owner_is_used_by_its_owner_alone() {
    for (of, uses) in dependencies() {
        for used in uses {
            for (library, owner) in OWNERS {
                let is_it = used == *library || (library.ends_with('-') && used.starts_with(library));
                assert!(!is_it || of == *owner, "{of} uses {used}, which belongs to {owner}");
            }
        }
    }
}

#[test]
fn core_knows_no_runtime_no_database_and_no_network() {
    let uses = &dependencies()["growqr-core"];
    for library in NOT_IN_CORE {
        assert!(!uses.iter().any(|used| used == library), "growqr-core uses {library}");
    }
}

#[test]
fn nothing_that_ships_lets_an_issuer_be_http() {
    const SWITCH: &str = "loopback-issuer";
    for package in packages() {
        let name = package["name"].as_str().unwrap();
        // A test of a crate may turn it on; a dependency of what ships may not.
        let shipped = package["dependencies"].as_array().unwrap().iter().filter(|dependency| dependency["kind"] != "dev");
        for dependency in shipped {
            let features = dependency["features"].as_array().unwrap();
            assert!(!features.iter().any(|feature| feature == SWITCH), "{name} turns {SWITCH} on in {}", dependency["name"]);
        }
        // It may be handed on under its own name, for a test build that asks for it, and under no other.
        for (feature, turns_on) in package["features"].as_object().unwrap() {
            let hands_on = turns_on.as_array().unwrap().iter().any(|value| value.as_str().unwrap().ends_with(SWITCH));
            assert!(!hands_on || feature == SWITCH, "the feature {feature} of {name} turns {SWITCH} on");
        }
    }
    // It exists: were it renamed, this test would hold nothing.
    assert!(packages().iter().any(|package| package["name"] == "growqr-auth" && package["features"][SWITCH].is_array()));
}
