//! The files and folders that agents cannot reach, by their names and by what is in them.

use growqr_core::rules::fold;

/// Why a name cannot be reached in any chosen folder.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Refusal {
    /// It begins with a dot.
    #[error("it is hidden")]
    Hidden,
    /// Files with such names hold keys or passwords.
    #[error("files with such names hold keys or passwords")]
    Secret,
    /// The system reads the name as another one, or as a device.
    #[error("its name cannot be used")]
    Unusable,
}

/// Why a name is not reached; `None` if it is. `windows` are the rules of that system's file names.
pub(crate) fn refused(name: &str, windows: bool) -> Option<Refusal> {
    let folded = fold(name);
    let folded = folded.trim_end_matches([' ', '.']);
    if name.len() > 255 || folded.is_empty() || (windows && is_unusable_on_windows(name, folded)) {
        Some(Refusal::Unusable)
    } else if folded.starts_with('.') {
        Some(Refusal::Hidden)
    } else if is_secret(folded) {
        Some(Refusal::Secret)
    } else {
        None
    }
}

/// Whether a text is the file of a private key, whatever its name is.
pub(crate) fn holds_private_key(text: &str) -> bool {
    let first = text.trim_start_matches(['\u{feff}', ' ', '\t', '\r', '\n']).lines().next().unwrap_or_default();
    (first.starts_with("-----BEGIN ") && first.contains("PRIVATE KEY")) || first.starts_with("PuTTY-User-Key-File")
}

/// Names that Windows changes or gives another meaning: devices, streams, short names such as `SECRET~1`, dots and spaces at the end.
fn is_unusable_on_windows(name: &str, folded: &str) -> bool {
    const DEVICES: [&str; 6] = ["con", "prn", "aux", "nul", "conin$", "conout$"];
    let stem = folded.split('.').next().unwrap_or_default().trim_end();
    let is_port = |port: &str| {
        stem.strip_prefix(port)
            .is_some_and(|rest| matches!(rest, "¹" | "²" | "³") || (rest.len() == 1 && rest.as_bytes()[0].is_ascii_digit()))
    };
    let is_short = name.split('~').skip(1).any(|rest| rest.starts_with(|c: char| c.is_ascii_digit()));
    DEVICES.contains(&stem)
        || is_port("com")
        || is_port("lpt")
        || is_short
        || name.ends_with(['.', ' '])
        || name.chars().any(|c| "<>:\"|?*".contains(c))
}

fn is_secret(folded: &str) -> bool {
    const BEGINNINGS: [&str; 6] = ["id_rsa", "id_dsa", "id_ecdsa", "id_ed25519", "client_secret", "service-account"];
    const STEMS: [&str; 11] = [
        "credential",
        "credentials",
        "secret",
        "secrets",
        "password",
        "passwords",
        "passwd",
        "shadow",
        "htpasswd",
        "netrc",
        "_netrc",
    ];
    const ENDINGS: [&str; 19] = [
        "pem",
        "key",
        "p8",
        "p12",
        "pfx",
        "pkcs12",
        "jks",
        "keystore",
        "kdb",
        "kdbx",
        "ppk",
        "gpg",
        "pgp",
        "ovpn",
        "keychain",
        "keychain-db",
        "agekey",
        "env",
        "tfstate",
    ];
    let (stem, ending) = (folded.split('.').next().unwrap_or_default(), folded.rsplit_once('.').map(|(_, ending)| ending));
    BEGINNINGS.iter().any(|beginning| folded.starts_with(beginning))
        || STEMS.contains(&stem)
        || ending.is_some_and(|ending| ENDINGS.contains(&ending))
        || matches!(folded, "wallet.dat" | "token.json")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hidden_and_secret_names_are_refused_in_every_spelling() {
        for name in [".env", ".ssh", ".git", "\u{200b}.ssh", ".ENV", "..."] {
            assert!(matches!(refused(name, false), Some(Refusal::Hidden | Refusal::Unusable)), "{name:?}");
        }
        for name in [
            "id_rsa",
            "ID_RSA.pub",
            "server.PEM",
            "a.b.key",
            "prod.env",
            "Credentials.json",
            "passwords.txt",
            "x.kdbx ",
            "secr\u{ad}ets.yml",
            "pa\u{17f}\u{17f}words.txt",
            "pa\u{df}words.txt",
            "secr\u{34f}ets.yml",
            "\u{212a}ey.\u{212a}ey",
        ] {
            assert_eq!(refused(name, false), Some(Refusal::Secret), "{name:?}");
        }
        for name in
            ["notes.md", "keys.md", "environment.txt", "monkey", "a~1.txt", "con.txt", "Secretary.docx", "ключ.txt", "👩‍🔬.md"]
        {
            assert_eq!(refused(name, false), None, "{name:?}");
        }
    }

    #[test]
    fn names_that_windows_reads_in_another_way_are_refused_there() {
        for name in ["con", "NUL.txt", "com1", "Lpt9.md", "com¹", "aux .txt", "a:b", "SECRET~1", "a.", "a ", "what?.md", "a*"] {
            assert_eq!(refused(name, true), Some(Refusal::Unusable), "{name:?}");
        }
        for name in ["common.md", "comet1.md", "a~b.md", "lpt.txt", "nulls"] {
            assert_eq!(refused(name, true), None, "{name:?}");
        }
    }
}
