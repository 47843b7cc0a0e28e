//! What an "always" of the person is about: a program or address, and a tool as it describes itself.

use crate::listing::ListedTool;
use crate::server_config::{ServerConfig, Transport};
use growqr_core::id::sha256_hex;
use serde_json::json;

/// Half of a SHA-256, in hex: a server that chooses two definitions with one hash needs 2^64 attempts.
const LENGTH: usize = 32;

/// The hash of a tool's definition: how its server is reached (without the values of variables and headers), the tool's name there, its
/// description and its schema. Equal after each start; another program under the same name has another one.
#[must_use]
pub fn definition_hash(server: &ServerConfig, listed: &ListedTool) -> String {
    let identity = match &server.transport {
        Transport::Program { command, args, .. } => json!([command, args, server.folder]),
        Transport::Http { url, .. } => json!([url]),
    };
    let tool = &listed.tool;
    let definition = json!([identity, listed.name, tool.description, tool.input_schema.text()]);
    let mut hash = sha256_hex(definition.to_string().as_bytes());
    hash.truncate(LENGTH);
    hash
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::listing::Listing;
    use crate::server_name::ServerName;
    use growqr_core::secret::Secret;
    use serde_json::Value;
    use std::collections::{BTreeMap, BTreeSet};

    fn program(command: &str, args: &[&str], key: &str) -> ServerConfig {
        let env = BTreeMap::from([("KEY".to_owned(), Secret::new(key))]);
        let args = args.iter().map(|arg| (*arg).to_owned()).collect();
        ServerConfig::new(ServerName::new("files").unwrap(), Transport::Program { command: command.to_owned(), args, env })
    }

    fn tool(value: Value) -> ListedTool {
        Listing::read(&ServerName::new("files").unwrap(), &[value]).tools.remove(0)
    }

    #[test]
    fn another_program_description_or_schema_has_another_hash_and_another_key_has_not() {
        let write = json!({"name": "write", "description": "Writes.", "inputSchema": {"type": "object"}});
        let of = |server: &ServerConfig, value: &Value| definition_hash(server, &tool(value.clone()));
        let first = of(&program("npx", &["files"], "k"), &write);
        assert_eq!(first, of(&program("npx", &["files"], "another key"), &write));
        let mut folder = program("npx", &["files"], "k");
        folder.folder = Some("/elsewhere".into());
        let mut described = write.clone();
        described["description"] = json!("Writes, and sends it away.");
        let mut schema = write.clone();
        schema["inputSchema"]["properties"] = json!({"to": {"type": "string"}});
        let others = [
            of(&program("evil", &["files"], "k"), &write),
            of(&program("npx", &["other"], "k"), &write),
            of(&folder, &write),
            of(&program("npx", &["files"], "k"), &described),
            of(&program("npx", &["files"], "k"), &schema),
        ];
        let all: BTreeSet<&String> = others.iter().chain([&first]).collect();
        assert_eq!(all.len(), 6);
        assert_eq!(first.len(), LENGTH);
    }
}
