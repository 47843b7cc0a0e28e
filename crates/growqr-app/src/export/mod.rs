//! A conversation as Markdown: speakers and dates as headings, words in quotes, tool steps folded.
//!
//! The journal is read page by page, twice: changes of messages, and what is set aside, are recorded after what they concern.

mod conversation;
pub(crate) mod safe_text;

use crate::blocking::blocking;
use crate::error::AppError;
use crate::library::Library;
use crate::profile::private_file;
use conversation::{Changes, Conversation};
use growqr_wire::EventLine;
use std::collections::HashMap;
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

/// Events in one read.
const PAGE: u32 = 500;

/// Files of the same name that are tried before an export gives up.
const NAMES: u32 = 1_000;

impl Library {
    /// Writes the conversation of an agent as Markdown, with all that people and agents said in it. Returns the number of bytes.
    ///
    /// # Errors
    /// [`AppError::Missing`] if there is no such agent; if the store cannot be read or `to` cannot be written: then a part may be
    /// there.
    pub async fn export_markdown(&self, agent: &str, to: &mut (dyn Write + Send)) -> Result<u64, AppError> {
        let agents = self.agents().await?;
        let name = self.agent(agent).await?.name;
        let mut changes = Changes::default();
        let last = self
            .each_event(agent, u64::MAX, |line| {
                changes.note(line);
                Ok(())
            })
            .await?;
        let names: HashMap<String, String> = agents.into_iter().map(|agent| (agent.id, agent.name)).collect();
        let mut conversation = Conversation::new(agent, &name, names, changes);
        let mut bytes = write(to, &conversation.head())?;
        self.each_event(agent, last, |line| {
            bytes += write(to, &conversation.event(line))?;
            Ok(())
        })
        .await?;
        bytes += write(to, &conversation.end())?;
        to.flush().map_err(unwritten)?;
        Ok(bytes)
    }

    /// Writes the conversation of an agent into a new file in this folder. A file that exists is not touched. The file has its name
    /// only once it is complete.
    ///
    /// # Errors
    /// As [`Library::export_markdown`]; no part of a file stays.
    pub async fn export_into(&self, folder: &Path, agent: &str) -> Result<PathBuf, AppError> {
        let name = self.agent(agent).await?.name;
        std::fs::create_dir_all(folder).map_err(unwritten)?;
        let name = file_name(&name);
        let (part, file) = new_file(folder, &name, "md.part")?;
        let mut file = BufWriter::new(file);
        let written = match self.export_markdown(agent, &mut file).await {
            Ok(_) => complete(folder, (&name, "md"), &part, file).await,
            Err(error) => Err(error),
        };
        if written.is_err() {
            // The error says enough.
            let _ = std::fs::remove_file(&part);
        }
        written
    }

    /// Calls `each` for the events of an agent up to this position, oldest first. Returns the position of the last one.
    async fn each_event(
        &self,
        agent: &str,
        until: u64,
        mut each: impl FnMut(&EventLine) -> Result<(), AppError>,
    ) -> Result<u64, AppError> {
        let mut since = 0;
        loop {
            let page = self.events(Some(agent), since, PAGE).await?;
            for line in page.iter().filter(|line| line.position <= until) {
                each(line)?;
                since = line.position;
            }
            if page.len() < PAGE as usize || page.last().is_some_and(|line| line.position >= until) {
                return Ok(since);
            }
        }
    }
}

/// A file name with these words: letters and digits of any language, and nothing with a meaning for a file system.
fn file_name(agent: &str) -> String {
    let words: String = agent.chars().map(|c| if c.is_alphanumeric() { c } else { ' ' }).take(60).collect();
    let words = words.split_whitespace().collect::<Vec<_>>().join(" ");
    if words.is_empty() { "Conversation".to_owned() } else { format!("Conversation with {words}") }
}

/// Gives a part that is complete its name, once all of it is on the disk.
pub(crate) async fn complete(
    folder: &Path,
    (name, ending): (&str, &'static str),
    part: &Path,
    file: BufWriter<File>,
) -> Result<PathBuf, AppError> {
    let (folder, name, part) = (folder.to_owned(), name.to_owned(), part.to_owned());
    let complete = move || {
        let file = file.into_inner().map_err(|error| unwritten(error.into_error()))?;
        private_file::sync(&file).map_err(unwritten)?;
        drop(file);
        // The empty file holds the name: renaming replaces what has it.
        let (path, empty) = new_file(&folder, &name, ending)?;
        drop(empty);
        match std::fs::rename(&part, &path) {
            Ok(()) => Ok(path),
            Err(error) => {
                let _ = std::fs::remove_file(&path);
                Err(unwritten(error))
            }
        }
    };
    blocking(complete).await
}

/// A new file of this name, or with a number behind the name if there is one.
pub(crate) fn new_file(folder: &Path, name: &str, ending: &str) -> Result<(PathBuf, File), AppError> {
    for number in 1..=NAMES {
        let number = if number == 1 { String::new() } else { format!(" {number}") };
        let path = folder.join(format!("{name}{number}.{ending}"));
        match File::create_new(&path) {
            Ok(file) => return Ok((path, file)),
            Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(unwritten(error)),
        }
    }
    Err(AppError::bad_request(format!("there are {NAMES} files of that name already"), "Move some of them to another folder."))
}

fn write(to: &mut (dyn Write + Send), text: &str) -> Result<u64, AppError> {
    to.write_all(text.as_bytes()).map_err(unwritten)?;
    Ok(text.len() as u64)
}

pub(crate) fn unwritten(error: std::io::Error) -> AppError {
    AppError::bad_request(format!("the export cannot be written: {error}"), "Make room on the disk, or choose another place.")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_named_after_the_agent_and_never_replaces_another() {
        assert_eq!(file_name("../é/Scout: \"x\""), "Conversation with é Scout x");
        assert_eq!(file_name("…"), "Conversation");
        let folder = tempfile::tempdir().expect("a folder");
        let names = [1, 2].map(|_| new_file(folder.path(), "a", "md").expect("a file").0);
        assert_eq!(names.map(|path| path.file_name().expect("a name").to_owned()), ["a.md", "a 2.md"]);
    }

    #[tokio::test]
    async fn a_file_has_its_name_only_once_it_is_complete() {
        let folder = tempfile::tempdir().expect("a folder");
        std::fs::write(folder.path().join("a.md"), "an earlier one").expect("it is written");
        let (part, file) = new_file(folder.path(), "a", "md.part").expect("a file");
        assert_eq!(part, folder.path().join("a.md.part"), "a killed export leaves this name");
        let mut file = BufWriter::new(file);
        file.write_all(b"text").expect("it is written");
        let path = complete(folder.path(), ("a", "md"), &part, file).await.expect("it is complete");
        assert_eq!(
            (path.clone(), std::fs::read_to_string(&path).expect("a text")),
            (folder.path().join("a 2.md"), "text".to_owned())
        );
        assert!(!part.exists());
        assert_eq!(std::fs::read_to_string(folder.path().join("a.md")).expect("a text"), "an earlier one");
    }
}
