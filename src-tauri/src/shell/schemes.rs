//! Which links are this program's, and whether the system knows it.

use growqr_app::Schemes;
use tauri::{AppHandle, Manager};
use tokio::sync::OnceCell;

/// The entry of the program in the system's list, as packages bring it.
#[cfg(target_os = "linux")]
const ENTRY: &str = "GrowQR.desktop";

/// Set once the system was told that links open this program, where it has to be told.
#[derive(Default)]
pub struct Registered(OnceCell<()>);

/// The links of this edition: a development build leaves those of the installed app alone.
pub fn own() -> Schemes {
    if tauri::is_dev() { Schemes::DEVELOPMENT } else { Schemes::RELEASE }
}

/// The same in the configuration of the plugin, which listens to no other; and a name that is not the installed app's.
pub fn configure(config: &mut tauri::Config) {
    if tauri::is_dev() {
        config.identifier.push_str(".dev");
    }
    let Schemes { sign_in, places } = own();
    let links = serde_json::json!({"desktop": {"schemes": [sign_in, places]}});
    config.plugins.0.insert("deep-link".to_owned(), links);
}

/// Tells the system that links open this program, once. It starts programs of the system, which take their time.
pub async fn register(app: &AppHandle) {
    let tell = || async {
        let app = app.clone();
        // A panic in it has been reported already.
        let _ = tauri::async_runtime::spawn_blocking(move || system::register(&app)).await;
    };
    app.state::<Registered>().0.get_or_init(tell).await;
}

/// Whether the browser's answer would come back to this program by a link.
pub async fn come_back(app: &AppHandle) -> bool {
    register(app).await;
    let app = app.clone();
    tauri::async_runtime::spawn_blocking(move || system::opens(&app, own().sign_in)).await.unwrap_or(false)
}

/// The system's list of which program opens which links.
#[cfg(not(target_os = "macos"))]
mod system {
    use tauri::AppHandle;
    use tauri_plugin_deep_link::DeepLinkExt;

    /// What is installed has its entry from the installer, which one of ours would hide.
    pub fn register(app: &AppHandle) {
        let is_installed = !tauri::is_dev() && std::env::var_os("APPIMAGE").is_none();
        if is_installed {
            return;
        }
        if let Err(error) = app.deep_link().register_all() {
            tracing::info!(%error, "links cannot be made to open GrowQR; sign-in comes back to a port instead");
        }
    }

    /// Whether links of this scheme open this program.
    pub fn opens(app: &AppHandle, scheme: &str) -> bool {
        is_packaged(scheme) || app.deep_link().is_registered(scheme).unwrap_or(false)
    }

    /// Whether they lead to the entry that a package brought, and this is the program that it names.
    #[cfg(target_os = "linux")]
    fn is_packaged(scheme: &str) -> bool {
        if !std::env::current_exe().is_ok_and(|program| program.starts_with("/usr")) {
            return false;
        }
        let kind = format!("x-scheme-handler/{scheme}");
        let asked = std::process::Command::new("xdg-mime").args(["query", "default", &kind]).output();
        asked.is_ok_and(|output| String::from_utf8_lossy(&output.stdout).lines().next().map(str::trim) == Some(super::ENTRY))
    }

    /// Whether they lead to this program, however its path is spelled in the registry: the plugin compares letters.
    #[cfg(windows)]
    fn is_packaged(scheme: &str) -> bool {
        let key = windows_registry::CLASSES_ROOT.open(format!("{scheme}\\shell\\open\\command"));
        let command = key.and_then(|key| key.get_string("")).unwrap_or_default();
        std::env::current_exe().is_ok_and(|program| super::starts(&command, &program))
    }
}

/// Whether a command of Windows' registry starts this program with a link: the same file, be it by a short name
/// (`PROGRA~1`), in other letters or through a link of the disk.
#[cfg(any(test, windows))]
fn starts(command: &str, program: &std::path::Path) -> bool {
    let named = command.strip_prefix('"').and_then(|rest| rest.strip_suffix("\" \"%1\""));
    match (named.map(std::fs::canonicalize), program.canonicalize()) {
        (Some(Ok(named)), Ok(program)) => named == program,
        _ => false,
    }
}

/// The system reads it from the bundle, and sends links to bundles alone.
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
    fn a_program_is_known_by_any_of_its_paths() {
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
    fn packages_bring_an_entry_for_the_links_of_this_edition() {
        let conf: serde_json::Value = serde_json::from_str(include_str!("../../../tauri.conf.json")).unwrap();
        let Schemes { sign_in, places } = Schemes::RELEASE;
        assert_eq!(conf["plugins"]["deep-link"]["desktop"]["schemes"], serde_json::json!([sign_in, places]));
        #[cfg(target_os = "linux")]
        assert_eq!(format!("{}.desktop", conf["productName"].as_str().unwrap()), ENTRY);
    }
}
