//! The folders of the person that agents may use: what ends with a folder, and what a write would change.

use crate::SystemClock;
use crate::blocking::blocking_within;
use crate::error::AppError;
use crate::folder_changes::DISK_LIMIT;
use crate::library::Library;
use crate::profile::file_folders::folders;
use crate::profile::folders::canonical;
use crate::profile::location::Profile;
use crate::profile::settings::{self, Preferences, StoredSettings};
use growqr_actors::find_recorded_call;
use growqr_core::ask::AskDetail;
use growqr_core::clock::Clock;
use growqr_core::id::AskId;
use growqr_core::journal::Store;
use growqr_core::raw::RawJson;
use growqr_core::rules::{Decision, Rule, RuleOrigin};
use growqr_tools::{Folder, WRITE_FILE, file_change};
use growqr_wire as wire;
use std::path::{Path, PathBuf};
use std::time::Duration;
use tokio::task::JoinSet;

/// The most bytes of a difference that are shown: more than anyone reads, and as much as a window can show at once.
const MAX_DIFF: usize = 256 << 10;

/// The folders that agents of a profile may use. Looks at no disk: one that does not answer must not stop the profile from opening.
pub(crate) fn of(profile: &Profile, stored: &StoredSettings) -> Vec<Folder> {
    let own = canonical(profile.root());
    let chosen = Preferences::parse_lenient(stored).files.into_iter();
    chosen.filter(|folder| !overlaps(&folder.path, &own)).collect()
}

/// Prepares a change of the setting: refuses a folder in which GrowQR's own data is, and removes the rules that allowed calls in removed
/// folders.
///
/// # Errors
/// [`AppError::BadRequest`] for such a folder, or if the store cannot be written; then the setting must stay.
pub(crate) async fn before_change(profile: &Profile, store: &dyn Store, value: &str) -> Result<(), AppError> {
    let chosen = folders(value).unwrap_or_default();
    let before = Preferences::parse_lenient(&settings::stored(store).await?).files;
    let own = canonical(profile.root());
    for (folder, real) in real_places(&chosen, DISK_LIMIT, canonical).await {
        let refused = |problem: &str| {
            let problem = format!("{} {problem}", folder.path.display());
            AppError::bad_request(problem, "Choose a folder with the files that agents need.")
        };
        match real {
            Some(real) if overlaps(&real, &own) => return Err(refused("has GrowQR's own data in it")),
            // It was looked at when it was chosen.
            None if !before.iter().any(|other| other.path == folder.path) => {
                return Err(refused("is on a disk that does not answer"));
            }
            _ => {}
        }
    }
    end_consent(store, &before, &chosen).await
}

/// Where the folders are, as `look` finds it on the disk; `None` for those whose disk does not answer in this time. All are looked at at
/// the same time, so that one dead disk does not hold up the others.
async fn real_places(
    folders: &[Folder],
    limit: Duration,
    look: impl Fn(&Path) -> PathBuf + Clone + Send + 'static,
) -> Vec<(&Folder, Option<PathBuf>)> {
    let mut places: Vec<(&Folder, Option<PathBuf>)> = folders.iter().map(|folder| (folder, None)).collect();
    let mut looks = JoinSet::new();
    for (index, folder) in folders.iter().enumerate() {
        let (path, look) = (folder.path.clone(), look.clone());
        looks.spawn_blocking(move || (index, look(&path)));
    }
    let all = async {
        while let Some(looked) = looks.join_next().await {
            if let Ok((index, place)) = looked {
                places[index].1 = Some(place);
            }
        }
    };
    if tokio::time::timeout(limit, all).await.is_err() {
        tracing::warn!("the disk with a folder of the person does not answer");
    }
    places
}

fn overlaps(chosen: &Path, own: &Path) -> bool {
    chosen.starts_with(own) || own.starts_with(chosen)
}

/// Removes the lines that come from answers or allow something in folders that are gone, or that are another place now: it does not
/// pass to another folder with the name. Nor does an answer about folders with a beginning of the name pass to one that is new.
///
/// # Errors
/// If the store cannot be written.
async fn end_consent(store: &dyn Store, before: &[Folder], now: &[Folder]) -> Result<(), AppError> {
    let (gone, new) = (without(before, now), without(now, before));
    for stored in store.rules().await? {
        let Ok(rule) = stored.line.parse::<Rule>() else { continue };
        if ends(&rule, stored.origin, &gone, &new) {
            store.remove_rule(&stored.id, SystemClock.now()).await?;
        }
    }
    Ok(())
}

/// The folders that are not among the others.
fn without<'a>(folders: &'a [Folder], others: &[Folder]) -> Vec<&'a Folder> {
    let is_other = |folder: &Folder| others.iter().any(|other| other.name == folder.name && other.path == folder.path);
    folders.iter().filter(|folder| !is_other(folder)).collect()
}

/// Whether a line ends with the folders that are gone, or with those that are new.
fn ends(rule: &Rule, origin: RuleOrigin, gone: &[&Folder], new: &[&Folder]) -> bool {
    let is_answer = origin == RuleOrigin::Answer;
    if !is_file_tool(&rule.tool.to_string()) || !(is_answer || rule.decision == Decision::Allow) {
        return false;
    }
    let about = rule.argument.as_ref().map(|(_, pattern)| pattern.to_string()).unwrap_or_default();
    let is_in = |folder: &&Folder| {
        about.strip_prefix(&folder.name).is_some_and(|rest| matches!(rest.as_bytes().first(), None | Some(b'/' | b'*')))
    };
    let literal = about.find(['*', '?', '[']).map(|end| &about[..end]);
    let may_be_in = |folder: &&Folder| is_answer && literal.is_some_and(|literal| folder.name.starts_with(literal));
    gone.iter().any(is_in) || gone.iter().chain(new).any(may_be_in)
}

fn is_file_tool(name: &str) -> bool {
    growqr_tools::file_tools().iter().any(|offered| offered.tool.name == name)
}

impl Library {
    /// The folders that the person has chosen for agents.
    ///
    /// # Errors
    /// If the store cannot be read.
    pub async fn file_folders(&self) -> Result<Vec<wire::FileFolder>, AppError> {
        let row = |folder: Folder| wire::FileFolder {
            path: folder.path.display().to_string(),
            name: folder.name,
            can_write: folder.can_write,
        };
        Ok(self.chosen_folders().await?.into_iter().map(row).collect())
    }

    async fn chosen_folders(&self) -> Result<Vec<Folder>, AppError> {
        let stored = match &self.store {
            Some(store) => settings::stored(&**store).await?,
            None => StoredSettings::new(),
        };
        Ok(Preferences::parse_lenient(&stored).files)
    }

    /// What the call of `write_file` that an ask is about would change now. Reads the file, and changes nothing.
    ///
    /// # Errors
    /// [`AppError::NoAsk`]; [`AppError::Missing`] if the ask is about something else.
    pub async fn file_change(&self, ask: &str) -> Result<wire::FileChange, AppError> {
        let no_ask = || AppError::NoAsk(ask.to_owned());
        let store = self.store.as_ref().ok_or_else(no_ask)?;
        let view = store.ask(&AskId::new(ask)).await?.ok_or_else(no_ask)?;
        let other = || AppError::Missing {
            what: format!("file that the ask {ask} is about"),
            next_step: format!("See what it is about: growqr asks show {ask}"),
        };
        let Some(AskDetail::Call { effect, tool, input, cut, .. }) = &view.ask.detail else { return Err(other()) };
        if tool != WRITE_FILE {
            return Err(other());
        }
        let input = if *cut == 0 {
            RawJson::parse(input.as_str()).ok()
        } else {
            find_recorded_call(&**store, &view.agent, |call| (call.effect == *effect).then_some(call.input)).await?
        };
        let input = input.ok_or_else(other)?;
        let folders = self.chosen_folders().await?;
        let change = blocking_within(DISK_LIMIT, move || described(&folders, &input)).await;
        let change = change.unwrap_or_else(|| Err("the disk with the file does not answer".to_owned()));
        change.map_err(|problem| AppError::bad_request(problem, "The agent will be told; do not allow it."))
    }
}

fn described(folders: &[Folder], input: &RawJson) -> Result<wire::FileChange, String> {
    let change = file_change(folders, input)?;
    // Without what is replaced, the whole new text would look like the change.
    let diff = match &change.problem {
        None => growqr_memory::diff_texts(&change.path, change.before.as_deref(), Some(&change.after))
            .map_err(|error| error.to_string())?,
        Some(_) => String::new(),
    };
    let place = change.place.map(|place| place.display().to_string());
    let (is_new, diff) = (change.before.is_none(), within(diff, MAX_DIFF));
    Ok(wire::FileChange { path: change.path, place, is_new, diff, problem: change.problem })
}

/// The beginning of a long difference, and how much of it is left out.
fn within(mut diff: String, limit: usize) -> String {
    let end = diff[..diff.floor_char_boundary(limit)].rfind('\n').map_or(0, |at| at + 1);
    if diff.len() > limit {
        let left_out = diff.len() - end;
        diff.truncate(end);
        diff.push_str(&format!("\\ {left_out} more bytes of the difference are not shown here\n"));
    }
    diff
}

#[cfg(test)]
mod tests {
    use super::*;
    use growqr_core::clock::Timestamp;
    use growqr_core::id::ProfileId;
    use growqr_store::{Db, DbConfig};

    #[test]
    fn a_long_difference_says_how_much_is_left_out() {
        assert_eq!(within("+one\n+two\n".to_owned(), 100), "+one\n+two\n");
        let cut = within("+one\n+two\n+three\n".to_owned(), 12);
        assert_eq!(cut, "+one\n+two\n\\ 7 more bytes of the difference are not shown here\n");
    }

    #[tokio::test]
    async fn a_disk_that_does_not_answer_holds_up_no_other_one() {
        let folder = |name: &str| Folder { name: name.to_owned(), path: format!("/{name}").into(), can_write: false };
        let (dead, notes) = (folder("dead"), folder("notes"));
        let (end, ended) = std::sync::mpsc::channel::<()>();
        let ended = std::sync::Arc::new(std::sync::Mutex::new(ended));
        let look = move |path: &Path| {
            if path.ends_with("dead") {
                let _ = ended.lock().map(|ended| ended.recv());
            }
            path.join("real")
        };
        let folders = [dead.clone(), notes.clone()];
        let places = real_places(&folders, Duration::from_millis(200), look).await;
        assert_eq!(places, [(&dead, None), (&notes, Some("/notes/real".into()))]);
        drop(end);
    }

    #[tokio::test]
    async fn what_answers_have_allowed_ends_with_the_folder() {
        let data = tempfile::tempdir().unwrap();
        let db = Db::open(&DbConfig::Sqlite { path: data.path().join("growqr.db") }).await.unwrap();
        let store = db.profile(&ProfileId::new("local"), Timestamp(1)).await.unwrap();
        let lines = [
            "allow write_file path=notes/a.md",
            "allow search_files path=notes*",
            "deny read_file path=notes/x.md",
            "allow write_file path=notes2/a.md",
            "allow commit_memory path=notes/a.md",
        ];
        for line in lines {
            store.add_rule(line, Timestamp(1)).await.unwrap();
        }
        let notes = Folder { name: "notes".to_owned(), path: "/notes".into(), can_write: true };
        end_consent(&*store, std::slice::from_ref(&notes), std::slice::from_ref(&notes)).await.unwrap();
        assert_eq!(store.rules().await.unwrap().len(), lines.len());
        let moved = Folder { path: "/other".into(), ..notes.clone() };
        end_consent(&*store, &[notes], &[moved]).await.unwrap();
        let left: Vec<String> = store.rules().await.unwrap().into_iter().map(|rule| rule.line).collect();
        assert_eq!(left, lines[2..]);
    }

    #[test]
    fn an_answer_about_a_beginning_of_names_ends_when_folders_change() {
        let folder = |name: &str| Folder { name: name.to_owned(), path: "/x".into(), can_write: true };
        let (notes, drafts) = (folder("notes"), folder("drafts"));
        let ends = |line: &str, origin| ends(&line.parse().unwrap(), origin, &[&drafts], &[&notes]);
        for line in ["allow list_files path=*", "allow search_files path=no*", "allow list_files path=notes*"] {
            assert!(ends(line, RuleOrigin::Answer), "{line}");
            assert!(!ends(line, RuleOrigin::Person), "{line}");
        }
        for line in ["allow read_file path=drafts/*", "allow list_files path=drafts*"] {
            assert!(ends(line, RuleOrigin::Person), "{line}");
        }
        for line in ["allow list_files path=music/*", "allow list_memory path=*", "allow list_files"] {
            assert!(!ends(line, RuleOrigin::Answer), "{line}");
        }
    }
}
