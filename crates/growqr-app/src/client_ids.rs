//! Ids that a client chooses, so that a second request with the same id is known.

/// Whether a client may choose this id: the prefix, then letters, digits and hyphens.
pub(crate) fn is_id(id: &str, prefix: &str) -> bool {
    let is_valid = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
    id.strip_prefix(prefix).is_some_and(|rest| (1..=64).contains(&rest.len()) && rest.bytes().all(is_valid))
}
