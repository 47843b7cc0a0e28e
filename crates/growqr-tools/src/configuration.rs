//! Reads the `mcpServers` configuration of other programs: Claude Desktop and Code, Cursor, VS Code. Nothing is started by it.

use crate::placeholders::expand;
use crate::server_config::{ServerConfig, Transport};
use crate::server_name::ServerName;
use growqr_core::secret::Secret;
use jsonc_parser::ParseOptions;
use serde_json::{Map, Value};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

/// The largest file that is read, in bytes.
pub const MAX_CONFIGURATION_BYTES: usize = 4 << 20;

/// The servers of a configuration.
#[derive(Debug, Default)]
pub struct Found {
    /// Those that can be used, in the order of their names.
    pub servers: Vec<FoundServer>,
    /// The name of each entry that cannot be used, and why, as the end of a sentence.
    pub left_out: Vec<(String, String)>,
}

/// One server of a configuration.
#[derive(Debug)]
pub struct FoundServer {
    /// What the file calls it.
    pub title: String,
    /// The server.
    pub config: ServerConfig,
    /// The variables of this environment whose values the server would get.
    pub reads: Vec<String>,
    /// Placeholders of the file that have no value here: the person must give them.
    pub missing: Vec<String>,
    /// The file says that the server is switched off.
    pub is_off: bool,
}

/// Why a configuration cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum ConfigurationError {
    /// It is no JSON, also with comments and trailing commas allowed.
    #[error("it is no JSON: {0}")]
    Json(String),
    /// It has no servers.
    #[error("it has neither \"mcpServers\" nor \"servers\"")]
    NoServers,
    /// It is too large to be a configuration.
    #[error("it is too large for a configuration")]
    TooLarge,
}

/// Why an entry cannot be used.
#[derive(Debug, thiserror::Error)]
enum EntryError {
    #[error("its entry is no object")]
    NoObject,
    #[error("its name has neither letters nor digits")]
    NoName,
    #[error("another server of this file is also called {0}")]
    Twice(ServerName),
    #[error("it speaks the old HTTP+SSE protocol, which servers have given up; look for its newer address (type http)")]
    Sse,
    #[error("it speaks a protocol over WebSocket, which is no part of MCP")]
    WebSocket,
    #[error("it has no \"command\"")]
    NoCommand,
    #[error("it has no \"url\"")]
    NoUrl,
    #[error("it has neither a \"command\" nor a \"url\"")]
    Empty,
    #[error("its \"args\" are one text; write a list")]
    ArgsAreText,
    #[error("its \"args\" are no list")]
    ArgsAreNoList,
    #[error("its \"env\" or \"headers\" are no object")]
    ValuesAreNoObject,
    #[error("a value of {0:?} is no text")]
    NoText(String),
}

/// Reads a configuration: `mcpServers` or `servers` (VS Code), also below `mcp`; or one server alone. Comments, trailing commas,
/// a BOM and unknown fields do no harm.
///
/// # Errors
/// [`ConfigurationError`]; entries that cannot be used are in [`Found::left_out`] instead.
pub fn read_configuration(text: &str, variable: &dyn Fn(&str) -> Option<String>) -> Result<Found, ConfigurationError> {
    if text.len() > MAX_CONFIGURATION_BYTES {
        return Err(ConfigurationError::TooLarge);
    }
    let text = text.trim_start_matches('\u{feff}');
    let value: Value = jsonc_parser::parse_to_serde_value(text, &ParseOptions::default())
        .map_err(|error| ConfigurationError::Json(error.to_string()))?;
    let entries = ["/mcpServers", "/servers", "/mcp/servers", "/mcp/mcpServers"].iter().find_map(|path| value.pointer(path));
    let entries = entries.and_then(Value::as_object).ok_or(ConfigurationError::NoServers)?;
    let mut found = Found::default();
    let mut names = BTreeSet::new();
    for (title, entry) in entries {
        match read_server(title, entry, &mut names, variable) {
            Ok(server) => found.servers.push(server),
            Err(error) => found.left_out.push((title.clone(), error.to_string())),
        }
    }
    Ok(found)
}

fn read_server(
    title: &str,
    entry: &Value,
    names: &mut BTreeSet<ServerName>,
    variable: &dyn Fn(&str) -> Option<String>,
) -> Result<FoundServer, EntryError> {
    let entry = entry.as_object().ok_or(EntryError::NoObject)?;
    let name = ServerName::nearest(title).ok_or(EntryError::NoName)?;
    if names.contains(&name) {
        return Err(EntryError::Twice(name));
    }
    let own = entry.get("env").and_then(Value::as_object).into_iter().flat_map(|env| env.keys().cloned()).collect();
    let mut reader = Reader { variable, own, reads: BTreeSet::new(), missing: Vec::new() };
    let transport = reader.transport(entry)?;
    let call_limit = entry.get("timeout").and_then(Value::as_u64).map_or(ServerConfig::CALL_LIMIT, limit);
    let is_off = entry.get("disabled").and_then(Value::as_bool).unwrap_or(false)
        || entry.get("enabled").and_then(Value::as_bool) == Some(false);
    names.insert(name.clone());
    let config = ServerConfig { call_limit, ..ServerConfig::new(name, transport) };
    Ok(FoundServer {
        title: title.to_owned(),
        config,
        reads: reader.reads.into_iter().collect(),
        missing: reader.missing,
        is_off,
    })
}

/// A limit of a file: milliseconds (Claude Code) or, where that would be less than a second, seconds (Cline).
fn limit(number: u64) -> Duration {
    let limit = if number < 1_000 { Duration::from_secs(number) } else { Duration::from_millis(number) };
    limit.clamp(Duration::from_secs(1), Duration::from_secs(3_600))
}

struct Reader<'a> {
    variable: &'a dyn Fn(&str) -> Option<String>,
    /// The variables that the entry itself gives its program.
    own: BTreeSet<String>,
    reads: BTreeSet<String>,
    missing: Vec<String>,
}

impl Reader<'_> {
    fn transport(&mut self, entry: &Map<String, Value>) -> Result<Transport, EntryError> {
        let text = |key: &str| entry.get(key).and_then(Value::as_str).map(str::trim).filter(|text| !text.is_empty());
        let url = ["url", "serverUrl", "httpUrl"].iter().find_map(|key| text(key));
        match (text("type").or_else(|| text("transport")), text("command"), url) {
            (Some("sse"), _, _) => Err(EntryError::Sse),
            (Some("ws" | "websocket"), _, _) => Err(EntryError::WebSocket),
            (None | Some("stdio"), Some(command), _) => Ok(Transport::Program {
                command: self.word(command),
                args: self.texts(entry.get("args"))?,
                env: self.secrets(entry.get("env"))?,
            }),
            (_, _, Some(url)) => Ok(Transport::Http { url: self.word(url), headers: self.secrets(entry.get("headers"))? }),
            (Some("stdio"), None, None) => Err(EntryError::NoCommand),
            (Some(_), _, None) => Err(EntryError::NoUrl),
            (None, None, None) => Err(EntryError::Empty),
        }
    }

    /// A part of a command line, or an address. It is stored and shown, so no value of the environment may get into it. What names a
    /// variable of the entry itself is for the program.
    fn word(&mut self, text: &str) -> String {
        let expanded = expand(text, &|_| None);
        let is_own = |name: &String| self.own.contains(name.strip_prefix("env:").unwrap_or(name));
        self.missing.extend(expanded.missing.into_iter().filter(|name| !is_own(name)));
        expanded.text
    }

    /// The value of a variable or header.
    fn value(&mut self, text: &str) -> String {
        let expanded = expand(text, self.variable);
        self.reads.extend(expanded.read);
        self.missing.extend(expanded.missing);
        expanded.text
    }

    fn texts(&mut self, values: Option<&Value>) -> Result<Vec<String>, EntryError> {
        match values {
            None | Some(Value::Null) => Ok(Vec::new()),
            Some(Value::Array(values)) => values.iter().map(|value| Ok(self.word(&scalar(value, "args")?))).collect(),
            Some(Value::String(_)) => Err(EntryError::ArgsAreText),
            Some(_) => Err(EntryError::ArgsAreNoList),
        }
    }

    fn secrets(&mut self, values: Option<&Value>) -> Result<BTreeMap<String, Secret>, EntryError> {
        let Some(values) = values.filter(|values| !values.is_null()) else { return Ok(BTreeMap::new()) };
        let values = values.as_object().ok_or(EntryError::ValuesAreNoObject)?;
        values.iter().map(|(name, value)| Ok((name.clone(), Secret::new(self.value(&scalar(value, name)?))))).collect()
    }
}

/// A text, or a number or truth value as its text.
fn scalar(value: &Value, place: &str) -> Result<String, EntryError> {
    match value {
        Value::String(text) => Ok(text.clone()),
        Value::Number(_) | Value::Bool(_) => Ok(value.to_string()),
        _ => Err(EntryError::NoText(place.to_owned())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Found {
        read_configuration(text, &|name| (name == "TOKEN").then(|| "t0k".to_owned())).unwrap()
    }

    #[test]
    fn the_files_of_known_programs_are_read() {
        let found = read(
            "\u{feff}{
              // Claude Desktop
              \"mcpServers\": {
                \"files\": {\"command\": \"npx\", \"args\": [\"-y\", \"pkg\", 7], \"env\": {\"KEY\": \"${TOKEN}\", \"N\": 1},},
                \"Cursor's\": {\"url\": \"https://example.com/mcp\", \"headers\": {\"Authorization\": \"Bearer ${TOKEN}\"}},
                \"typed\": {\"type\": \"streamable-http\", \"url\": \"https://example.com\", \"timeout\": 5000, \"disabled\": true},
              },
            }",
        );
        assert!(found.left_out.is_empty(), "{:?}", found.left_out);
        let Transport::Program { command, args, env } = &found.servers[1].config.transport else { panic!("a program") };
        assert_eq!((command.as_str(), &args[..]), ("npx", &["-y".to_owned(), "pkg".to_owned(), "7".to_owned()][..]));
        assert_eq!((env["KEY"].expose(), env["N"].expose()), ("t0k", "1"));
        assert_eq!(found.servers[0].config.name.as_str(), "Cursor-s");
        let Transport::Http { headers, .. } = &found.servers[0].config.transport else { panic!("an address") };
        assert_eq!(headers["Authorization"].expose(), "Bearer t0k");
        assert_eq!(found.servers[2].config.call_limit, Duration::from_secs(5));
        assert!(found.servers[2].is_off);

        let code = read(r#"{"inputs": [], "servers": {"x": {"type": "stdio", "command": "x", "env": {"K": "${input:key}"}}}}"#);
        assert_eq!(code.servers[0].missing, ["input:key"]);
    }

    #[test]
    fn no_value_of_the_environment_gets_into_a_command_line_or_an_address() {
        let found = read(
            r#"{"mcpServers": {
                "args": {"command": "x", "args": ["--token", "${TOKEN}"]},
                "own": {"command": "x", "args": ["Authorization:${AUTH}"], "env": {"AUTH": "Bearer ${TOKEN}"}},
                "url": {"url": "https://example.com/?key=${TOKEN}"}}}"#,
        );
        let of = |title: &str| found.servers.iter().find(|server| server.title == title).unwrap();
        assert_eq!((&of("args").missing[..], &of("url").missing[..]), (&["TOKEN".to_owned()][..], &["TOKEN".to_owned()][..]));
        assert!(!format!("{found:?}").contains("t0k"));
        assert_eq!((&of("own").missing[..], &of("own").reads[..]), (&[][..], &["TOKEN".to_owned()][..]));
        let Transport::Program { args, .. } = &of("own").config.transport else { panic!("a program") };
        assert_eq!(args[0], "Authorization:${AUTH}");
    }

    #[test]
    fn an_entry_that_cannot_be_used_says_why_and_costs_no_other() {
        let found = read(
            r#"{"mcpServers": {"old": {"type": "sse", "url": "https://a"}, "empty": {}, "text": "x", "файл": {"command": "x"},
                "args": {"command": "x", "args": "-y pkg"}, "a b": {"command": "x"}, "a-b": {"command": "y"}}}"#,
        );
        assert_eq!(found.servers.len(), 1);
        let reason = |wanted: &str| found.left_out.iter().find(|(title, _)| title == wanted).map(|(_, reason)| reason.as_str());
        assert!(reason("old").unwrap().contains("old HTTP+SSE"));
        assert_eq!(reason("empty"), Some("it has neither a \"command\" nor a \"url\""));
        assert!(reason("a-b").unwrap().contains("also called a-b"));
        assert_eq!(found.left_out.len(), 6);
    }

    #[test]
    fn a_file_without_servers_is_refused() {
        let refused = |text: &str| read_configuration(text, &|_| None).unwrap_err().to_string();
        assert!(refused("{\"mcpServers\": ").starts_with("it is no JSON"));
        assert!(refused("[]").starts_with("it has neither"));
        assert!(refused("").starts_with("it has neither"));
        assert!(refused(&"[".repeat(100_000)).starts_with("it is no JSON"));
    }
}
