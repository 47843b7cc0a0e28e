//! The properties of each request, in one table that clients, hosts, the command line and the window read.
//!
//! A new request needs one row here and a function in the request handler.

use crate::request::Request;

/// What a request requires.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Needs {
    /// A host: a process that runs the profile's agents.
    Host,
    /// The profile's lock, held by a host or only during the request.
    Lock,
    /// Neither. A running host still answers it, because it may know more, such as a key that is only in its memory.
    Nothing,
}

/// What a request changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Changes {
    /// No data of the person.
    Nothing,
    /// Something in the profile: agents, settings or keys.
    Profile,
    /// Pages of memory; [`crate::Push::MemoryChanged`] announces it.
    Memory,
}

/// The properties of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Class {
    /// What it requires.
    pub needs: Needs,
    /// What it changes.
    pub changes: Changes,
    /// Whether sending it twice has the same effect as sending it once. If a host ends before it answers, such a request
    /// is sent again to the next host; any other request may have been carried out and is reported as lost.
    pub repeatable: bool,
    /// Whether it runs concurrently with later requests: it waits for other programs or the network, needs nothing of
    /// the profile, and must not block other requests.
    pub concurrent: bool,
}

impl Request {
    /// The request's row in the table.
    #[must_use]
    pub fn class(&self) -> Class {
        use Changes::{Memory, Nothing as Unchanged, Profile};
        use Needs::{Host, Lock, Nothing};
        const REPEATABLE: bool = true;
        const ONCE: bool = false;
        const CONCURRENT: bool = true;
        const IN_ORDER: bool = false;
        let row = |needs, changes, repeatable, concurrent| Class { needs, changes, repeatable, concurrent };
        match self {
            // Messages have ids, and settings and keys keep the last value, so these can be repeated. A change of memory
            // cannot: `base` may name the version that the first attempt has already replaced.
            Request::Hello { .. } => row(Nothing, Unchanged, REPEATABLE, IN_ORDER),
            Request::Say { .. } => row(Host, Profile, REPEATABLE, IN_ORDER),
            Request::Cancel { .. } => row(Lock, Profile, REPEATABLE, IN_ORDER),
            Request::Finish { .. } => row(Lock, Profile, REPEATABLE, IN_ORDER),
            // A message is changed to the same text, or taken back, once.
            Request::WithdrawMessage { .. } => row(Lock, Profile, ONCE, IN_ORDER),
            Request::EditMessage { .. } => row(Lock, Profile, ONCE, IN_ORDER),
            // A second answer is refused, even if it is the same.
            Request::AnswerAsk { .. } => row(Lock, Profile, ONCE, IN_ORDER),
            Request::AddRule { .. } => row(Lock, Profile, ONCE, IN_ORDER),
            Request::RemoveRule { .. } => row(Lock, Profile, ONCE, IN_ORDER),
            Request::Resume { .. } => row(Host, Profile, REPEATABLE, IN_ORDER),
            Request::Follow => row(Host, Unchanged, REPEATABLE, IN_ORDER),
            Request::Health => row(Nothing, Unchanged, REPEATABLE, CONCURRENT),
            Request::WriteMemory { .. } => row(Lock, Memory, ONCE, IN_ORDER),
            Request::DeleteMemory { .. } => row(Lock, Memory, ONCE, IN_ORDER),
            Request::RestoreMemory { .. } => row(Lock, Memory, ONCE, IN_ORDER),
            Request::ConfirmMemory => row(Lock, Memory, ONCE, IN_ORDER),
            Request::SetSetting { .. } => row(Lock, Profile, REPEATABLE, IN_ORDER),
            Request::SetKey { .. } => row(Lock, Profile, REPEATABLE, IN_ORDER),
            Request::CheckKey { .. } => row(Nothing, Unchanged, REPEATABLE, CONCURRENT),
            Request::Keys => row(Nothing, Unchanged, REPEATABLE, IN_ORDER),
            Request::LocalServers => row(Nothing, Unchanged, REPEATABLE, CONCURRENT),
            // These ask Docker, which may not answer for a while. None of them changes the profile.
            Request::StackStatus => row(Nothing, Unchanged, REPEATABLE, CONCURRENT),
            Request::StackLog { .. } => row(Nothing, Unchanged, REPEATABLE, CONCURRENT),
            Request::WorkFiles { .. } => row(Nothing, Unchanged, REPEATABLE, CONCURRENT),
            Request::ReadWorkFile { .. } => row(Nothing, Unchanged, REPEATABLE, CONCURRENT),
            Request::GiteaLogin => row(Nothing, Unchanged, ONCE, CONCURRENT),
            // These are answered before they are carried out.
            Request::StackUp { .. } => row(Lock, Profile, REPEATABLE, IN_ORDER),
            Request::StackDown => row(Lock, Profile, REPEATABLE, IN_ORDER),
            Request::StackReset { .. } => row(Lock, Profile, REPEATABLE, IN_ORDER),
            Request::StackRemoveOrphans { .. } => row(Lock, Profile, REPEATABLE, IN_ORDER),
            Request::SyncMemory { .. } => row(Lock, Profile, REPEATABLE, IN_ORDER),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::request::ApiKey;

    fn all() -> Vec<Request> {
        let text = || "x".to_owned();
        vec![
            Request::Hello { version: 1 },
            Request::Say { agent: text(), id: text(), text: text() },
            Request::Cancel { agent: text(), tree: true },
            Request::Finish { agent: text(), tree: true },
            Request::WithdrawMessage { agent: text(), message: 1 },
            Request::EditMessage { agent: text(), message: 1, text: text() },
            Request::AnswerAsk { ask: text(), answer: None },
            Request::AddRule { line: text() },
            Request::RemoveRule { id: text() },
            Request::Resume { agent: text(), id: text() },
            Request::Follow,
            Request::Health,
            Request::WriteMemory { path: text(), text: text(), base: None },
            Request::DeleteMemory { path: text(), base: None },
            Request::RestoreMemory { rev: text() },
            Request::ConfirmMemory,
            Request::SetSetting { name: text(), value: None },
            Request::SetKey { name: text(), value: None },
            Request::CheckKey { name: text(), value: ApiKey(text()) },
            Request::Keys,
            Request::LocalServers,
            Request::StackStatus,
            Request::StackLog { part: text(), lines: 1 },
            Request::WorkFiles { agent: text() },
            Request::ReadWorkFile { agent: text(), path: text() },
            Request::GiteaLogin,
            Request::StackUp { agreed: true },
            Request::StackDown,
            Request::StackReset { profile: text() },
            Request::StackRemoveOrphans { orphans: Vec::new() },
            Request::SyncMemory { join: false },
        ]
    }

    #[test]
    fn a_request_that_changes_something_needs_the_lock_or_a_host() {
        for request in all() {
            let class = request.class();
            assert!(class.changes == Changes::Nothing || class.needs != Needs::Nothing, "{request:?}");
        }
    }

    #[test]
    fn a_concurrent_request_neither_needs_nor_changes_the_profile() {
        for request in all().into_iter().filter(|request| request.class().concurrent) {
            let Class { needs, changes, .. } = request.class();
            assert_eq!((needs, changes), (Needs::Nothing, Changes::Nothing), "{request:?}");
        }
    }

    #[test]
    fn a_change_of_memory_is_not_repeatable() {
        for request in all() {
            let class = request.class();
            assert!(!class.repeatable || class.changes != Changes::Memory, "{request:?}");
        }
    }
}
