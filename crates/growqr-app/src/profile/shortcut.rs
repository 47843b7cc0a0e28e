//! The keys that show the quick chat from any program.

/// What keys a shortcut may have, for error messages.
pub(super) const GRAMMAR: &str = "write keys joined by +, such as CmdOrCtrl+Shift+G: at least one of CmdOrCtrl, Ctrl, Alt or Super, perhaps Shift, and one \
     letter, digit, F1 to F12 or Space at the end; or none";

/// Checks a shortcut, which is `none` or keys joined by `+`.
///
/// # Errors
/// [`GRAMMAR`], if the system could not register it, or if it has no key besides Shift that makes it unlike typing.
pub(super) fn check(text: &str) -> Result<(), String> {
    if text == "none" {
        return Ok(());
    }
    let (modifiers, key) = text.rsplit_once('+').ok_or(GRAMMAR)?;
    let mut modifiers: Vec<&str> = modifiers.split('+').collect();
    let given = modifiers.len();
    let known = modifiers.iter().all(|name| ["CmdOrCtrl", "Ctrl", "Alt", "Super", "Shift"].contains(name));
    modifiers.sort_unstable();
    modifiers.dedup();
    let makes_a_command = modifiers.iter().any(|name| *name != "Shift");
    if known && makes_a_command && modifiers.len() == given && is_key(key) { Ok(()) } else { Err(GRAMMAR.to_owned()) }
}

fn is_key(key: &str) -> bool {
    let function =
        || key.strip_prefix('F').and_then(|number| number.parse().ok()).is_some_and(|number: u8| (1..=12).contains(&number));
    let is_one = |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit();
    key == "Space" || matches!(key.as_bytes(), [one] if is_one(*one)) || function()
}

#[cfg(test)]
mod tests {
    use super::check;

    #[test]
    fn a_shortcut_is_modifiers_and_one_key() {
        for text in ["none", "CmdOrCtrl+Shift+G", "Ctrl+Alt+Space", "Super+F12", "Alt+1"] {
            assert!(check(text).is_ok(), "{text}");
        }
        for text in [
            "",
            "G",
            "Shift+G",
            "Ctrl",
            "Ctrl+",
            "Ctrl+g",
            "Ctrl+Ctrl+G",
            "Hyper+G",
            "Ctrl+F13",
            "Ctrl+F01x",
            "Ctrl + G",
            "Ctrl+GG",
        ] {
            assert!(check(text).is_err(), "{text}");
        }
    }
}
