//! Which crate may depend on which, and which library belongs to which crate. Dev-dependencies are not checked.

use crate::repository::root;
use serde_json::Value;
use std::collections::BTreeMap;
use std::process::Command;

/// Each crate of the workspace, and the others that it may depend on. A new crate needs a new line here.
const ALLOWED_DEPENDENCIES: &[(&str, &[&str])] = &[
    ("growqr-core", &[]),
    ("growqr-wire", &[]),
    ("growqr-testkit", &[]),
    ("growqr-store", &["growqr-core"]),
    ("growqr-http", &[]),
    ("growqr-models", &["growqr-core", "growqr-http"]),
    ("growqr-memory", &["growqr-core"]),
    ("growqr-auth", &["growqr-core", "growqr-http"]),
    ("growqr-actors", &["growqr-core"]),
    ("growqr-secrets", &["growqr-core"]),
    ("growqr-stack", &["growqr-core", "growqr-http"]),
    ("growqr-gateway", &["growqr-core"]),
    ("growqr-tools", &["growqr-core", "growqr-http"]),
    ("growqr-backup", &[]),
    (
        "growqr-app",
        &[
            "growqr-core",
            "growqr-store",
            "growqr-http",
            "growqr-models",
            "growqr-memory",
            "growqr-actors",
            "growqr-auth",
            "growqr-secrets",
            "growqr-stack",
            "growqr-gateway",
            "growqr-tools",
            "growqr-backup",
            "growqr-wire",
        ],
    ),
    ("growqr-cli", &["growqr-app", "growqr-wire"]),
    ("growqr-node", &["growqr-core", "growqr-store", "growqr-http", "growqr-actors"]),
    ("growqr-desktop", &["growqr-app", "growqr-wire"]),
    ("xtask", &["growqr-wire"]),
];

/// Libraries that only these crates may use. A name that ends with `-` is a prefix.
const OWNERS: &[(&str, &[&str])] = &[
    ("sqlx", &["growqr-store"]),
    ("rustls", &["growqr-http"]),
    ("bollard", &["growqr-stack"]),
    ("rmcp", &["growqr-tools"]),
    // Files of the person: confined to the folders that they have chosen, and read as hostile input.
    ("cap-", &["growqr-tools"]),
    ("lopdf", &["growqr-tools"]),
    ("zip", &["growqr-tools"]),
    // Files of containers, and files of backups.
    ("tar", &["growqr-stack", "growqr-backup"]),
    ("git2", &["growqr-memory"]),
    ("jsonwebtoken", &["growqr-auth"]),
    ("keyring", &["growqr-secrets"]),
    ("secret-service", &["growqr-secrets"]),
    ("security-framework", &["growqr-secrets"]),
    ("tauri", &["growqr-desktop"]),
    ("tauri-", &["growqr-desktop"]),
    ("rfd", &["growqr-desktop"]),
    ("rivetkit", &["growqr-node"]),
    ("prometheus", &["growqr-node"]),
];

/// Libraries that growqr-core must not use: it has no runtime, no I/O, no logging.
const FORBIDDEN_IN_CORE: &[&str] = &["tokio", "sqlx", "reqwest", "tracing", "rand"];

/// The metadata of all crates of the workspace.
fn packages() -> Vec<Value> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let output =
        Command::new(cargo).args(["metadata", "--no-deps", "--format-version", "1"]).current_dir(root()).output().unwrap();
    let metadata: Value = serde_json::from_slice(&output.stdout).unwrap();
    metadata["packages"].as_array().unwrap().clone()
}

/// Each crate of the workspace and its dependencies without dev-dependencies.
pub fn dependencies() -> BTreeMap<String, Vec<String>> {
    let name = |value: &Value| value["name"].as_str().unwrap().to_owned();
    let uses = |package: &Value| {
        let all = package["dependencies"].as_array().unwrap().iter();
        all.filter(|dependency| dependency["kind"] != "dev").map(name).collect()
    };
    packages().iter().map(|package| (name(package), uses(package))).collect()
}

#[test]
fn crates_depend_only_on_allowed_crates() {
    for (of, uses) in dependencies() {
        let (_, allowed) = ALLOWED_DEPENDENCIES
            .iter()
            .find(|(name, _)| *name == of)
            .unwrap_or_else(|| panic!("{of} has no line in ALLOWED_DEPENDENCIES"));
        for used in uses.iter().filter(|used| used.starts_with("growqr-")) {
            assert!(allowed.contains(&used.as_str()), "{of} must not depend on {used}");
        }
    }
}

#[test]
fn owned_libraries_are_used_only_by_their_owner() {
    for (of, uses) in dependencies() {
        for used in uses {
            for (library, owners) in OWNERS {
                let matches = used == *library || (library.ends_with('-') && used.starts_with(library));
                assert!(!matches || owners.contains(&of.as_str()), "{of} uses {used}, which belongs to {owners:?}");
            }
        }
    }
}

#[test]
fn core_uses_no_runtime_database_or_network_library() {
    let uses = &dependencies()["growqr-core"];
    for library in FORBIDDEN_IN_CORE {
        assert!(!uses.iter().any(|used| used == library), "growqr-core uses {library}");
    }
}

#[test]
fn no_released_crate_allows_an_http_issuer() {
    const FEATURE: &str = "loopback-issuer";
    for package in packages() {
        let name = package["name"].as_str().unwrap();
        // A dev-dependency may enable the feature; other dependencies must not.
        let shipped = package["dependencies"].as_array().unwrap().iter().filter(|dependency| dependency["kind"] != "dev");
        for dependency in shipped {
            let features = dependency["features"].as_array().unwrap();
            assert!(!features.iter().any(|feature| feature == FEATURE), "{name} turns {FEATURE} on in {}", dependency["name"]);
        }
        // A crate may enable it through its own feature of the same name, for test builds, but through no other feature.
        for (feature, enabled) in package["features"].as_object().unwrap() {
            let enables = enabled.as_array().unwrap().iter().any(|value| value.as_str().unwrap().ends_with(FEATURE));
            assert!(!enables || feature == FEATURE, "the feature {feature} of {name} turns {FEATURE} on");
        }
    }
    // The feature exists. If it were renamed, the checks above would check nothing.
    assert!(packages().iter().any(|package| package["name"] == "growqr-auth" && package["features"][FEATURE].is_array()));
}
