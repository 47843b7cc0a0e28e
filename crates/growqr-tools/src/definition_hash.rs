//! What an "always" of the person is about: a program or address, and a tool as it describes itself.

use crate::listing::ListedTool;
use crate::server_config::{ServerConfig, Transport};
use growqr_core::id::sha256_hex;
use serde_json::json;
use std::collections::BTreeSet;

/// Half of a SHA-256, in hex: a server that chooses two definitions with one hash needs 2^64 attempts.
const LENGTH: usize = 32;

/// The hash of a tool's definition: all that decides what runs or where it connects (of variables and headers the names and the mark of
/// their values), the tool's name there, its description and its schema. Equal after each start; another program under the same name,
/// or the same one with another value, has another one.
#[must_use]
pub fn definition_hash(server: &ServerConfig, listed: &ListedTool) -> String {
    let (identity, own) = match &server.transport {
        Transport::Program { command, args, env } => (json!([command, args, server.folder]), env),
        Transport::Http { url, headers } => (json!([url]), headers),
    };
    let tool = &listed.tool;
    let mut definition = vec![identity, json!(listed.name), json!(tool.description), json!(tool.input_schema.text())];
    let names: BTreeSet<&String> = own.keys().chain(server.kept.iter().flat_map(|kept| &kept.names)).collect();
    // What was allowed a server without such values before they counted holds on.
    if !names.is_empty() {
        definition.push(json!([names, server.kept.as_ref().map(|kept| &kept.mark)]));
    }
    let definition = serde_json::Value::Array(definition);
    let mut hash = sha256_hex(definition.to_string().as_bytes());
    hash.truncate(LENGTH);
    hash
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::listing::Listing;
    use crate::server_config::Kept;
    use crate::server_name::ServerName;
    use serde_json::Value;
    use std::collections::BTreeMap;

    fn program(command: &str, args: &[&str], kept: Option<(&[&str], &str)>) -> ServerConfig {
        let texts = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>();
        let transport = Transport::Program { command: command.to_owned(), args: texts(args), env: BTreeMap::new() };
        let kept = kept.map(|(names, mark)| Kept { names: texts(names), mark: Some(mark.to_owned()) });
        ServerConfig { kept, ..ServerConfig::new(ServerName::new("files").expect("a name"), transport) }
    }

    fn tool(value: Value) -> ListedTool {
        Listing::read(&ServerName::new("files").unwrap(), &[value]).tools.remove(0)
    }

    #[test]
    fn all_that_decides_what_runs_and_all_that_was_shown_is_in_the_hash() {
        let write = json!({"name": "write", "description": "Writes.", "inputSchema": {"type": "object"}});
        let of = |server: &ServerConfig, value: &Value| definition_hash(server, &tool(value.clone()));
        let keyed = || program("npx", &["files"], Some((&["KEY"], "m1")));
        let first = of(&keyed(), &write);
        assert_eq!(first, of(&keyed(), &write));
        let mut folder = keyed();
        folder.folder = Some("/elsewhere".into());
        let mut described = write.clone();
        described["description"] = json!("Writes, and sends it away.");
        let mut schema = write.clone();
        schema["inputSchema"]["properties"] = json!({"to": {"type": "string"}});
        let others = [
            of(&program("evil", &["files"], Some((&["KEY"], "m1"))), &write),
            of(&program("npx", &["other"], Some((&["KEY"], "m1"))), &write),
            of(&program("npx", &["files"], Some((&["KEY"], "m2"))), &write),
            of(&program("npx", &["files"], Some((&["KEY", "NODE_OPTIONS"], "m1"))), &write),
            of(&program("npx", &["files"], None), &write),
            of(&folder, &write),
            of(&keyed(), &described),
            of(&keyed(), &schema),
        ];
        let all: BTreeSet<&String> = others.iter().chain([&first]).collect();
        assert_eq!(all.len(), 9);
        assert_eq!(first.len(), LENGTH);
    }

    #[test]
    fn what_was_allowed_a_server_without_values_by_an_earlier_build_holds_on() {
        let read = tool(json!({"name": "read", "description": "Reads.", "inputSchema": {"type": "object"}}));
        let earlier = json!([["npx", ["files"], null], "read", read.tool.description, read.tool.input_schema.text()]);
        let hash = definition_hash(&program("npx", &["files"], None), &read);
        assert_eq!(hash, sha256_hex(earlier.to_string().as_bytes())[..LENGTH]);
    }
}
