//! The stand-in as the program `gitea`, for a container of the same shape as the real image: `gitea web` (the default) and
//! `gitea admin user …`.

use super::admin;
use super::server::Server;
use super::settings::Settings;
use super::state::{StateError, Store};
use super::switches::Switches;
use super::version::Version;
use std::env;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::atomic::AtomicUsize;
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// Runs the program with these arguments. It reads the environment as the real image does (`GITEA_WORK_DIR`, `GITEA_APP_INI`,
/// `GITEA__section__KEY`), and two variables of its own: `STAND_IN_VERSION`, and `STAND_IN_MIGRATION_MS`, the time before
/// it listens.
#[must_use]
pub fn program(arguments: &[String]) -> ExitCode {
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments.as_slice() {
        [] | ["web"] => match web() {
            Ok(()) => ExitCode::SUCCESS,
            Err(text) => fatal(&text),
        },
        ["--version"] => match version() {
            Ok(version) => {
                println!("Gitea version {version} (stand-in)");
                ExitCode::SUCCESS
            }
            Err(text) => fatal(&text),
        },
        command => run_command(command),
    }
}

fn fatal(text: &str) -> ExitCode {
    eprintln!("2026/11/29 00:00:00 cmd/web.go:1:runWeb() [F] {text}");
    ExitCode::FAILURE
}

fn version() -> Result<Version, String> {
    env::var("STAND_IN_VERSION").map_or(Ok(Version::V28), |text| text.parse())
}

fn work() -> PathBuf {
    env::var_os("GITEA_WORK_DIR").map_or_else(|| PathBuf::from("/var/lib/gitea"), PathBuf::from)
}

fn app_ini() -> PathBuf {
    env::var_os("GITEA_APP_INI").map_or_else(|| PathBuf::from("/etc/gitea/app.ini"), PathBuf::from)
}

fn run_command(arguments: &[&str]) -> ExitCode {
    let prepared = Settings::read(&app_ini()).map_err(|error| format!("{}: {error}", app_ini().display()));
    let prepared =
        prepared.and_then(|settings| refuse_root(&settings).map(|()| settings)).and_then(|settings| Ok((settings, version()?)));
    let (settings, version) = match prepared {
        Ok(prepared) => prepared,
        Err(text) => return fatal(&text),
    };
    let output = admin::run(&Store::new(&work()), &settings, version, arguments);
    print!("{}", output.stdout);
    eprint!("{}", output.stderr);
    if output.exit == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn web() -> Result<(), String> {
    let version = version()?;
    let file = app_ini();
    let at = |error: std::io::Error| format!("{}: {error}", file.display());
    let mut settings = Settings::read(&file).map_err(at)?;
    settings.merge(Settings::from_variables(env::vars())?);
    if settings.is_installed() && settings.get("security", "INTERNAL_TOKEN").is_none() {
        settings.set("security", "INTERNAL_TOKEN", &super::state::random_hex(32));
    }
    settings.check()?;
    settings.write(&file).map_err(at)?;
    refuse_root(&settings)?;
    let store = Store::new(&work());
    if settings.is_installed() {
        let pause = env::var("STAND_IN_MIGRATION_MS").ok().and_then(|text| text.parse().ok()).unwrap_or(0);
        std::thread::sleep(Duration::from_millis(pause));
        store.migrate(version).map_err(|error| match error {
            StateError::Newer(schema) => admin::newer(schema),
            error => format!("ORM engine initialization failed: {error:?}"),
        })?;
    }
    let port = settings.get("server", "HTTP_PORT").map_or(Ok(3000), str::parse).map_err(|_| "HTTP_PORT is no port")?;
    let address = settings.get("server", "HTTP_ADDR").unwrap_or("0.0.0.0").to_owned();
    let listener = TcpListener::bind((address.as_str(), port)).map_err(|error| format!("Failed to listen: {error}"))?;
    let switches = Mutex::new(Switches { version, ..Switches::default() });
    let server = Arc::new(Server { store, settings, switches, requests: Mutex::default(), hanging: AtomicUsize::new(0), port });
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(|error| error.to_string())?;
    runtime.block_on(async {
        tokio::select! {
            () = terminated() => Ok(()),
            served = server.serve(listener) => served.map_err(|error| error.to_string()),
        }
    })
}

/// Waits until the process is asked to end.
#[cfg(unix)]
async fn terminated() {
    use tokio::signal::unix::{SignalKind, signal};
    match signal(SignalKind::terminate()) {
        Ok(mut signal) => drop(signal.recv().await),
        Err(_) => std::future::pending().await,
    }
}

#[cfg(not(unix))]
async fn terminated() {
    let _ = tokio::signal::ctrl_c().await;
}

fn refuse_root(settings: &Settings) -> Result<(), String> {
    match is_root() && !settings.is_on("", "I_AM_BEING_UNSAFE_RUNNING_AS_ROOT", false) {
        true => Err("Gitea is not supposed to be run as root. Sorry.".to_owned()),
        false => Ok(()),
    }
}

/// Whether the process runs as root. Only Linux is asked: the image is Linux.
#[cfg(target_os = "linux")]
fn is_root() -> bool {
    use std::os::unix::fs::MetadataExt;
    std::fs::metadata(Path::new("/proc/self")).is_ok_and(|own| own.uid() == 0)
}

#[cfg(not(target_os = "linux"))]
fn is_root() -> bool {
    let _ = Path::new("");
    false
}
