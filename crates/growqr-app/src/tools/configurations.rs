//! The MCP servers that other programs of this computer have configured: where their files are, what is in them, and adding from them.
//! Values of env and headers never leave this process: people are shown their names. Arguments and addresses are shown as they
//! are.

use super::import::{found_in, read_tool_servers};
use crate::error::AppError;
use growqr_core::id::sha256_hex;
use growqr_tools::{ConfigurationError, MAX_CONFIGURATION_BYTES};
use growqr_wire::{FoundToolServer, LeftOutTool, NewToolServer, ToolConfiguration, ToolServerOffer};
use std::env;
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

/// How the folders of programs are laid out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum System {
    Windows,
    MacOs,
    Other,
}

/// The folders of a person.
struct Folders {
    system: System,
    home: Option<PathBuf>,
    /// `APPDATA` or `XDG_CONFIG_HOME`, if it is set.
    settings: Option<PathBuf>,
}

impl Folders {
    fn of_this_person() -> Folders {
        let (system, variable) = match env::consts::OS {
            "windows" => (System::Windows, "APPDATA"),
            "macos" => (System::MacOs, ""),
            _ => (System::Other, "XDG_CONFIG_HOME"),
        };
        let settings = if variable.is_empty() { None } else { env::var_os(variable) };
        Folders { system, home: env::home_dir(), settings: settings.map(PathBuf::from).filter(|path| path.is_absolute()) }
    }

    /// The program and the file of each configuration that there may be.
    fn files(&self) -> Vec<(&'static str, PathBuf)> {
        let home = |path: &str| self.home.as_ref().map(|home| home.join(path));
        let settings = match self.system {
            System::Windows => self.settings.clone().or_else(|| home("AppData/Roaming")),
            System::MacOs => home("Library/Application Support"),
            System::Other => self.settings.clone().or_else(|| home(".config")),
        };
        let settings = |path: &str| settings.as_ref().map(|settings| settings.join(path));
        let files = [
            ("Claude Desktop", settings("Claude/claude_desktop_config.json")),
            ("Cursor", home(".cursor/mcp.json")),
            ("VS Code", settings("Code/User/mcp.json")),
            ("VS Code", settings("Code/User/settings.json")),
        ];
        files.into_iter().filter_map(|(program, file)| Some((program, file?))).collect()
    }
}

/// The configurations of other programs that have servers, or that cannot be read. Reads files.
pub(super) fn all() -> Vec<ToolConfiguration> {
    let files = Folders::of_this_person().files();
    files.into_iter().filter_map(|(program, file)| configuration(program, &file)).collect()
}

fn configuration(program: &str, file: &Path) -> Option<ToolConfiguration> {
    let text = match text_of(file) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return None,
        text => text.map_err(|error| error.to_string()),
    };
    let version = text.as_ref().map(|text| sha256_hex(text.as_bytes())).unwrap_or_default();
    let found = match text.as_deref().map(found_in) {
        // The settings of an editor, or a configuration without servers.
        Ok(Err(ConfigurationError::NoServers)) => return None,
        Ok(Err(ConfigurationError::Json(_))) if text.as_deref().is_ok_and(is_of_other_things) => return None,
        Ok(found) => found.map_err(|error| error.to_string()),
        Err(problem) => Err(problem.clone()),
    };
    let (servers, left_out, problem) = match found {
        Ok(found) => (found.servers.iter().map(shown).collect(), found.left_out, None),
        Err(problem) => (Vec::new(), Vec::new(), Some(problem)),
    };
    let is_empty = servers.is_empty() && left_out.is_empty() && problem.is_none();
    let (program, path) = (program.to_owned(), file.display().to_string());
    (!is_empty).then_some(ToolConfiguration { program, path, version, servers, left_out, problem })
}

fn is_of_other_things(text: &str) -> bool {
    !text.contains("mcpServers") && !text.contains("\"servers\"")
}

/// The text of a configuration. Opens nothing that may have no end, such as a pipe, and reads no more than one can have.
fn text_of(file: &Path) -> io::Result<String> {
    if !fs::metadata(file)?.is_file() {
        return Err(io::Error::other("it is no file"));
    }
    let mut bytes = Vec::new();
    File::open(file)?.take(MAX_CONFIGURATION_BYTES as u64 + 1).read_to_end(&mut bytes)?;
    if bytes.len() > MAX_CONFIGURATION_BYTES {
        return Err(io::Error::other("it is too large for a configuration"));
    }
    String::from_utf8(bytes).map_err(|_| io::Error::other("it is no text in UTF-8"))
}

/// A server with the names of its values alone.
fn shown(found: &FoundToolServer) -> ToolServerOffer {
    ToolServerOffer {
        title: found.title.clone(),
        name: found.server.name.clone(),
        transport: found.server.transport.clone(),
        values: found.server.values.keys().cloned().collect(),
        reads: found.reads.clone(),
        missing: found.missing.clone(),
        is_off: found.is_off,
    }
}

/// The servers with these titles of a configuration that the person was shown in this version. Reads its file.
///
/// # Errors
/// [`AppError::BadRequest`] if it is no configuration that [`all`] lists, it has changed meanwhile, or one of the servers
/// cannot be used.
pub(super) fn chosen(path: &str, version: &str, titles: &[String]) -> Result<Vec<NewToolServer>, AppError> {
    let files = Folders::of_this_person().files();
    let known = files.into_iter().find(|(_, file)| file.display().to_string() == path);
    let (_, file) = known.ok_or_else(|| AppError::bad_request(format!("{path} is no configuration of a known program"), LOOK))?;
    chosen_from(&file, version, titles)
}

const LOOK: &str = "Look at the configurations again.";

fn chosen_from(file: &Path, version: &str, titles: &[String]) -> Result<Vec<NewToolServer>, AppError> {
    let text =
        text_of(file).map_err(|error| AppError::bad_request(format!("{} cannot be read: {error}", file.display()), LOOK))?;
    if sha256_hex(text.as_bytes()) != version {
        return Err(AppError::bad_request(format!("{} has changed since you looked at it", file.display()), LOOK));
    }
    usable(&read_tool_servers(&text)?.servers, titles)
        .map_err(|LeftOutTool { name, reason }| AppError::bad_request(format!("{name} cannot be added: {reason}"), LOOK))
}

/// The servers with these titles, or the first that cannot be used.
fn usable(found: &[FoundToolServer], titles: &[String]) -> Result<Vec<NewToolServer>, LeftOutTool> {
    let mut chosen = Vec::new();
    for title in titles {
        let left_out = |reason: String| LeftOutTool { name: title.clone(), reason };
        let server =
            found.iter().find(|found| found.title == *title).ok_or_else(|| left_out("it is not in the file".to_owned()))?;
        if !server.missing.is_empty() {
            return Err(left_out(format!("the file has no value for {}", server.missing.join(", "))));
        }
        chosen.push(server.server.clone());
    }
    Ok(chosen)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn files(system: System, settings: Option<&str>) -> Vec<String> {
        let folders = Folders { system, home: Some("/home/you/".into()), settings: settings.map(PathBuf::from) };
        folders.files().into_iter().map(|(_, file)| file.display().to_string().replace('\\', "/")).collect()
    }

    #[test]
    fn the_files_are_where_the_programs_of_each_system_have_them() {
        let mac = files(System::MacOs, None);
        assert_eq!(mac[0], "/home/you/Library/Application Support/Claude/claude_desktop_config.json");
        assert_eq!(mac[1], "/home/you/.cursor/mcp.json");
        assert_eq!(files(System::Windows, Some("/roaming"))[2], "/roaming/Code/User/mcp.json");
        assert_eq!(files(System::Windows, None)[0], "/home/you/AppData/Roaming/Claude/claude_desktop_config.json");
        assert_eq!(files(System::Other, None)[3], "/home/you/.config/Code/User/settings.json");
        assert!(Folders { system: System::Other, home: None, settings: None }.files().is_empty());
    }

    #[test]
    fn what_is_shown_has_the_names_of_values_and_no_value() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("mcp.json");
        fs::write(
            &file,
            r#"{"mcpServers": {"My Files": {"command": "npx", "args": ["-y"], "env": {"KEY": "s3cret"}}, "no": {}}}"#,
        )
        .unwrap();
        let found = configuration("Cursor", &file).unwrap();
        let sent = serde_json::to_string(&found).unwrap();
        assert!(sent.contains("KEY") && !sent.contains("s3cret"), "{sent}");
        assert_eq!((found.servers[0].name.as_str(), found.left_out.len(), found.problem), ("My-Files", 1, None));
        let titles = ["My Files".to_owned()];
        let chosen = chosen_from(&file, &found.version, &titles).unwrap();
        assert_eq!(chosen[0].values["KEY"].0, "s3cret");

        fs::write(&file, r#"{"mcpServers": {"My Files": {"command": "evil"}}}"#).unwrap();
        let refused = chosen_from(&file, &found.version, &titles).unwrap_err().to_string();
        assert!(refused.contains("has changed"), "{refused}");
    }

    #[test]
    fn only_files_of_known_programs_are_added_from() {
        let refused = chosen("/etc/passwd", "", &[]).unwrap_err().to_string();
        assert!(refused.contains("no configuration of a known program"), "{refused}");
    }

    #[test]
    fn a_server_without_its_values_is_not_added() {
        let found = read_tool_servers(r#"{"servers": {"a": {"command": "a", "env": {"K": "${input:key}"}}}}"#).unwrap().servers;
        let unusable = usable(&found, &["a".to_owned()]).unwrap_err();
        assert!(unusable.reason.contains("input:key"), "{unusable:?}");
    }

    #[test]
    fn files_without_servers_are_not_listed_and_broken_ones_say_so() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("settings.json");
        assert_eq!(configuration("VS Code", &file), None);
        fs::write(&file, r#"{"editor.fontSize": 12}"#).unwrap();
        assert_eq!(configuration("VS Code", &file), None);
        fs::write(&file, r#"{"tests": {"servers": []}, "editor.rulers": ["mcpServers"]}"#).unwrap();
        assert_eq!(configuration("VS Code", &file), None);
        fs::write(&file, r#"{"mcpServers": {}}"#).unwrap();
        assert_eq!(configuration("VS Code", &file), None);
        fs::write(&file, "").unwrap();
        assert_eq!(configuration("VS Code", &file), None);
        fs::write(&file, r#"{"mcpServers": "#).unwrap();
        assert!(configuration("VS Code", &file).unwrap().problem.unwrap().contains("no JSON"));
    }

    #[test]
    fn what_is_no_file_or_too_large_is_not_read() {
        let folder = tempfile::tempdir().unwrap();
        let problem = |file: &Path| configuration("Cursor", file).unwrap().problem.unwrap();
        assert_eq!(problem(folder.path()), "it is no file");
        let large = folder.path().join("mcp.json");
        File::create(&large).unwrap().set_len(MAX_CONFIGURATION_BYTES as u64 + 1).unwrap();
        assert_eq!(problem(&large), "it is too large for a configuration");
        let refused = chosen_from(&large, "", &[]).unwrap_err().to_string();
        assert!(refused.contains("too large"), "{refused}");
    }
}
