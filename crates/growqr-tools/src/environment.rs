//! What a started server inherits: enough to run, and none of our keys.

use growqr_core::secret::Secret;
use std::collections::BTreeMap;
use std::env;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

/// Variables that a server inherits, in capitals (Windows does not distinguish). Everything else, which includes keys of model
/// providers, stays here.
const INHERITED: [&str; 40] = [
    "PATH",
    "HOME",
    "USER",
    "LOGNAME",
    "SHELL",
    "LANG",
    "LANGUAGE",
    "LC_ALL",
    "LC_CTYPE",
    "TZ",
    "TMPDIR",
    "TEMP",
    "TMP",
    "XDG_CACHE_HOME",
    "XDG_CONFIG_HOME",
    "XDG_DATA_HOME",
    "XDG_RUNTIME_DIR",
    "DISPLAY",
    "WAYLAND_DISPLAY",
    "HTTP_PROXY",
    "HTTPS_PROXY",
    "ALL_PROXY",
    "NO_PROXY",
    "SSL_CERT_FILE",
    "SSL_CERT_DIR",
    "NODE_EXTRA_CA_CERTS",
    "SYSTEMROOT",
    "SYSTEMDRIVE",
    "WINDIR",
    "COMSPEC",
    "PATHEXT",
    "APPDATA",
    "LOCALAPPDATA",
    "PROGRAMDATA",
    "PROGRAMFILES",
    "PROGRAMFILES(X86)",
    "USERPROFILE",
    "USERNAME",
    "HOMEDRIVE",
    "HOMEPATH",
];

/// Folders below the home folder, and others, where `npx`, `uvx` and `docker` often are, although programs that were not
/// started from a terminal have a `PATH` without them.
const USUAL_HOME: [&str; 6] = [".local/bin", ".cargo/bin", ".bun/bin", ".deno/bin", ".volta/bin", ".npm-global/bin"];
const USUAL: [&str; 3] = ["/usr/local/bin", "/opt/homebrew/bin", "/opt/local/bin"];

/// The variables of a server: the inherited ones with a longer `PATH`, then its own.
pub(crate) fn variables(own: &BTreeMap<String, Secret>) -> Vec<(OsString, OsString)> {
    let mut variables: Vec<(OsString, OsString)> = env::vars_os().filter(|(name, _)| is_inherited(name)).collect();
    let home = env::home_dir();
    let path = search_path(env::var_os("PATH"), home.as_deref());
    variables.retain(|(name, _)| !name.eq_ignore_ascii_case("PATH"));
    variables.push(("PATH".into(), path));
    for (name, value) in own {
        variables.retain(|(known, _)| known != name.as_str());
        variables.push((name.into(), value.expose().into()));
    }
    variables
}

fn is_inherited(name: &std::ffi::OsStr) -> bool {
    name.to_str().is_some_and(|name| INHERITED.contains(&name.to_ascii_uppercase().as_str()))
}

/// `PATH`, then the usual folders that exist and are not in it.
fn search_path(path: Option<OsString>, home: Option<&Path>) -> OsString {
    let mut folders: Vec<PathBuf> = path.iter().flat_map(env::split_paths).collect();
    let below_home = home.into_iter().flat_map(|home| USUAL_HOME.iter().map(move |folder| home.join(folder)));
    for folder in below_home.chain(USUAL.iter().map(PathBuf::from)) {
        if !folders.contains(&folder) && folder.is_dir() {
            folders.push(folder);
        }
    }
    env::join_paths(folders).ok().or(path).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_of_this_program_are_not_inherited() {
        for name in ["PATH", "Path", "http_proxy", "LANG"] {
            assert!(is_inherited(name.as_ref()), "{name}");
        }
        for name in ["ANTHROPIC_API_KEY", "OPENAI_API_KEY", "GROWQR_DATA_DIR", "DATABASE_URL", "AWS_SECRET_ACCESS_KEY"] {
            assert!(!is_inherited(name.as_ref()), "{name}");
        }
    }

    #[test]
    fn a_servers_own_variable_replaces_the_inherited_one() {
        let own = BTreeMap::from([("PATH".to_owned(), Secret::new("/own")), ("KEY".to_owned(), Secret::new("k"))]);
        let variables = variables(&own);
        let all = |wanted: &str| variables.iter().filter(|(name, _)| name == wanted).map(|(_, value)| value).collect::<Vec<_>>();
        assert_eq!(all("PATH"), ["/own"]);
        assert_eq!(all("KEY"), ["k"]);
    }

    #[test]
    fn the_search_path_gets_folders_that_exist() {
        let home = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(home.path().join(".local/bin")).unwrap();
        let path = search_path(Some(env::join_paths(["/usr/bin"]).unwrap()), Some(home.path()));
        let folders: Vec<PathBuf> = env::split_paths(&path).collect();
        assert_eq!(folders[..2], [PathBuf::from("/usr/bin"), home.path().join(".local/bin")]);
        assert!(!folders.contains(&home.path().join(".bun/bin")));
    }
}
