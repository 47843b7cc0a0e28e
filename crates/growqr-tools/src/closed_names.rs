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

/// Whether a text has a private key in it, whatever the name of its file is.
pub(crate) fn holds_private_key(text: &str) -> bool {
    let has_key = |line: &str| {
        let after = line.split("-----BEGIN ").skip(1);
        after.filter_map(|rest| rest.split("-----").next()).any(|title| title.contains("PRIVATE KEY"))
    };
    let is_putty = |line: &str| line.trim_start_matches(['\u{feff}', ' ', '\t']).starts_with("PuTTY-User-Key-File");
    // Most texts have neither, and are then looked through only twice.
    (text.contains("PRIVATE KEY") && text.lines().any(has_key))
        || (text.contains("PuTTY-User-Key-File") && text.lines().any(is_putty))
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
    const BEGINNINGS: [&str; 6] = ["id_rsa", "id_dsa", "id_ecdsa", "id_ed25519", "service-account", "service_account"];
    const WORDS: [&str; 6] = ["credential", "credentials", "secret", "secrets", "password", "passwords"];
    const STEMS: [&str; 7] = ["passwd", "shadow", "htpasswd", "netrc", "_netrc", "kubeconfig", "rootkey"];
    const ENDINGS: [&str; 21] = [
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
        "tfvars",
        "kubeconfig",
    ];
    // What follows `env.` in the name of such a file; `env.py` is a program.
    const ENVIRONMENTS: [&str; 10] =
        ["production", "prod", "development", "dev", "staging", "test", "local", "backup", "bak", "old"];
    let mut parts = folded.split('.').map(str::trim);
    let stem = parts.next().unwrap_or_default();
    let has_word = folded.split(|c: char| !c.is_alphabetic()).any(|word| WORDS.contains(&word));
    BEGINNINGS.iter().any(|beginning| folded.starts_with(beginning))
        || STEMS.contains(&stem)
        || has_word
        || parts.any(|part| ENDINGS.contains(&part) || (stem == "env" && ENVIRONMENTS.contains(&part)))
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
            "server.key.old",
            "config.env.bak",
            "env.production",
            "my-passwords 2024.txt",
            "old.credentials.json",
            "1password.csv",
            "kubeconfig",
            "prod.kubeconfig.yml",
            "terraform.tfvars",
            "rootkey.csv",
            "client_secret_1.json",
        ] {
            assert_eq!(refused(name, false), Some(Refusal::Secret), "{name:?}");
        }
        for name in [
            "notes.md",
            "keys.md",
            "environment.txt",
            "env.py",
            "monkey",
            "a~1.txt",
            "con.txt",
            "Secretary.docx",
            "1. Key figures.docx",
            "ключ.txt",
            "👩‍🔬.md",
        ] {
            assert_eq!(refused(name, false), None, "{name:?}");
        }
    }

    #[test]
    fn a_private_key_is_found_wherever_it_stands_in_a_text() {
        for key in [
            "-----BEGIN OPENSSH PRIVATE KEY-----\nx",
            "\u{feff}\nBag Attributes\n    name: a\n-----BEGIN ENCRYPTED PRIVATE KEY-----\nx",
            "-----BEGIN CERTIFICATE-----\nx\n-----END CERTIFICATE-----\n-----BEGIN RSA PRIVATE KEY-----\nx",
            "-----BEGIN PGP PRIVATE KEY BLOCK-----\nx",
            r#"{"private_key": "-----BEGIN PRIVATE KEY-----\nx"}"#,
            "# copied\nPuTTY-User-Key-File-3: ssh-ed25519\n",
        ] {
            assert!(holds_private_key(key), "{key}");
        }
        for text in ["", "Keep the PRIVATE KEY at home.", "-----BEGIN CERTIFICATE-----\nx\n-----END CERTIFICATE-----\n"] {
            assert!(!holds_private_key(text), "{text}");
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
