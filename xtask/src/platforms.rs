//! Type-checks the whole workspace for Windows and macOS on Debian or Ubuntu.
//!
//! Only rustup has the compiled standard library for these systems. So the standard library is checked from source too, with
//! rustc, cargo and rust-src of Debian sid in a chroot under the target folder. C compilers are replaced by scripts, because
//! a check links nothing. The first run takes half an hour on two cores and 8 GB; later runs check only what has changed.

use crate::{Failure, machine, run};
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The targets to check.
const TARGETS: [&str; 2] = ["x86_64-pc-windows-gnu", "aarch64-apple-darwin"];

/// The packages of the chroot. mingw is needed for its resource compiler. The script that replaces a C compiler passes
/// queries of build scripts, such as `--version`, to clang.
const PACKAGES: &str = "rustc cargo rust-src gcc g++ libc6-dev gcc-mingw-w64-x86-64-win32 g++-mingw-w64-x86-64-win32 \
                        cmake make nasm pkg-config ca-certificates clang git perl";

/// Scripts that replace the C tools of the targets, and the environment variables that name them for build scripts.
const TOOLS: [(&str, &str); 4] = [
    ("CC", include_str!("platforms/compiler.sh")),
    ("CXX", include_str!("platforms/compiler.sh")),
    ("AR", include_str!("platforms/archiver.sh")),
    ("RANLIB", include_str!("platforms/archiver.sh")),
];

/// What this check does not cover. Printed at the end.
const UNCHECKED: [&str; 7] = [
    "C code: libgit2, SQLite and aws-lc are not compiled",
    "linking, so missing symbols of system libraries are not found",
    "running: no test was run and no window was opened",
    "clippy's lints for code of these systems",
    "Windows with Microsoft's tools (msvc), and Windows on ARM",
    "macOS on Intel",
    "bundles, installers, icons, signatures",
];

/// Checks both systems. `mirror` is the Debian mirror for the chroot, needed if apt's configuration has none.
pub fn check(mirror: Option<String>) -> Result<(), Failure> {
    if !machine::root().join("ui/dist/index.html").exists() {
        // The window embeds its pages. An outdated build of them is sufficient for a type check.
        run::build_pages()?;
    }
    if !machine::is_root() {
        let program = std::env::current_exe()?;
        let why = "this needs root rights, to create a small Debian under the target folder and to mount the project into it";
        return Err(format!("{why}:\n\n  sudo {} check-platforms\n", program.display()).into());
    }
    if !machine::has("debootstrap") {
        return Err("debootstrap is missing: apt-get install debootstrap".into());
    }
    let cache = cache();
    let tools = write_tools(&cache.join("build/tools"))?;
    fs::create_dir_all(cache.join("build/sdk"))?;

    let mut check = Command::new("unshare");
    check.args(["--mount", "--propagation", "private", "sh", "-c", include_str!("platforms/check.sh"), "check-platforms"]);
    check.args(["check", "--locked", "--keep-going", "-Zbuild-std=std,panic_abort,proc_macro,test"]);
    check.args(TARGETS.iter().flat_map(|target| ["--target", target]));
    check.args(["--workspace", "--all-targets", "--features", machine::ALL_FEATURES]);
    // No settings of this machine's cargo and rustup. Its proxies are needed to download packages.
    check.env_clear().envs(std::env::vars_os().filter(|(name, _)| is_passed_on(&name.to_string_lossy())));
    check.env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin").env("HOME", "/build").envs(tools);
    check.env("SOURCE", machine::root()).env("CACHE", &cache).env("PACKAGES", PACKAGES);
    check.env("MIRROR", if cache.join("root").exists() { String::new() } else { mirror.map_or_else(mirror_of_apt, Ok)? });
    check.env("CARGO_HOME", "/build/cargo").env("CARGO_TARGET_DIR", "/build/target");
    check.env("RUSTC_BOOTSTRAP", "1").env("CARGO_PROFILE_DEV_DEBUG", "0");
    check.env("SDKROOT", "/build/sdk").env("MACOSX_DEPLOYMENT_TARGET", "11.0");
    let succeeded = check.status().map_err(|error| format!("unshare: {error}"))?.success();

    println!();
    if succeeded {
        println!("Type-checked: all crates with the window, tests, benches and xtask, for {}", TARGETS.join(" and "));
    }
    println!("Not checked:");
    UNCHECKED.iter().for_each(|what| println!("  {what}"));
    println!("The chroot and the build files are in {}; delete that folder to start from scratch", cache.display());
    if succeeded {
        Ok(())
    } else {
        Err("there are errors, see above; crates that depend on the failed ones were not checked".into())
    }
}

/// The folder of the chroot and of the build files. It is kept for the next run.
fn cache() -> PathBuf {
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| "target".into(), PathBuf::from);
    machine::root().join(target).join("platforms")
}

/// Writes the scripts. Returns the environment variables that name them by their path in the chroot.
fn write_tools(folder: &Path) -> Result<Vec<(String, String)>, Failure> {
    fs::create_dir_all(folder)?;
    let mut variables = Vec::new();
    for (name, script) in TOOLS {
        let tool = folder.join(name);
        fs::write(&tool, script)?;
        fs::set_permissions(&tool, fs::Permissions::from_mode(0o755))?;
        variables.extend(TARGETS.map(|target| (format!("{name}_{}", target.replace('-', "_")), format!("/build/tools/{name}"))));
    }
    Ok(variables)
}

fn is_passed_on(variable: &str) -> bool {
    matches!(variable, "TERM" | "LANG") || variable.to_ascii_lowercase().ends_with("_proxy")
}

/// The Debian mirror in this machine's apt configuration.
fn mirror_of_apt() -> Result<String, Failure> {
    let mut asked = Command::new("apt-get");
    asked.args(["indextargets", "--format", "$(REPO_URI)", "Created-By: Packages", "Origin: Debian", "Label: Debian"]);
    let sources = asked.output().map_err(|error| format!("apt-get: {error}; this is for Debian and Ubuntu"))?;
    let unknown = "apt has no Debian mirror: run apt-get update, or give one with --mirror URL (on Ubuntu; this needs the \
                   package debian-archive-keyring as well)";
    mirror_in(&String::from_utf8_lossy(&sources.stdout)).ok_or_else(|| unknown.into())
}

/// The first source that is also reachable inside the chroot: not a disk or folder of this machine.
fn mirror_in(sources: &str) -> Option<String> {
    sources.lines().find(|uri| uri.starts_with("http://") || uri.starts_with("https://")).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_mirror_is_a_network_source() {
        let sources = "cdrom:[Debian 13]/\nfile:/srv/debian/\nhttps://mirror.example.org/debian/\nhttp://other.example.org/";
        assert_eq!(mirror_in(sources).as_deref(), Some("https://mirror.example.org/debian/"));
        assert_eq!(mirror_in("file:/srv/debian/\n"), None);
    }

    #[test]
    fn the_chroot_gets_only_the_proxy_variables() {
        let passed = ["HTTPS_PROXY", "no_proxy", "CARGO_HOME", "RUSTUP_TOOLCHAIN", "PATH"].map(is_passed_on);
        assert_eq!(passed, [true, true, false, false, false]);
    }

    #[test]
    fn each_target_has_a_variable_for_each_tool() {
        let folder = std::env::temp_dir().join(format!("growqr-tools-{}", std::process::id()));
        let tools = write_tools(&folder).unwrap();
        fs::remove_dir_all(folder).unwrap();
        assert_eq!(tools.len(), TOOLS.len() * TARGETS.len());
        assert!(tools.contains(&("CC_x86_64_pc_windows_gnu".to_owned(), "/build/tools/CC".to_owned())), "{tools:?}");
    }
}
