//! What a started server inherits: enough to run, and none of our keys.

use growqr_core::secret::Secret;
use std::collections::BTreeMap;
use std::env;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

/// Variables that a server inherits, in capitals (Windows does not distinguish). Everything else, which includes keys of model
/// providers and the way to programs that hold keys (an SSH agent, the keychain), stays here.
const INHERITED: [&str; 41] = [
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
    // The way to the keys of `git`, to Docker without root, and to the desktop.
    "DOCKER_HOST",
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
const USUAL_HOME: [&str; 11] = [
    ".local/bin",
    ".cargo/bin",
    ".bun/bin",
    ".deno/bin",
    ".volta/bin",
    ".npm-global/bin",
    ".asdf/shims",
    ".local/share/mise/shims",
    ".local/share/fnm/aliases/default/bin",
    "Library/pnpm",
    ".nix-profile/bin",
];
const USUAL: [&str; 4] = ["/usr/local/bin", "/opt/homebrew/bin", "/opt/local/bin", "/snap/bin"];

/// The variables of a server: the inherited ones with a longer `PATH`, then its own. `login` is the `PATH` of the login shell.
pub(crate) fn variables(own: &BTreeMap<String, Secret>, login: Option<OsString>) -> Vec<(OsString, OsString)> {
    let mut variables: Vec<(OsString, OsString)> = env::vars_os().filter(|(name, _)| is_inherited(name)).collect();
    let home = env::home_dir();
    let path = search_path(login, env::var_os("PATH"), home.as_deref());
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

/// Puts a folder in front of `PATH`.
pub(crate) fn prepend_path(variables: &mut [(OsString, OsString)], folder: &Path) {
    let Some((_, path)) = variables.iter_mut().find(|(name, _)| name == "PATH") else { return };
    // A folder with the separator in its name cannot be in `PATH`.
    if let Ok(longer) = env::join_paths(std::iter::once(folder.to_owned()).chain(env::split_paths(path))) {
        *path = longer;
    }
}

/// A word of a command line, with the home folder for `~` at its beginning: no shell expands it here.
pub(crate) fn at_home(word: &str, home: Option<&Path>) -> String {
    match (word.strip_prefix('~'), home) {
        (Some(rest), Some(home)) if rest.is_empty() || rest.starts_with('/') => format!("{}{rest}", home.display()),
        _ => word.to_owned(),
    }
}

/// The `PATH` of the login shell, then that of this program, then the usual folders that exist and are not in them.
fn search_path(login: Option<OsString>, path: Option<OsString>, home: Option<&Path>) -> OsString {
    let mut folders: Vec<PathBuf> = login.iter().flat_map(env::split_paths).collect();
    for folder in path.iter().flat_map(env::split_paths) {
        if !folders.contains(&folder) {
            folders.push(folder);
        }
    }
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
        let keys = ["ANTHROPIC_API_KEY", "OPENAI_API_KEY", "GROWQR_DATA_DIR", "DATABASE_URL", "AWS_SECRET_ACCESS_KEY"];
        for name in keys.into_iter().chain(["SSH_AUTH_SOCK", "DBUS_SESSION_BUS_ADDRESS"]) {
            assert!(!is_inherited(name.as_ref()), "{name}");
        }
    }

    #[test]
    fn a_servers_own_variable_replaces_the_inherited_one() {
        let own = BTreeMap::from([("PATH".to_owned(), Secret::new("/own")), ("KEY".to_owned(), Secret::new("k"))]);
        let variables = variables(&own, None);
        let all = |wanted: &str| variables.iter().filter(|(name, _)| name == wanted).map(|(_, value)| value).collect::<Vec<_>>();
        assert_eq!(all("PATH"), ["/own"]);
        assert_eq!(all("KEY"), ["k"]);
    }

    #[test]
    fn the_search_path_gets_folders_that_exist() {
        let home = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(home.path().join(".local/bin")).unwrap();
        let path = search_path(None, Some(env::join_paths(["/usr/bin"]).unwrap()), Some(home.path()));
        let folders: Vec<PathBuf> = env::split_paths(&path).collect();
        assert_eq!(folders[..2], [PathBuf::from("/usr/bin"), home.path().join(".local/bin")]);
        assert!(!folders.contains(&home.path().join(".bun/bin")));
    }

    #[test]
    fn the_folders_of_the_login_shell_come_first_and_each_folder_once() {
        let path = |folders: &[&str]| Some(env::join_paths(folders).unwrap());
        let found = search_path(path(&["/node/bin", "/usr/bin"]), path(&["/usr/bin", "/sbin"]), None);
        let folders: Vec<PathBuf> = env::split_paths(&found).collect();
        assert_eq!(folders[..3], ["/node/bin", "/usr/bin", "/sbin"].map(PathBuf::from));
        let mut variables = vec![("PATH".into(), found)];
        prepend_path(&mut variables, Path::new("/given/bin"));
        assert_eq!(env::split_paths(&variables[0].1).next(), Some(PathBuf::from("/given/bin")));
    }

    #[test]
    fn the_home_folder_is_put_where_a_shell_would_put_it() {
        let home = Some(Path::new("/data/you"));
        assert_eq!(at_home("~/notes", home), "/data/you/notes");
        assert_eq!(at_home("~", home), "/data/you");
        for word in ["~other/x", "a~/b", "--path=~/x", ""] {
            assert_eq!(at_home(word, home), word);
        }
        assert_eq!(at_home("~/notes", None), "~/notes");
    }
}
