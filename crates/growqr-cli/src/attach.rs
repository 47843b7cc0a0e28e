//! Files for messages: `growqr chat --attach`, and `/attach` in its prompt.

use crate::print::{Out, sanitized_line};
use growqr_app::{AppError, Client, Environment, MAX_TOTAL_BYTES, Profile, file_content, send_request};
use growqr_wire::{Attachment, Reply, Request};
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

/// Attaches a file to the next message, or lists the files, in the prompt loop of `growqr chat`.
const ATTACH: &str = "/attach";

/// Sends the next message without files.
const DETACH: &str = "/detach";

/// Stores these files for a message, and returns their hashes.
pub async fn store(profile: &Profile, environment: &Environment, paths: &[PathBuf]) -> Result<Vec<String>, AppError> {
    let mut hashes = Vec::new();
    for path in paths {
        hashes.push(attached(send_request(profile.clone(), environment, request(path)?).await?)?.hash);
    }
    Ok(hashes)
}

/// The files of the next message of the prompt.
#[derive(Default)]
pub struct NextFiles(Vec<Attachment>);

impl NextFiles {
    /// Whether this line is a command about files, and no message.
    pub fn is_command(line: &str) -> bool {
        matches!(line.split_whitespace().next(), Some(ATTACH | DETACH))
    }

    /// Carries out such a line.
    pub async fn command(&mut self, client: &Client, out: &Out, line: &str) -> Result<(), AppError> {
        let line = line.trim();
        if line == DETACH {
            self.0.clear();
        } else if let Some(path) = line.strip_prefix(ATTACH).map(str::trim).filter(|path| !path.is_empty()) {
            let file = attached(client.send(request(&typed_path(path))?).await?)?;
            self.0.retain(|known| known.hash != file.hash);
            self.0.push(file);
        }
        let names: Vec<String> = self.0.iter().map(|file| sanitized_line(&file.words())).collect();
        out.notice(&match names.is_empty() {
            true => format!("The next message has no files. To attach one: {ATTACH} FILE"),
            false => format!("The next message has: {}. Without them: {DETACH}", names.join(", ")),
        });
        Ok(())
    }

    pub fn hashes(&self) -> Vec<String> {
        self.0.iter().map(|file| file.hash.clone()).collect()
    }

    pub fn clear(&mut self) {
        self.0.clear();
    }
}

/// The request that stores a file.
fn request(path: &Path) -> Result<Request, AppError> {
    let unreadable = |source| AppError::File { doing: "read", path: path.to_path_buf(), source };
    let data = path.metadata().map_err(unreadable)?;
    // A folder has no content; a pipe or a device may have no end.
    if !data.is_file() {
        return Err(AppError::BadRequest {
            message: format!("{} is not a file", path.display()),
            next_step: "Name a file. Pack nothing: attach each file on its own.".to_owned(),
        });
    }
    let as_size = |bytes| usize::try_from(bytes).unwrap_or(usize::MAX);
    if data.len() > MAX_TOTAL_BYTES {
        return Err(AppError::FilesTooLarge { bytes: as_size(data.len()), limit: as_size(MAX_TOTAL_BYTES) });
    }
    let mut bytes = Vec::new();
    let file = File::open(path).map_err(unreadable)?;
    // It may grow meanwhile.
    file.take(MAX_TOTAL_BYTES + 4).read_to_end(&mut bytes).map_err(unreadable)?;
    let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    Ok(Request::Attach { name, content_base64: file_content(&bytes) })
}

fn attached(reply: Reply) -> Result<Attachment, AppError> {
    match reply {
        Reply::Attached { attachment } => Ok(attachment),
        _ => Err(AppError::Protocol { problem: "sent an unexpected answer".to_owned() }),
    }
}

/// The path that a person has typed, or that a terminal has written for a file dragged into it: perhaps in quotes, or with escaped
/// spaces, or from the home folder.
fn typed_path(text: &str) -> PathBuf {
    let quoted = ['"', '\''].iter().find_map(|mark| text.strip_prefix(*mark)?.strip_suffix(*mark));
    let path = match quoted {
        Some(inner) => PathBuf::from(inner),
        None if cfg!(unix) && !Path::new(text).exists() => PathBuf::from(text.replace("\\ ", " ")),
        None => PathBuf::from(text),
    };
    match (path.strip_prefix("~"), std::env::home_dir()) {
        (Ok(rest), Some(home)) if !path.exists() => home.join(rest),
        _ => path,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_these_lines_are_commands() {
        for line in ["/attach", "/attach a.png", " /attach  'a b.png' ", "/detach"] {
            assert!(NextFiles::is_command(line), "{line}");
        }
        for line in ["/attached", "see /attach", "/fresh", ""] {
            assert!(!NextFiles::is_command(line), "{line}");
        }
    }

    #[test]
    fn a_path_is_read_as_terminals_write_it() {
        assert_eq!(typed_path("'/tmp/a b.png'"), Path::new("/tmp/a b.png"));
        assert_eq!(typed_path("\"/tmp/a b.png\""), Path::new("/tmp/a b.png"));
        assert_eq!(typed_path("/tmp/a.png"), Path::new("/tmp/a.png"));
        #[cfg(unix)]
        assert_eq!(typed_path("/tmp/no\\ such.png"), Path::new("/tmp/no such.png"));
        assert_eq!(typed_path("'"), Path::new("'"));
    }

    #[test]
    fn a_folder_and_a_device_are_not_read() {
        let folder = tempfile::tempdir().unwrap();
        assert!(matches!(request(folder.path()), Err(AppError::BadRequest { .. })));
        assert!(matches!(request(&folder.path().join("none")), Err(AppError::File { .. })));
        #[cfg(unix)]
        assert!(matches!(request(Path::new("/dev/zero")), Err(AppError::BadRequest { .. })));
    }
}
