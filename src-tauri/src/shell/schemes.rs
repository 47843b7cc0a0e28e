//! The URL schemes of this build, and their registration with the system.

use growqr_app::Schemes;
use tauri::{AppHandle, Manager};
use tokio::sync::OnceCell;

/// The name of the desktop entry that the packages install.
#[cfg(target_os = "linux")]
const DESKTOP_ENTRY: &str = "GrowQR.desktop";

/// Set after the program was registered with the system as the handler of its links. Managed by Tauri.
#[derive(Default)]
pub struct Registered(OnceCell<()>);

/// The URL schemes of this build. A development build has its own, so that it does not take the installed app's links.
pub fn own() -> Schemes {
    if tauri::is_dev() { Schemes::DEVELOPMENT } else { Schemes::RELEASE }
}

/// Puts these schemes into the configuration of the deep-link plugin. A development build also gets its own identifier.
pub fn configure(config: &mut tauri::Config) {
    if tauri::is_dev() {
        config.identifier.push_str(".dev");
    }
    let Schemes { sign_in, places } = own();
    let links = serde_json::json!({"desktop": {"schemes": [sign_in, places]}});
    config.plugins.0.insert("deep-link".to_owned(), links);
}

/// Registers this program as the handler of its links, once per run. This starts other programs, which may take a while.
pub async fn register(app: &AppHandle) {
    let register_once = || async {
        let app = app.clone();
        // The result is an error only after a panic, which has been logged.
        let _ = tauri::async_runtime::spawn_blocking(move || system::register(&app)).await;
    };
    app.state::<Registered>().0.get_or_init(register_once).await;
}

/// Whether the system gives the link of the OAuth callback to this program.
pub async fn receives_sign_in(app: &AppHandle) -> bool {
    register(app).await;
    let app = app.clone();
    tauri::async_runtime::spawn_blocking(move || system::opens(&app, own().sign_in)).await.unwrap_or(false)
}

/// Registration of links with the system.
#[cfg(not(target_os = "macos"))]
mod system {
    use tauri::AppHandle;
    use tauri_plugin_deep_link::DeepLinkExt;

    /// Registers the schemes, unless this program was installed by a package, which has registered them: a second entry
    /// would override that of the package.
    pub fn register(app: &AppHandle) {
        let is_installed = !tauri::is_dev() && std::env::var_os("APPIMAGE").is_none();
        if is_installed {
            return;
        }
        if let Err(error) = app.deep_link().register_all() {
            tracing::info!(%error, "the link schemes cannot be registered; sign-in uses a loopback port instead");
        }
    }

    /// Whether links of this scheme open this program.
    pub fn opens(app: &AppHandle, scheme: &str) -> bool {
        is_opened_by_package(scheme) || app.deep_link().is_registered(scheme).unwrap_or(false)
    }

    /// Whether this program was installed by a package, and the desktop entry of that package handles the scheme.
    #[cfg(target_os = "linux")]
    fn is_opened_by_package(scheme: &str) -> bool {
        if !std::env::current_exe().is_ok_and(|program| program.starts_with("/usr")) {
            return false;
        }
        let kind = format!("x-scheme-handler/{scheme}");
        let asked = std::process::Command::new("xdg-mime").args(["query", "default", &kind]).output();
        asked.is_ok_and(|output| {
            String::from_utf8_lossy(&output.stdout).lines().next().map(str::trim) == Some(super::DESKTOP_ENTRY)
        })
    }

    /// Whether the registered program is this program. Compares files; the plugin would compare the texts of the paths.
    #[cfg(windows)]
    fn is_opened_by_package(scheme: &str) -> bool {
        let key = windows_registry::CLASSES_ROOT.open(format!("{scheme}\\shell\\open\\command"));
        let command = key.and_then(|key| key.get_string("")).unwrap_or_default();
        std::env::current_exe().is_ok_and(|program| super::starts(&command, &program))
    }
}

/// Whether a command in the Windows registry starts this program with a link. Compares the files, because the path may be
/// a short name (`PROGRA~1`), differ in case, or contain a symbolic link.
#[cfg(any(test, windows))]
fn starts(command: &str, program: &std::path::Path) -> bool {
    let named = command.strip_prefix('"').and_then(|rest| rest.strip_suffix("\" \"%1\""));
    match (named.map(std::fs::canonicalize), program.canonicalize()) {
        (Some(Ok(named)), Ok(program)) => named == program,
        _ => false,
    }
}

/// macOS reads the schemes from the app bundle, and sends links only to bundles.
#[cfg(target_os = "macos")]
mod system {
    use std::path::Path;
    use tauri::AppHandle;

    pub fn register(_app: &AppHandle) {}

    /// Whether this program is in a bundle.
    pub fn opens(_app: &AppHandle, _scheme: &str) -> bool {
        let is_bundle = |folder: &Path| folder.extension().is_some_and(|ending| ending == "app");
        std::env::current_exe().is_ok_and(|program| program.ancestors().any(is_bundle))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(unix)]
    #[test]
    fn a_program_is_recognised_by_each_of_its_paths() {
        let folder = tempfile::tempdir().unwrap();
        let (program, other) = (folder.path().join("growqr-desktop.exe"), folder.path().join("other.exe"));
        let short = folder.path().join("GROWQR~1.EXE");
        std::fs::write(&program, "").unwrap();
        std::fs::write(&other, "").unwrap();
        std::os::unix::fs::symlink(&program, &short).unwrap();
        let command = |path: &std::path::Path| format!("\"{}\" \"%1\"", path.display());
        assert!(starts(&command(&program), &program));
        assert!(starts(&command(&short), &program));
        assert!(!starts(&command(&other), &program));
        assert!(!starts(&format!("{} --flag", command(&program)), &program));
        assert!(!starts("", &program));
    }

    #[test]
    fn packages_declare_the_release_schemes() {
        let conf: serde_json::Value = serde_json::from_str(include_str!("../../../tauri.conf.json")).unwrap();
        let Schemes { sign_in, places } = Schemes::RELEASE;
        assert_eq!(conf["plugins"]["deep-link"]["desktop"]["schemes"], serde_json::json!([sign_in, places]));
        #[cfg(target_os = "linux")]
        assert_eq!(format!("{}.desktop", conf["productName"].as_str().unwrap()), DESKTOP_ENTRY);
    }
}
