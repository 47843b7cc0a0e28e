//! How each request is treated: the one table that clients, hosts, the command line and the window read.
//!
//! A new request is one row here, and its function in the request handler.

use crate::request::Request;

/// What must be there for a request to be answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Needs {
    /// A host: a process that runs the profile's agents.
    Host,
    /// The profile's lock: held by a host, or for the moment of the request.
    Lock,
    /// Neither. A running host is asked all the same, since it may know more, such as a key that is only in its memory.
    Nothing,
}

/// What a request changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Changes {
    /// Nothing of the person's.
    Nothing,
    /// Something in the profile: agents, settings or keys.
    Profile,
    /// Pages of memory, which is announced by [`crate::Push::MemoryChanged`].
    Memory,
}

/// How a request is treated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Class {
    /// What must be there.
    pub needs: Needs,
    /// What it changes.
    pub changes: Changes,
    /// Whether asking twice has the same effect as asking once. If a host ends before it answers, such a request is asked
    /// again of the next host; any other may have been done and is reported as lost.
    pub repeatable: bool,
    /// Whether it is answered beside the requests that come after it: it waits for other programs or the network, needs
    /// nothing of the profile, and must not hold anything up.
    pub beside: bool,
}

impl Request {
    /// The request's row in the table.
    #[must_use]
    pub fn class(&self) -> Class {
        use Changes::{Memory, Nothing as Unchanged, Profile};
        use Needs::{Host, Lock, Nothing};
        const REPEATABLE: bool = true;
        const ONCE: bool = false;
        const BESIDE: bool = true;
        const IN_TURN: bool = false;
        let row = |needs, changes, repeatable, beside| Class { needs, changes, repeatable, beside };
        match self {
            // Messages carry an id of their own, and settings and keys are as they were set last: twice is the same as
            // once. A change of memory is not: it may name a version that it has replaced itself.
            Request::Hello { .. } => row(Nothing, Unchanged, REPEATABLE, IN_TURN),
            Request::Say { .. } => row(Host, Profile, REPEATABLE, IN_TURN),
            Request::Cancel { .. } => row(Lock, Profile, REPEATABLE, IN_TURN),
            Request::Resume { .. } => row(Host, Profile, REPEATABLE, IN_TURN),
            Request::Follow => row(Host, Unchanged, REPEATABLE, IN_TURN),
            Request::WriteMemory { .. } => row(Lock, Memory, ONCE, IN_TURN),
            Request::DeleteMemory { .. } => row(Lock, Memory, ONCE, IN_TURN),
            Request::RestoreMemory { .. } => row(Lock, Memory, ONCE, IN_TURN),
            Request::SetSetting { .. } => row(Lock, Profile, REPEATABLE, IN_TURN),
            Request::SetKey { .. } => row(Lock, Profile, REPEATABLE, IN_TURN),
            Request::CheckKey { .. } => row(Nothing, Unchanged, REPEATABLE, BESIDE),
            Request::Keys => row(Nothing, Unchanged, REPEATABLE, IN_TURN),
            Request::LocalServers => row(Nothing, Unchanged, REPEATABLE, BESIDE),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::request::Secret;

    fn all() -> Vec<Request> {
        let text = || "x".to_owned();
        vec![
            Request::Hello { version: 1 },
            Request::Say { agent: text(), id: text(), text: text() },
            Request::Cancel { agent: text() },
            Request::Resume { agent: text(), id: text() },
            Request::Follow,
            Request::WriteMemory { path: text(), text: text(), base: None },
            Request::DeleteMemory { path: text(), base: None },
            Request::RestoreMemory { rev: text() },
            Request::SetSetting { name: text(), value: None },
            Request::SetKey { name: text(), value: None },
            Request::CheckKey { name: text(), value: Secret(text()) },
            Request::Keys,
            Request::LocalServers,
        ]
    }

    #[test]
    fn only_what_holds_the_lock_changes_anything() {
        for request in all() {
            let class = request.class();
            assert!(class.changes == Changes::Nothing || class.needs != Needs::Nothing, "{request:?}");
        }
    }

    #[test]
    fn a_request_that_is_answered_beside_others_neither_needs_nor_changes_the_profile() {
        for request in all().into_iter().filter(|request| request.class().beside) {
            let Class { needs, changes, .. } = request.class();
            assert_eq!((needs, changes), (Needs::Nothing, Changes::Nothing), "{request:?}");
        }
    }

    #[test]
    fn a_change_of_memory_is_never_asked_twice() {
        for request in all() {
            let class = request.class();
            assert!(!class.repeatable || class.changes != Changes::Memory, "{request:?}");
        }
    }
}
