//! Strict percent-decoding: a `%` without two digits and bytes that are not UTF-8 are refused.

/// Decodes a component of a query, in which `+` is a space.
pub(crate) fn decode_query(text: &str) -> Option<String> {
    decode(&text.replace('+', " "))
}

/// Decodes a component of a path.
pub(crate) fn decode(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        let decoded = if byte == b'%' { digit(rest.next()?)? << 4 | digit(rest.next()?)? } else { byte };
        bytes.push(decoded);
    }
    String::from_utf8(bytes).ok()
}

fn digit(byte: u8) -> Option<u8> {
    char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_are_decoded_once_and_strictly() {
        assert_eq!(decode("a%2Fb").as_deref(), Some("a/b"));
        assert_eq!(decode("%252F").as_deref(), Some("%2F"));
        assert_eq!(decode("caf%C3%A9").as_deref(), Some("café"));
        assert_eq!(decode_query("a+b%2B").as_deref(), Some("a b+"));
        for bad in ["%", "%2", "%zz", "a%", "%ff", "%C3"] {
            assert_eq!(decode(bad), None, "{bad}");
        }
    }
}
