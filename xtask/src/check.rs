//! Static checks: format, lints, the tidy tests, licences.

use crate::{Failure, command, machine, run};

/// Runs all checks. Stops at the first that fails.
pub fn run() -> Result<(), Failure> {
    let cargo = |arguments: &[&str]| command::run(&mut command::cargo(arguments));
    cargo(&["fmt", "--all", "--check"])?;
    // Generated files, dependencies between crates, import cycles, migrations, absolute paths.
    cargo(&["test", "--quiet", "-p", "xtask", "--test", "tidy"])?;
    let mut left_out = Vec::new();
    let lints = ["clippy", "--workspace", "--all-targets", "--features"];
    if machine::can_build_window() {
        // The compiler embeds the pages into the window.
        run::build_pages()?;
        cargo(&[&lints[..], &[machine::ALL_FEATURES, "--", "-D", "warnings"]].concat())?;
    } else {
        left_out.push("lints of the window: WebKitGTK's development files are missing (cargo xtask install)");
        cargo(&[&lints[..], &[machine::NO_WINDOW, "--", "-D", "warnings"]].concat())?;
    }
    cargo(&[&["clippy", "--all-targets"], &machine::NODE[..], &["--", "-D", "warnings"]].concat())?;
    if machine::has("cargo-deny") {
        cargo(&["deny", "check", "licenses", "bans", "sources"])?;
    } else {
        left_out.push("licences: cargo-deny is not installed (cargo install cargo-deny)");
    }
    for what in left_out {
        println!("skipped: {what}");
    }
    Ok(())
}
