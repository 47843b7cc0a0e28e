//! Names of tools for the model: legal, distinct, and the same after each start.

use crate::server_name::ServerName;
use sha2::{Digest, Sha256};

/// What providers accept.
const MAX_LEN: usize = 64;

/// Bytes of the hash in a changed name.
const HASH_BYTES: usize = 4;

/// The name of a server's tool for the model: `server__tool` where that is legal, else `server__` with the nearest legal text and a
/// hash of both names at its end. It depends on nothing else, so no other tool can change it; no built-in tool has two underscores;
/// and a rule about `server__*` matches every tool of the server.
pub(crate) fn tool_name(server: &ServerName, tool: &str) -> String {
    let plain = format!("{server}__{tool}");
    let is_legal = |character: char| character.is_ascii_alphanumeric() || character == '-' || character == '_';
    if !tool.is_empty() && plain.len() <= MAX_LEN && tool.chars().all(is_legal) {
        return plain;
    }
    let digest = Sha256::new().chain_update(server.as_str()).chain_update([0]).chain_update(tool).finalize();
    let hash: String = digest.iter().take(HASH_BYTES).map(|byte| format!("{byte:02x}")).collect();
    let legal: String = tool.chars().map(|character| if is_legal(character) { character } else { '_' }).collect();
    let room = MAX_LEN - server.as_str().len() - "__".len() - "_".len() - hash.len();
    let kept = legal[..legal.len().min(room)].trim_matches('_');
    let separator = if kept.is_empty() { "" } else { "_" };
    format!("{server}__{kept}{separator}{hash}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use growqr_core::tool::is_valid_tool_name;
    use std::collections::BTreeSet;

    #[test]
    fn names_are_legal_distinct_and_readable() {
        let odd = ServerName::new("odd").unwrap();
        let twin = |end: &str| format!("{}{end}", "a_very_long_name_of_a_tool_".repeat(3));
        let tools = ["read", "a b", "a_b", "files.read/text", "файл", "", &twin("one"), &twin("two"), "read_memory"];
        let names: Vec<String> = tools.iter().map(|tool| tool_name(&odd, tool)).collect();
        assert!(names.iter().all(|name| is_valid_tool_name(name) && name.starts_with("odd__")), "{names:?}");
        assert_eq!(names.iter().collect::<BTreeSet<_>>().len(), tools.len(), "{names:?}");
        assert_eq!(names[0], "odd__read");
        assert!(names[3].starts_with("odd__files_read_text_"), "{}", names[3]);
        assert_eq!(names[8], "odd__read_memory");
    }

    #[test]
    fn two_servers_with_the_same_tool_have_two_names() {
        let (one, two) = (ServerName::new("a").unwrap(), ServerName::new("a-b").unwrap());
        assert_ne!(tool_name(&one, "b__c"), tool_name(&two, "c"));
        assert_ne!(tool_name(&one, "read"), tool_name(&two, "read"));
    }
}
