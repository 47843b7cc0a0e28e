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

/// Requests of one lane are answered one after another, in the order in which they were sent. Lanes do not wait for each other,
/// but for [`Lane::Answers`].
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Lane {
    /// Messages to one agent, and its control.
    Agent(String),
    /// Answers to asks. They name no agent, so they keep their order with the requests of all agents.
    Answers,
    /// Files that are stored, to be attached.
    Attachments,
    /// The rules.
    Rules,
    /// Pages of memory.
    Memory,
    /// Servers of tools: they wait for the keychain, and so perhaps for the person.
    Tools,
    /// Schedules.
    Schedules,
    /// Quests.
    Quests,
    /// Settings.
    Settings,
    /// Which entries of the inbox were seen.
    Inbox,
    /// Keys: they wait for the keychain, and so perhaps for the person.
    Keys,
    /// The containers.
    Stack,
    /// No order: such requests do not wait for each other either.
    None,
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
}

impl Request {
    /// The request's row in the table.
    #[must_use]
    pub fn class(&self) -> Class {
        use Changes::{Memory, Nothing as Unchanged, Profile};
        use Needs::{Host, Lock, Nothing};
        const REPEATABLE: bool = true;
        const ONCE: bool = false;
        let row = |needs, changes, repeatable| Class { needs, changes, repeatable };
        match self {
            // Messages have ids, and settings and keys keep the last value, so these can be repeated. A change of memory
            // cannot: `base` may name the version that the first attempt has already replaced.
            Request::Hello { .. } => row(Nothing, Unchanged, REPEATABLE),
            Request::Say { .. } => row(Host, Profile, REPEATABLE),
            Request::StartFresh { .. } => row(Lock, Profile, REPEATABLE),
            Request::SayAgain { .. } => row(Host, Profile, REPEATABLE),
            // A file is stored by its content, once.
            Request::Attach { .. } => row(Lock, Profile, REPEATABLE),
            Request::Attachment { .. } => row(Nothing, Unchanged, REPEATABLE),
            // The host knows the model.
            Request::AttachmentLimits => row(Host, Unchanged, REPEATABLE),
            Request::Cancel { .. } => row(Lock, Profile, REPEATABLE),
            Request::Finish { .. } => row(Lock, Profile, REPEATABLE),
            // A message is changed to the same text, or taken back, once.
            Request::WithdrawMessage { .. } => row(Lock, Profile, ONCE),
            Request::EditMessage { .. } => row(Lock, Profile, ONCE),
            // A second answer is refused, even if it is the same.
            Request::AnswerAsk { .. } => row(Lock, Profile, ONCE),
            Request::AddRule { .. } => row(Lock, Profile, ONCE),
            Request::RemoveRule { .. } => row(Lock, Profile, ONCE),
            Request::ToolServers => row(Nothing, Unchanged, REPEATABLE),
            Request::AddToolServer { .. } => row(Lock, Profile, REPEATABLE),
            Request::ToolConfigurations => row(Nothing, Unchanged, REPEATABLE),
            Request::ImportToolServers { .. } => row(Lock, Profile, REPEATABLE),
            Request::RemoveToolServer { .. } => row(Lock, Profile, ONCE),
            Request::SwitchToolServer { .. } => row(Lock, Profile, REPEATABLE),
            Request::TestToolServer { .. } => row(Host, Unchanged, REPEATABLE),
            Request::ToolLog { .. } => row(Host, Unchanged, REPEATABLE),
            // Only the attempt that goes on after the answer changes something: the keychain. Another one has another page.
            Request::SignInToolServer { .. } => row(Host, Unchanged, ONCE),
            Request::StopToolSignIn { .. } => row(Host, Unchanged, REPEATABLE),
            Request::SignOutToolServer { .. } => row(Lock, Profile, REPEATABLE),
            Request::AddSchedule { .. } => row(Lock, Profile, REPEATABLE),
            Request::PauseSchedule { .. } => row(Lock, Profile, REPEATABLE),
            Request::ResumeSchedule { .. } => row(Lock, Profile, REPEATABLE),
            Request::RemoveSchedule { .. } => row(Lock, Profile, REPEATABLE),
            // A second one is a second run.
            Request::RunSchedule { .. } => row(Lock, Profile, ONCE),
            Request::StartQuest { .. } => row(Lock, Profile, REPEATABLE),
            Request::PauseQuest { .. } => row(Lock, Profile, REPEATABLE),
            Request::ResumeQuest { .. } => row(Lock, Profile, REPEATABLE),
            Request::CancelQuest { .. } => row(Lock, Profile, REPEATABLE),
            // A second one is refused, unless the attempt has failed meanwhile.
            Request::RetryStep { .. } => row(Lock, Profile, ONCE),
            Request::SkipStep { .. } => row(Lock, Profile, REPEATABLE),
            Request::SetQuestBudget { .. } => row(Lock, Profile, REPEATABLE),
            Request::Skills => row(Nothing, Unchanged, REPEATABLE),
            Request::Skill { .. } => row(Nothing, Unchanged, REPEATABLE),
            // A folder that the first attempt has removed is missing for the second.
            Request::ChangeSkills { .. } => row(Lock, Profile, ONCE),
            // So is one that the first attempt has closed.
            Request::ChangeFolders { .. } => row(Lock, Profile, ONCE),
            Request::Resume { .. } => row(Host, Profile, REPEATABLE),
            Request::Follow => row(Host, Unchanged, REPEATABLE),
            Request::Health => row(Nothing, Unchanged, REPEATABLE),
            Request::Inbox => row(Nothing, Unchanged, REPEATABLE),
            Request::Log { .. } => row(Nothing, Unchanged, REPEATABLE),
            Request::SeeInbox { .. } => row(Lock, Profile, REPEATABLE),
            Request::SeeConversation { .. } => row(Lock, Profile, REPEATABLE),
            Request::WriteMemory { .. } => row(Lock, Memory, ONCE),
            Request::DeleteMemory { .. } => row(Lock, Memory, ONCE),
            Request::RestoreMemory { .. } => row(Lock, Memory, ONCE),
            Request::UndoMemory { .. } => row(Lock, Memory, ONCE),
            Request::ConfirmMemory => row(Lock, Memory, ONCE),
            Request::SetSetting { .. } => row(Lock, Profile, REPEATABLE),
            Request::SetKey { .. } => row(Lock, Profile, REPEATABLE),
            Request::CheckKey { .. } => row(Nothing, Unchanged, REPEATABLE),
            Request::Keys => row(Nothing, Unchanged, REPEATABLE),
            // The system shows its dialog once for each request.
            Request::UnlockKeychain => row(Nothing, Unchanged, ONCE),
            Request::LocalServers => row(Nothing, Unchanged, REPEATABLE),
            // These ask Docker, which may not answer for a while. None of them changes the profile.
            Request::StackStatus => row(Nothing, Unchanged, REPEATABLE),
            Request::StackLog { .. } => row(Nothing, Unchanged, REPEATABLE),
            Request::WorkFiles { .. } => row(Nothing, Unchanged, REPEATABLE),
            Request::ReadWorkFile { .. } => row(Nothing, Unchanged, REPEATABLE),
            Request::GiteaLogin => row(Nothing, Unchanged, ONCE),
            // These are answered before they are carried out. The first and the last may take minutes, and other programs need
            // the profile meanwhile.
            Request::StackUp { .. } => row(Host, Profile, REPEATABLE),
            Request::StackDown => row(Lock, Profile, REPEATABLE),
            Request::StackReset { .. } => row(Lock, Profile, REPEATABLE),
            Request::StackRemoveOrphans { .. } => row(Lock, Profile, REPEATABLE),
            Request::SyncMemory { .. } => row(Host, Profile, REPEATABLE),
        }
    }

    /// The requests with which it keeps its order.
    #[must_use]
    pub fn lane(&self) -> Lane {
        match self {
            Request::Say { agent, .. }
            | Request::Cancel { agent, .. }
            | Request::Finish { agent, .. }
            | Request::WithdrawMessage { agent, .. }
            | Request::EditMessage { agent, .. }
            | Request::Resume { agent, .. } => Lane::Agent(agent.clone()),
            Request::StartFresh { .. } | Request::SayAgain { .. } => Lane::Agent("grow".to_owned()),
            Request::AnswerAsk { .. } => Lane::Answers,
            Request::Attach { .. } => Lane::Attachments,
            Request::AddRule { .. } | Request::RemoveRule { .. } => Lane::Rules,
            Request::AddToolServer { .. }
            | Request::ImportToolServers { .. }
            | Request::RemoveToolServer { .. }
            | Request::SwitchToolServer { .. }
            | Request::SignOutToolServer { .. } => Lane::Tools,
            Request::AddSchedule { .. }
            | Request::PauseSchedule { .. }
            | Request::ResumeSchedule { .. }
            | Request::RemoveSchedule { .. }
            | Request::RunSchedule { .. } => Lane::Schedules,
            Request::StartQuest { .. }
            | Request::PauseQuest { .. }
            | Request::ResumeQuest { .. }
            | Request::CancelQuest { .. }
            | Request::RetryStep { .. }
            | Request::SkipStep { .. }
            | Request::SetQuestBudget { .. } => Lane::Quests,
            Request::WriteMemory { .. }
            | Request::DeleteMemory { .. }
            | Request::RestoreMemory { .. }
            | Request::UndoMemory { .. }
            | Request::ConfirmMemory => Lane::Memory,
            Request::SetSetting { .. } | Request::ChangeSkills { .. } | Request::ChangeFolders { .. } => Lane::Settings,
            Request::SeeInbox { .. } | Request::SeeConversation { .. } => Lane::Inbox,
            Request::SetKey { .. } | Request::Keys => Lane::Keys,
            Request::StackUp { .. }
            | Request::StackDown
            | Request::StackReset { .. }
            | Request::StackRemoveOrphans { .. }
            | Request::SyncMemory { .. } => Lane::Stack,
            Request::Hello { .. }
            | Request::Follow
            | Request::Health
            | Request::Inbox
            | Request::Attachment { .. }
            | Request::AttachmentLimits
            | Request::Log { .. }
            | Request::CheckKey { .. }
            // It waits for the person; a key can be entered meanwhile.
            | Request::UnlockKeychain
            | Request::LocalServers
            | Request::ToolServers
            | Request::ToolConfigurations
            | Request::TestToolServer { .. }
            | Request::ToolLog { .. }
            | Request::SignInToolServer { .. }
            | Request::StopToolSignIn { .. }
            | Request::Skills
            | Request::Skill { .. }
            | Request::StackStatus
            | Request::StackLog { .. }
            | Request::WorkFiles { .. }
            | Request::ReadWorkFile { .. }
            | Request::GiteaLogin => Lane::None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api_key::ApiKey;
    use crate::attachment::FileContent;
    use crate::folders::FolderChange;
    use crate::quests::NewQuest;
    use crate::schedules::{NewSchedule, OnMissed};
    use crate::skills::SkillChange;
    use crate::tools::{NewToolServer, ToolTransport};

    fn all() -> Vec<Request> {
        let text = || "x".to_owned();
        vec![
            Request::Hello { version: 1, reconnects: false },
            Request::Say { agent: text(), id: text(), text: text(), attachments: Vec::new() },
            Request::Attach { name: text(), content_base64: FileContent(text()) },
            Request::Attachment { hash: text() },
            Request::AttachmentLimits,
            Request::Cancel { agent: text(), tree: true },
            Request::Finish { agent: text(), tree: true },
            Request::StartFresh { id: text() },
            Request::SayAgain { message: 1, id: text(), text: text(), attachments: Vec::new() },
            Request::WithdrawMessage { agent: text(), message: 1 },
            Request::EditMessage { agent: text(), message: 1, text: text() },
            Request::AnswerAsk { ask: text(), answer: None },
            Request::AddRule { line: text() },
            Request::RemoveRule { id: text() },
            Request::ToolServers,
            Request::AddToolServer {
                server: NewToolServer {
                    name: text(),
                    transport: ToolTransport::Http { url: text() },
                    values: std::collections::BTreeMap::new(),
                    client_id: None,
                    call_limit_ms: None,
                    folder: None,
                    is_trusted: false,
                },
                replace: false,
            },
            Request::ToolConfigurations,
            Request::ImportToolServers { path: text(), version: text(), titles: vec![text()] },
            Request::RemoveToolServer { name: text() },
            Request::SwitchToolServer { name: text(), is_on: true },
            Request::TestToolServer { name: text() },
            Request::ToolLog { name: text() },
            Request::SignInToolServer { name: text() },
            Request::StopToolSignIn { name: text() },
            Request::SignOutToolServer { name: text() },
            Request::AddSchedule {
                schedule: NewSchedule {
                    id: text(),
                    name: text(),
                    task: text(),
                    words: text(),
                    zone: None,
                    on_missed: OnMissed::RunOnce,
                    budget: None,
                },
            },
            Request::PauseSchedule { id: text() },
            Request::ResumeSchedule { id: text() },
            Request::RemoveSchedule { id: text() },
            Request::RunSchedule { id: text() },
            Request::StartQuest { quest: NewQuest { id: text(), path: text(), budget: None } },
            Request::PauseQuest { id: text() },
            Request::ResumeQuest { id: text() },
            Request::CancelQuest { id: text() },
            Request::RetryStep { id: text(), step: 1 },
            Request::SkipStep { id: text(), step: 1 },
            Request::SetQuestBudget { id: text(), budget: 1 },
            Request::Skills,
            Request::Skill { name: text() },
            Request::ChangeSkills { change: SkillChange::AddFolder { path: text() } },
            Request::ChangeFolders { change: FolderChange::Remove { folder: text() } },
            Request::Resume { agent: text(), id: text() },
            Request::Follow,
            Request::Health,
            Request::Inbox,
            Request::SeeInbox { entries: vec![text()] },
            Request::Log { channel: text(), filter: None, after: None, before: None, limit: 1 },
            Request::SeeConversation { agent: text(), seq: 1 },
            Request::WriteMemory { path: text(), text: text(), base: None },
            Request::DeleteMemory { path: text(), base: None },
            Request::RestoreMemory { rev: text() },
            Request::UndoMemory { agent: text(), turn: None, seen: None },
            Request::ConfirmMemory,
            Request::SetSetting { name: text(), value: None },
            Request::SetKey { name: text(), value: None },
            Request::CheckKey { name: text(), value: ApiKey(text()) },
            Request::Keys,
            Request::UnlockKeychain,
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
    fn no_request_that_takes_minutes_locks_others_out() {
        for request in [Request::StackUp { agreed: true }, Request::SyncMemory { join: false }] {
            assert_eq!(request.class().needs, Needs::Host, "{request:?}");
        }
    }

    #[test]
    fn a_request_without_an_order_changes_nothing() {
        for request in all().into_iter().filter(|request| request.lane() == Lane::None) {
            assert_eq!(request.class().changes, Changes::Nothing, "{request:?}");
        }
    }

    #[test]
    fn nothing_waits_for_the_keychain_but_keys() {
        for request in all().into_iter().filter(|request| request.lane() == Lane::Keys) {
            assert!(matches!(request, Request::SetKey { .. } | Request::Keys), "{request:?}");
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
