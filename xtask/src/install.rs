//! Installs missing packages: system packages with apt, the npm packages of the pages, and those of the tests. On systems
//! without apt it prints the command for the user.

use crate::{Failure, command, machine};
use std::io::{IsTerminal, Write};
use std::process::{Command, Stdio};

/// The list of system packages. `.ci/run` reads it too.
const APT: &str = include_str!("../apt.txt");
/// The version of OpenCode that the tests use. `growqr-testkit` reads it too.
const OPENCODE_VERSION: &str = include_str!("../opencode.txt");
/// The same for the OpenID Connect server.
const OIDC_VERSION: &str = include_str!("../oidc-provider.txt");
/// The version of the MCP servers, and their names.
const MCP_VERSION: &str = include_str!("../mcp-servers.txt");
const MCP_SERVERS: [&str; 3] = ["everything", "filesystem", "memory"];
/// The MCP servers of PyPI, with all that they import.
const MCP_PYPI: &str = include_str!("../mcp-servers-pypi.txt");
/// The version of the Rivet engine.
const RIVET_VERSION: &str = include_str!("../rivet-engine.txt");
/// LiteLLM and the packages that its proxy needs, with their versions.
const LITELLM: &str = include_str!("../litellm.txt");

/// What a package is needed for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Need {
    /// Building and opening the window.
    Build,
    /// The same, and running all tests.
    Test,
}

/// Installs everything that building and testing need.
pub fn everything(yes: bool) -> Result<(), Failure> {
    packages(Need::Test, yes)?;
    pages()?;
    // OpenCode's baseline build runs on every x86-64 processor. Elsewhere the tests install what fits when they run.
    if cfg!(all(target_os = "linux", target_arch = "x86_64")) {
        npm_package("opencode", "opencode-linux-x64-baseline", OPENCODE_VERSION.trim())?;
        npm_package("rivet-engine", "@rivetkit/engine-cli-linux-x64-musl", RIVET_VERSION.trim())?;
    }
    npm_package("oidc-provider", "oidc-provider", OIDC_VERSION.trim())?;
    MCP_SERVERS.iter().try_for_each(|name| // A folder each: tests that run side by side may install them too.
        npm_package(&format!("mcp-servers/{name}"), &format!("@modelcontextprotocol/server-{name}"), MCP_VERSION.trim()))?;
    // Other systems name Python in other ways: there the tests install it when they run, or are skipped.
    if cfg!(target_os = "linux") {
        pypi_packages("litellm", LITELLM, ("litellm.txt", "litellm"))?;
        pypi_packages("mcp-servers/pypi", MCP_PYPI, ("mcp-servers-pypi.txt", "mcp-server-git"))?;
    }
    Ok(())
}

/// Installs the packages of a list into an environment of Python below the target folder, where the tests look for them. The version of
/// one of them is the version of the environment.
fn pypi_packages(folder: &str, list: &str, (file, package): (&str, &str)) -> Result<(), Failure> {
    let pinned = format!("{package}==");
    let version = list.lines().find_map(|line| line.strip_prefix(&pinned)).ok_or("a list of Python packages names no version")?;
    let folder = machine::root().join("target").join(folder).join(version);
    // Written last: an installation that was killed is repeated.
    let marker = folder.join("installed");
    if marker.exists() {
        return Ok(());
    }
    command::run(Command::new("python3").args(["-m", "venv"]).arg(&folder))?;
    let mut pip = Command::new(folder.join("bin/pip"));
    pip.args(["install", "--quiet", "--disable-pip-version-check", "--no-input", "--no-compile", "--no-deps", "--requirement"]);
    command::run(pip.arg(machine::root().join("xtask").join(file)))?;
    Ok(std::fs::write(marker, "")?)
}

/// Installs a package of npm into a folder below the target folder, where the tests look for it.
fn npm_package(folder: &str, package: &str, version: &str) -> Result<(), Failure> {
    let folder = machine::root().join("target").join(folder).join(version);
    if folder.join("node_modules").join(package).exists() {
        return Ok(());
    }
    let named = format!("{package}@{version}");
    let mut install = command::npm(&["install", "--no-audit", "--no-fund", "--ignore-scripts", "--prefix"]);
    command::run(install.arg(&folder).arg(named))
}

/// Installs the missing system packages. Asks first unless `yes` is set.
pub fn packages(need: Need, yes: bool) -> Result<(), Failure> {
    let wanted = packages_for(need);
    if !std::path::Path::new("/usr/bin/dpkg-query").exists() {
        if !machine::can_build_window() {
            return Err(manual_instructions().into());
        }
        return Ok(());
    }
    let missing: Vec<&str> = wanted.into_iter().filter(|package| !is_installed(package)).collect();
    if missing.is_empty() {
        return Ok(());
    }
    // Without root rights, sudo asks for the password.
    let mut words = if machine::is_root() { vec![] } else { vec!["sudo"] };
    words.extend(["apt-get", "install", "--yes", "--no-install-recommends"]);
    words.extend(&missing);
    println!("These packages are missing. To install them:\n\n  {}\n", words.join(" "));
    if !yes && !is_confirmed()? {
        return Err("nothing was installed; run the command above, then run this again".into());
    }
    let mut update = Command::new(words[0]);
    update.args(words[1..].iter().take_while(|word| **word != "install")).arg("update");
    command::run(&mut update)?;
    command::run(Command::new(words[0]).args(&words[1..]).env("DEBIAN_FRONTEND", "noninteractive"))
}

/// Installs the npm packages of the pages as in the lock file, unless they are installed already.
pub fn pages() -> Result<(), Failure> {
    let ui = machine::root().join("ui");
    if !ui.join("package.json").exists() {
        return Ok(());
    }
    if !machine::has(if cfg!(windows) { "npm.cmd" } else { "npm" }) {
        return Err("Node.js is missing: install version 20.19 or later from https://nodejs.org, then run this again".into());
    }
    let changed = |path: &str| std::fs::metadata(ui.join(path)).and_then(|file| file.modified()).ok();
    let installed = changed("node_modules/.package-lock.json");
    if installed.is_some() && installed >= changed("package-lock.json") {
        return Ok(());
    }
    command::run(&mut command::npm(&["ci", "--no-audit", "--no-fund"]))
}

fn packages_for(need: Need) -> Vec<&'static str> {
    let lines = APT.lines().filter(|line| !line.starts_with('#'));
    let pairs = lines.filter_map(|line| line.split_once(char::is_whitespace));
    pairs.filter(|(of, _)| *of == "build" || need == Need::Test).map(|(_, package)| package.trim()).collect()
}

fn is_installed(package: &str) -> bool {
    let output = Command::new("dpkg-query").args(["-W", "-f", "${db:Status-Status}", package]).stderr(Stdio::null()).output();
    output.is_ok_and(|output| output.stdout == b"installed")
}

fn is_confirmed() -> Result<bool, Failure> {
    if !std::io::stdin().is_terminal() {
        return Ok(false);
    }
    print!("Install them now? [y/N] ");
    std::io::stdout().flush()?;
    let mut answer = String::new();
    std::io::stdin().read_line(&mut answer)?;
    Ok(matches!(answer.trim(), "y" | "Y" | "yes"))
}

/// The instructions for systems without apt.
fn manual_instructions() -> &'static str {
    "the window needs the development files of WebKitGTK 4.1, libayatana-appindicator 3 and librsvg 2. To install them:\n\
     \n  Fedora:  sudo dnf install webkit2gtk4.1-devel libappindicator-gtk3-devel librsvg2-devel\
     \n  Arch:    sudo pacman -S webkit2gtk-4.1 libappindicator-gtk3 librsvg\n\
     \nThen run this again. The command line works without them: cargo run -p growqr-cli -- chat"
}
