//! Compares what the database and the memory say about each other. Pure.

use growqr_core::memory_link::MemoryLink;
use growqr_memory::{Mark, MemoryUser};

/// What is found when a profile is opened.
pub(crate) struct Sides {
    /// The database's side.
    pub(crate) link: Option<MemoryLink>,
    /// The number of events in the database.
    pub(crate) events: u64,
    /// Whether several data folders can use this database: it is on a server.
    pub(crate) is_shared: bool,
    /// The location of the database.
    pub(crate) database: String,
    /// The profile's folder.
    pub(crate) folder: String,
    /// The memory's side.
    pub(crate) mark: Option<Mark>,
    /// Whether there is a memory repository in the folder.
    pub(crate) has_repository: bool,
    /// Whether there are pages in the memory folder, but no memory repository.
    pub(crate) has_pages: bool,
    /// The mark of the memory in the folder that the database names, if that is another folder and still has one.
    pub(crate) other_mark: Option<Mark>,
}

/// Whether both sides belong together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// They do, and both sides say so.
    Fits,
    /// They do, and one side must be written: one of them is new, or the folder was moved.
    Note,
    /// They did not until now. The conversation goes on with this memory, and the person is told.
    Tell(String),
    /// Both are copies of a folder that still exists. They get names of their own, and the person is told.
    Copy(String),
    /// Going on would give one conversation two memories. Memory is not changed until the person decides.
    Withhold(String),
}

impl Sides {
    /// Compares both sides.
    pub(crate) fn compare(&self) -> Verdict {
        let user = self.mark.as_ref().and_then(|mark| mark.user.as_ref());
        let Some(link) = &self.link else {
            return match user {
                Some(user) => Verdict::Tell(self.other_conversation(user)),
                None if self.has_pages && !self.has_repository => Verdict::Tell(self.pages_were_here()),
                None => Verdict::Note,
            };
        };
        match &self.mark {
            Some(mark) if mark.memory == link.memory => self.compare_known(link, mark, user),
            // The mark was lost, for example because the person has cloned the repository again.
            None if self.has_repository && link.folder == self.folder => Verdict::Note,
            _ if self.is_shared => Verdict::Withhold(self.memory_elsewhere(link)),
            None if !self.has_repository => Verdict::Tell(self.memory_gone(link)),
            Some(_) if user.is_some_and(|user| user.conversation == link.conversation) => Verdict::Tell(self.earlier_memory()),
            _ => Verdict::Tell(self.other_memory()),
        }
    }

    /// The database names the memory in the folder.
    fn compare_known(&self, link: &MemoryLink, mark: &Mark, user: Option<&MemoryUser>) -> Verdict {
        let is_elsewhere_too = self.other_mark.as_ref().is_some_and(|other| other.memory == mark.memory);
        if link.folder != self.folder && is_elsewhere_too {
            return match self.is_shared {
                true => Verdict::Withhold(self.second_folder(link)),
                false => Verdict::Copy(self.copied(link)),
            };
        }
        match user {
            Some(user) if user.conversation != link.conversation => Verdict::Tell(self.used_meanwhile(user)),
            Some(user) if user.events > self.events => Verdict::Tell(self.older_database(user)),
            Some(user) if user.events == self.events && user.database == self.database && link.folder == self.folder => {
                Verdict::Fits
            }
            _ => Verdict::Note,
        }
    }

    fn other_conversation(&self, user: &MemoryUser) -> String {
        let (folder, database) = (&self.folder, &self.database);
        if user.database == *database && self.events > 0 {
            return format!(
                "The database {database} has {} events, but does not know the memory in {folder}, which was used from the same place. \
                 It was probably restored from an older copy. The pages stay as they are. Messages and costs since that copy are \
                 missing in the conversation and in the budget.",
                self.events
            );
        }
        if user.database == *database {
            return format!(
                "The conversation in {database} is new. It uses the memory in {folder}, which belonged to an earlier conversation in \
                 the same place. The pages are unchanged; that earlier conversation is no longer there."
            );
        }
        format!(
            "The memory in {folder} belonged to the conversation in {}. From now on, the conversation in {database} uses it. The \
             pages are unchanged, and the earlier conversation is still in its database: to return to it, start GrowQR with that one.",
            user.database
        )
    }

    fn used_meanwhile(&self, user: &MemoryUser) -> String {
        let (folder, database) = (&self.folder, &self.database);
        format!(
            "The memory in {folder} was used by the conversation in {} meanwhile. From now on, the conversation in {database} uses it \
             again. What the other one has changed is listed by: growqr memory log",
            user.database
        )
    }

    fn older_database(&self, user: &MemoryUser) -> String {
        let Sides { folder, database, events, .. } = self;
        format!(
            "The database {database} is older than the memory in {folder}: it has {events} events, and there were {} when the memory \
             was last used. It was probably restored from a copy. The pages stay as they are. Messages and costs since that copy are \
             missing in the conversation and in the budget.",
            user.events
        )
    }

    fn pages_were_here(&self) -> String {
        format!(
            "The memory folder in {} had pages before this conversation began. GrowQR makes a git repository of them and commits them \
             in your name, as \"Pages that were here already\". It changes none of them, and adds none.",
            self.folder
        )
    }

    fn earlier_memory(&self) -> String {
        format!(
            "The memory that this conversation used before is in {} again, with its history. Pages that were changed since are \
             committed as your edits.",
            self.folder
        )
    }

    fn memory_gone(&self, link: &MemoryLink) -> String {
        if self.has_pages && link.folder == self.folder {
            return format!(
                "The history of this conversation's memory is gone: the memory folder in {} has no .git folder. Its pages are \
                 unchanged, and GrowQR begins a new history with them. If you have that .git folder, quit GrowQR and put it back.",
                self.folder
            );
        }
        let place = match link.folder == self.folder {
            true => format!("is no longer in {}", self.folder),
            false => format!("was in {} and is not in {}", link.folder, self.folder),
        };
        format!(
            "The memory of this conversation {place}. A new memory has begun. If you have a copy, quit GrowQR and put it in the place \
             of the folder memory."
        )
    }

    fn other_memory(&self) -> String {
        format!(
            "The folder {} has another memory than the one that this conversation used before. From now on, the conversation uses it. \
             Its pages are unchanged.",
            self.folder
        )
    }

    fn copied(&self, link: &MemoryLink) -> String {
        format!(
            "{} is a copy of {}, which still exists. From now on they are apart: what you say, remember and spend in one of them is not \
             in the other.",
            self.folder, link.folder
        )
    }

    fn memory_elsewhere(&self, link: &MemoryLink) -> String {
        let here = match (self.has_repository, link.folder == self.folder) {
            (_, true) => "that folder has another memory now, or is on another computer".to_owned(),
            (true, false) => format!("{} has another memory", self.folder),
            (false, false) => format!("{} has none", self.folder),
        };
        format!(
            "The conversation in {} uses the memory in {}; {here}. Memory is not changed until you decide.",
            self.database, link.folder
        )
    }

    fn second_folder(&self, link: &MemoryLink) -> String {
        format!(
            "{} is a copy of {}, and both use the conversation in {}. Memory is not changed here until you decide which folder goes on.",
            self.folder, link.folder, self.database
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use growqr_core::clock::Timestamp;
    use growqr_core::id::{ConversationName, MemoryName};

    fn link(folder: &str) -> MemoryLink {
        MemoryLink {
            conversation: ConversationName::random(1),
            memory: MemoryName::random(1),
            folder: folder.to_owned(),
            notice: None,
            changed_at: Timestamp(0),
        }
    }

    fn mark(memory: u128, conversation: u128, events: u64) -> Mark {
        let user =
            MemoryUser { conversation: ConversationName::random(conversation), database: "/a/growqr.db".to_owned(), events };
        Mark { memory: MemoryName::random(memory), user: Some(user) }
    }

    /// Both sides of a profile in `/a` that belong together.
    fn fitting() -> Sides {
        Sides {
            link: Some(link("/a")),
            events: 10,
            is_shared: false,
            database: "/a/growqr.db".to_owned(),
            folder: "/a".to_owned(),
            mark: Some(mark(1, 1, 10)),
            has_repository: true,
            has_pages: true,
            other_mark: None,
        }
    }

    /// The verdict without its text.
    fn kind(sides: &Sides) -> &'static str {
        match sides.compare() {
            Verdict::Fits => "fits",
            Verdict::Note => "note",
            Verdict::Tell(_) => "tell",
            Verdict::Copy(_) => "copy",
            Verdict::Withhold(_) => "withhold",
        }
    }

    #[test]
    fn what_belongs_together_is_quiet() {
        assert_eq!(kind(&fitting()), "fits");
        let first = Sides { link: None, mark: None, has_repository: false, has_pages: false, ..fitting() };
        assert_eq!(kind(&first), "note");
        assert_eq!(kind(&Sides { has_repository: true, ..first }), "note", "the first start after the update");
        assert_eq!(kind(&Sides { events: 11, ..fitting() }), "note", "more was said");
        assert_eq!(kind(&Sides { mark: Some(Mark { user: None, ..mark(1, 1, 0) }), ..fitting() }), "note");
        assert_eq!(kind(&Sides { mark: None, ..fitting() }), "note", "the repository was cloned again");
        for is_shared in [false, true] {
            let moved = Sides { folder: "/b".to_owned(), is_shared, ..fitting() };
            assert_eq!(kind(&moved), "note", "the old folder is gone");
            assert_eq!(kind(&Sides { other_mark: Some(mark(2, 2, 1)), ..moved }), "note", "another memory is there now");
        }
    }

    #[test]
    fn another_conversation_or_another_memory_is_told() {
        assert_eq!(kind(&Sides { link: None, ..fitting() }), "tell", "a new database");
        assert_eq!(kind(&Sides { mark: Some(mark(1, 2, 10)), ..fitting() }), "tell", "another conversation used it meanwhile");
        assert_eq!(kind(&Sides { mark: Some(mark(1, 1, 11)), ..fitting() }), "tell", "the database is older");
        assert_eq!(kind(&Sides { mark: Some(mark(2, 1, 10)), ..fitting() }), "tell", "another memory");
        assert_eq!(kind(&Sides { mark: None, has_repository: false, ..fitting() }), "tell", "no memory");
    }

    #[test]
    fn pages_without_a_repository_and_an_earlier_memory_are_told_as_what_they_are() {
        let text = |sides: &Sides| match sides.compare() {
            Verdict::Tell(text) => text,
            other => panic!("{other:?}"),
        };
        let first = Sides { link: None, mark: None, has_repository: false, ..fitting() };
        assert!(text(&first).contains("Pages that were here already"));
        let gone = Sides { mark: None, has_repository: false, ..fitting() };
        assert!(text(&gone).contains("no .git folder"));
        assert!(text(&Sides { has_pages: false, ..gone }).contains("A new memory has begun"));
        assert!(text(&Sides { mark: Some(mark(2, 1, 9)), ..fitting() }).contains("used before is in /a again"));
        assert!(text(&Sides { mark: Some(mark(2, 3, 9)), ..fitting() }).contains("another memory"));
    }

    #[test]
    fn a_copy_of_a_folder_that_still_exists_gets_a_life_of_its_own() {
        let copy = Sides { folder: "/b".to_owned(), other_mark: Some(mark(1, 1, 10)), ..fitting() };
        assert_eq!(kind(&copy), "copy");
        assert_eq!(kind(&Sides { is_shared: true, ..copy }), "withhold", "both use one database");
    }

    #[test]
    fn a_second_memory_of_a_conversation_on_a_server_waits_for_the_person() {
        let other = Sides { is_shared: true, folder: "/b".to_owned(), mark: Some(mark(2, 2, 3)), ..fitting() };
        assert_eq!(kind(&other), "withhold");
        assert_eq!(kind(&Sides { mark: None, has_repository: false, ..other }), "withhold");
    }
}
