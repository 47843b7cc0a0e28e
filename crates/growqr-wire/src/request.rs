//! The protocol of the local socket: one JSON object per line, in both directions.
//!
//! A client sends [`ClientMessage`]s; the host sends [`HostMessage`]: one [`Response`] per request, in any order, and pushes
//! after [`Request::Follow`]. Both ends belong to the same user on the same machine.

use crate::api_key::ApiKey;
use crate::attachment::{Attachment, AttachmentLimits, FileContent};
use crate::error::Error;
use crate::event::AskAnswer;
use crate::folders::FolderChange;
use crate::health::Health;
use crate::inbox::InboxEntry;
use crate::log::{LogCursor, LogPage};
use crate::quests::{NewQuest, Quest};
use crate::rows::{Agent, EventLine, FileFolder, Key, KeyCheck, Keychain, LocalServer, OtherChanges};
use crate::schedules::{NewSchedule, Schedule};
use crate::skills::{SkillChange, SkillList, SkillText};
use crate::stack::{GiteaLogin, OrphanKey, Stack, WorkFile};
use crate::tools::{NewToolServer, ToolConfiguration, ToolLogLine, ToolServer};
use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// A request of a client to a host.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(tag = "op", rename_all = "snake_case")]
pub enum Request {
    /// Exchanges versions. Answered by [`Reply::Hello`].
    Hello {
        /// The client's [`crate::VERSION`].
        version: u32,
        /// True if the client goes on without this host: it attaches to the next one, or becomes it.
        #[serde(default)]
        reconnects: bool,
    },
    /// Sends a message to an agent. Answered by [`Reply::Said`] once it is recorded.
    Say {
        /// The receiver; `grow` is the Grow Agent.
        agent: String,
        /// Chosen by the client. A second message with the same id is ignored.
        id: String,
        /// The message.
        text: String,
        /// The hashes of the files to attach, which [`Request::Attach`] has stored.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        #[ts(as = "Option<Vec<String>>", optional)]
        attachments: Vec<String>,
    },
    /// Starts the conversation afresh: from the next turn on the agent reads nothing of what was said before. Answered by
    /// [`Reply::Said`]; if the agent is at work, it takes effect once the turn has ended. Changes nothing if nothing was said since
    /// the last fresh start.
    StartFresh {
        /// Chosen by the client. A second request with the same id is ignored.
        id: String,
    },
    /// Writes an earlier message of the person to the Grow Agent anew. What was said from that message on is set aside: the agent
    /// reads nothing more of it. Refused while a turn is under way or a message is queued. Answered by [`Reply::Said`].
    SayAgain {
        /// The event that recorded the earlier message.
        message: u64,
        /// Chosen by the client. A second message with the same id is ignored.
        id: String,
        /// The new message.
        text: String,
        /// The hashes of the files to attach, which [`Request::Attach`] has stored.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        #[ts(as = "Option<Vec<String>>", optional)]
        attachments: Vec<String>,
    },
    /// Stores a file that can then be attached to a message. Answered by [`Reply::Attached`].
    Attach {
        /// Its name.
        name: String,
        /// Its content, in base64.
        #[ts(type = "string")]
        content_base64: FileContent,
    },
    /// Reads an attached file. Answered by [`Reply::Attachment`]; `not_found` if its content is missing.
    Attachment {
        /// Its hash.
        hash: String,
    },
    /// What can be attached to the next message. Answered by [`Reply::AttachmentLimits`].
    AttachmentLimits,
    /// Stops an agent's turn and its sub-agents.
    Cancel {
        /// The agent.
        agent: String,
        /// Stop its sub-agents as well. Otherwise they work on.
        #[serde(default = "whole_tree")]
        tree: bool,
    },
    /// Lets an agent finish: no further calls, a report of what it has.
    Finish {
        /// The agent.
        agent: String,
        /// Let its sub-agents finish as well, and wait for their reports.
        tree: bool,
    },
    /// Takes back a message that the model has not read yet.
    WithdrawMessage {
        /// The agent.
        agent: String,
        /// The event that recorded the message.
        message: u64,
    },
    /// Changes a message that the model has not read yet.
    EditMessage {
        /// The agent.
        agent: String,
        /// The event that recorded the message.
        message: u64,
        /// The new text.
        text: String,
    },
    /// Answers an ask. The first answer counts; a later one is an error that says so.
    AnswerAsk {
        /// The ask.
        ask: String,
        /// The answer; `None` if the person will not answer.
        answer: Option<AskAnswer>,
    },
    /// Adds a line at the end of the person's rules for tool calls.
    AddRule {
        /// The line.
        line: String,
    },
    /// Removes a line of the rules.
    RemoveRule {
        /// Its id.
        id: String,
    },
    /// The servers of tools that the person has added. Answered by [`Reply::ToolServers`], as are the next four.
    ToolServers,
    /// Adds a server and starts it.
    AddToolServer {
        /// The server.
        server: NewToolServer,
        /// It takes the place of another server with this name. Without this, a name that is in use is refused.
        replace: bool,
    },
    /// Removes a server and its values.
    RemoveToolServer {
        /// Its name.
        name: String,
    },
    /// Offers the tools of a server, or no longer.
    SwitchToolServer {
        /// Its name.
        name: String,
        /// Whether they are offered.
        is_on: bool,
    },
    /// Starts a server again; answered when it is ready or has failed.
    TestToolServer {
        /// Its name.
        name: String,
    },
    /// Begins to sign in at a server with an address, in the place of an earlier attempt. Answered by [`Reply::ToolSignIn`] once the
    /// person can go there with the browser.
    SignInToolServer {
        /// Its name.
        name: String,
    },
    /// Stops signing in at a server. Answered by [`Reply::ToolServers`], as is the next.
    StopToolSignIn {
        /// Its name.
        name: String,
    },
    /// Forgets the sign-in at a server, and tells its authorization server.
    SignOutToolServer {
        /// Its name.
        name: String,
    },
    /// The MCP servers that other programs of this computer have configured. Answered by [`Reply::ToolConfigurations`].
    ToolConfigurations,
    /// Adds servers that another program has configured, with their values. Answered by [`Reply::ToolServers`].
    ImportToolServers {
        /// The file.
        path: String,
        /// The version that the person was shown.
        version: String,
        /// What the file calls them.
        titles: Vec<String>,
    },
    /// What a server has said since GrowQR started. Answered by [`Reply::ToolLog`].
    ToolLog {
        /// Its name.
        name: String,
    },
    /// Adds work at a set time. Answered by [`Reply::Schedule`], as are the next four.
    AddSchedule {
        /// The schedule.
        schedule: NewSchedule,
    },
    /// Pauses a schedule.
    PauseSchedule {
        /// Its id.
        id: String,
    },
    /// Lets a paused schedule go on.
    ResumeSchedule {
        /// Its id.
        id: String,
    },
    /// Removes a schedule. Its history stays.
    RemoveSchedule {
        /// Its id.
        id: String,
    },
    /// Starts a run of a schedule, now or as soon as agents run.
    RunSchedule {
        /// Its id.
        id: String,
    },
    /// Starts a quest with the plan of a page. Refused while another quest of this page has not ended. Answered by
    /// [`Reply::Quest`], as are the next six.
    StartQuest {
        /// The quest.
        quest: NewQuest,
    },
    /// Pauses a quest: steps at work go on, and no further one begins.
    PauseQuest {
        /// Its id.
        id: String,
    },
    /// Lets a paused quest go on.
    ResumeQuest {
        /// Its id.
        id: String,
    },
    /// Cancels a quest and stops what is at work for it.
    CancelQuest {
        /// Its id.
        id: String,
    },
    /// Begins a step again that has failed, reached a limit or was cancelled.
    RetryStep {
        /// The quest.
        id: String,
        /// The step's number.
        step: u32,
    },
    /// Goes on without a step that is neither at work nor done.
    SkipStep {
        /// The quest.
        id: String,
        /// The step's number.
        step: u32,
    },
    /// Sets what a quest may spend. Steps at work keep what they were given.
    SetQuestBudget {
        /// Its id.
        id: String,
        /// The whole budget.
        #[ts(type = "number")]
        budget: u64,
    },
    /// The skills. Answered by [`Reply::Skills`].
    Skills,
    /// The text of a skill, also of one that is off. Answered by [`Reply::Skill`].
    Skill {
        /// Its name.
        name: String,
    },
    /// Changes which skills agents may read. Answered by [`Reply::Skills`].
    ChangeSkills {
        /// The change.
        change: SkillChange,
    },
    /// Changes one of the folders whose files agents may use. Answered by [`Reply::Folders`].
    ChangeFolders {
        /// The change.
        change: FolderChange,
    },
    /// Resumes an agent that has stopped. One at work that cannot go on tries at once; the error says why it still cannot.
    Resume {
        /// The agent.
        agent: String,
        /// Chosen by the client, as in `Say`.
        id: String,
    },
    /// Subscribes to [`Push`]es from now on.
    Follow,
    /// What keeps agents and mail from going on. Answered by [`Reply::Health`].
    Health,
    /// What waits for the person besides the asks. Answered by [`Reply::Inbox`].
    Inbox,
    /// The person has seen these entries of the inbox. They stay seen after a restart.
    SeeInbox {
        /// Their ids. Unknown ones are ignored.
        entries: Vec<String>,
    },
    /// A part of the log. Answered by [`Reply::Log`].
    Log {
        /// `#all`, `#stack`, `#memory`, or the id of an agent.
        channel: String,
        /// Only lines with this text, in any case.
        filter: Option<String>,
        /// The lines after this; `None`: the last ones, or those before `before`.
        after: Option<LogCursor>,
        /// The lines before this position of the journals; `None`: up to the end.
        before: Option<u64>,
        /// The most lines, at most 1000.
        limit: u32,
    },
    /// The person has seen an agent's conversation up to this event. Stays so after a restart, and never moves back.
    SeeConversation {
        /// The agent.
        agent: String,
        /// The event.
        seq: u64,
    },
    /// Writes a page of memory as the person. Answered by [`Reply::Changed`].
    WriteMemory {
        /// Its path.
        path: String,
        /// Its whole new text.
        text: String,
        /// The version it replaces, if there is one.
        base: Option<String>,
    },
    /// Removes a page of memory as the person. Answered by [`Reply::Changed`]. Can be undone like any change.
    DeleteMemory {
        /// Its path.
        path: String,
        /// The version that the person has seen; `None` removes whatever is there.
        base: Option<String>,
    },
    /// Undoes a change of memory with a new change. Answered by [`Reply::Changed`].
    RestoreMemory {
        /// The change to undo.
        rev: String,
    },
    /// Undoes all changes of one turn of an agent, or all of an agent, with one change. Answered by [`Reply::UndoneMemory`].
    UndoMemory {
        /// The agent.
        agent: String,
        /// The turn; `None` for all of them.
        #[ts(type = "number | null")]
        turn: Option<u64>,
        /// The [`crate::UndoPreview::seen`] of the preview that the person has seen: only if it would still be the same.
        seen: Option<String>,
    },
    /// The person has read the notice about memory. If memory waits for their decision, the conversation uses the memory in this
    /// data folder from now on. Answered by [`Reply::Done`].
    ConfirmMemory,
    /// Sets a setting, or restores its default.
    SetSetting {
        /// Its name.
        name: String,
        /// `None` for the default.
        value: Option<String>,
    },
    /// Stores a key, in the keychain if possible, or removes it. Answered by [`Reply::Keys`], which says where it is.
    SetKey {
        /// `anthropic` or `openai`.
        name: String,
        /// `None` to remove it.
        #[ts(type = "string | null")]
        value: Option<ApiKey>,
    },
    /// Asks the provider whether it accepts this key. Stores nothing. Answered by [`Reply::KeyChecked`].
    CheckKey {
        /// `anthropic` or `openai`.
        name: String,
        /// The key.
        #[ts(type = "string")]
        value: ApiKey,
    },
    /// Lists the known keys. Answered by [`Reply::Keys`]. A key that is only in memory because the keychain was locked
    /// is stored in the keychain now, if it is unlocked.
    Keys,
    /// Lets the system ask the person to unlock the keychain, or to create one if there is none yet. Answered by [`Reply::Keys`]
    /// once the person has answered, or after a minute.
    UnlockKeychain,
    /// Lists the OpenAI-compatible servers that answer on the usual ports of this machine and at the set address. Takes
    /// less than a second. Answered by [`Reply::LocalServers`].
    LocalServers,
    /// The state of Docker and of the profile's services. Answered by [`Reply::Stack`] within seconds, whatever Docker does.
    StackStatus,
    /// Starts the profile's services, now and with every later start. Answered by [`Reply::Stack`] at once; the work goes on, and
    /// [`Push::StackChanged`] says how far it is.
    StackUp {
        /// The person agrees to download the images that are missing.
        agreed: bool,
    },
    /// Stops the profile's services; their data stays. Answered by [`Reply::Stack`] at once.
    StackDown,
    /// Stops the profile's services and removes their data. Answered by [`Reply::Stack`] at once.
    StackReset {
        /// The id of the profile, as a confirmation.
        profile: String,
    },
    /// Removes these things, which carry this program's labels and belong to no profile on this computer. Answered by
    /// [`Reply::Stack`].
    StackRemoveOrphans {
        /// What the person has seen and agreed to remove. What is no orphan any more stays.
        orphans: Vec<OrphanKey>,
    },
    /// The last lines of a service's log. Answered by [`Reply::StackLog`].
    StackLog {
        /// `gitea` or `opencode`.
        part: String,
        /// How many lines, at most 1000.
        lines: u32,
    },
    /// Sets a new password for Gitea's pages. Answered by [`Reply::GiteaLogin`].
    GiteaLogin,
    /// Compares the memory repository with its copy on Gitea now. Answered by [`Reply::Stack`] at once.
    SyncMemory {
        /// The person has seen that the copy on Gitea is not the one from before (emptied, restored or another one), and wants it
        /// to be joined with this computer's memory. Nothing is overwritten on either side.
        join: bool,
    },
    /// The files that a sub-agent has changed in the workbench. Answered by [`Reply::WorkFiles`].
    WorkFiles {
        /// The sub-agent.
        agent: String,
    },
    /// The content of a file in the workbench. Answered by [`Reply::WorkFile`].
    ReadWorkFile {
        /// The sub-agent.
        agent: String,
        /// The file's path in its folder.
        path: String,
    },
}

/// A cancel of an earlier build stops the sub-agents as well.
fn whole_tree() -> bool {
    true
}

/// A successful answer of a host.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum Reply {
    /// Answer to [`Request::Hello`].
    Hello {
        /// The host's [`crate::VERSION`].
        version: u32,
        /// Its process id.
        pid: u32,
        /// The profile that it runs.
        profile: String,
    },
    /// The message is durable.
    Said {
        /// The agent after it recorded the message.
        agent: Agent,
    },
    /// Success without data.
    Done,
    /// A file is stored.
    Attached {
        /// What was found in it.
        attachment: Attachment,
    },
    /// An attached file.
    Attachment {
        /// What it is.
        attachment: Attachment,
        /// Its content, in base64.
        #[ts(type = "string")]
        content_base64: FileContent,
    },
    /// What can be attached.
    AttachmentLimits {
        /// The limits.
        limits: AttachmentLimits,
    },
    /// What keeps agents and mail from going on.
    Health {
        /// All of it.
        health: Health,
    },
    /// What waits for the person besides the asks.
    Inbox {
        /// Newest first.
        entries: Vec<InboxEntry>,
    },
    /// A part of the log.
    Log {
        /// The part.
        page: LogPage,
    },
    /// The servers of tools.
    ToolServers {
        /// By name.
        servers: Vec<ToolServer>,
    },
    /// A sign-in that waits for the person.
    ToolSignIn {
        /// The page to open in a browser of this computer. Not for logs.
        page: String,
    },
    /// The configurations of other programs.
    ToolConfigurations {
        /// Those that have servers or cannot be read.
        configurations: Vec<ToolConfiguration>,
    },
    /// The last lines of what a server has said.
    ToolLog {
        /// Oldest first.
        lines: Vec<ToolLogLine>,
    },
    /// A schedule after a change.
    Schedule {
        /// The schedule.
        schedule: Box<Schedule>,
    },
    /// A quest after the change.
    Quest {
        /// The quest.
        quest: Box<Quest>,
    },
    /// The folders whose files agents may use.
    Folders {
        /// All of them.
        folders: Vec<FileFolder>,
    },
    /// The skills.
    Skills {
        /// All of them.
        skills: SkillList,
    },
    /// A skill.
    Skill {
        /// Its text.
        skill: SkillText,
    },
    /// A change of memory was made.
    Changed {
        /// The commit's id.
        commit: String,
        /// The first pages that it touched.
        paths: Vec<String>,
        /// The number of pages that it touched besides these.
        #[ts(type = "number")]
        more_paths: u64,
    },
    /// Changes of memory were undone together.
    UndoneMemory {
        /// The commit's id; `None` if every page was left as it is.
        commit: Option<String>,
        /// The first pages that it touched.
        paths: Vec<String>,
        /// The number of pages that it touched besides these.
        #[ts(type = "number")]
        more_paths: u64,
        /// The pages that were left as they are: others have changed the same lines since, or they cannot be changed.
        left: Vec<String>,
        /// Changes of another conversation under the same agent and turn, which stay.
        #[serde(default)]
        others: OtherChanges,
    },
    /// The keys that are known.
    Keys {
        /// The keys, without their values.
        keys: Vec<Key>,
        /// Whether keys can be stored.
        keychain: Keychain,
    },
    /// The result of a key check.
    KeyChecked {
        /// The result.
        check: KeyCheck,
    },
    /// The servers that answered.
    LocalServers {
        /// The server at the set address comes first.
        servers: Vec<LocalServer>,
    },
    /// The state of Docker and of the profile's services.
    Stack {
        /// The state.
        stack: Stack,
    },
    /// The last lines of a log.
    StackLog {
        /// The lines, oldest first.
        lines: Vec<String>,
    },
    /// How to sign in to Gitea's pages.
    GiteaLogin {
        /// Shown once.
        login: GiteaLogin,
    },
    /// The files that a sub-agent has changed.
    WorkFiles {
        /// By path.
        files: Vec<WorkFile>,
    },
    /// The content of a file.
    WorkFile {
        /// Its text, character for character; `None` if it is not a text.
        text: Option<String>,
        /// Whether its end was left out because it is too long.
        cut: bool,
        /// Its size in bytes.
        #[ts(type = "number")]
        bytes: u64,
    },
}

/// The kind of a part of an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum DeltaKind {
    /// Text.
    Text,
    /// Visible thinking.
    Thinking,
    /// A tool call begins; the text is the tool's name.
    Call,
    /// There is no answer yet, or the call is retried after a wait; the text is the reason.
    Retrying,
    /// The text and thinking that were sent since the request do not belong to the answer; the text is the reason.
    Discarded,
}

/// A notification of a host.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum Push {
    /// Events were recorded.
    Recorded {
        /// The agent after the events.
        agent: Agent,
        /// The events, in order.
        events: Vec<EventLine>,
    },
    /// Part of an answer arrived. Not recorded; the whole answer comes as an event.
    Delta {
        /// The agent.
        agent: String,
        /// Its kind.
        kind: DeltaKind,
        /// Its text.
        text: String,
    },
    /// The client was too slow and has missed notifications; it must read the events after its last position.
    Missed,
    /// The person changed pages of memory, in the folder or through a request. Changes of agents are in their events.
    MemoryChanged,
    /// Many pages that the person has edited in the folder are being recorded. Ends with `done` equal to `total`.
    MemoryProgress {
        /// Pages that are recorded.
        #[ts(type = "number")]
        done: u64,
        /// Pages to record.
        #[ts(type = "number")]
        total: u64,
    },
    /// The state of Docker or of a service has changed.
    StackChanged {
        /// The new state.
        stack: Stack,
    },
    /// What keeps agents and mail from going on has changed.
    HealthChanged {
        /// All of it.
        health: Health,
    },
    /// An agent has given up because of an error of the program; its work is recorded.
    Stopped {
        /// The agent.
        agent: String,
        /// The error.
        error: Error,
    },
}

/// One line from a client.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClientMessage {
    /// Chosen by the client; the response repeats it.
    pub id: u64,
    /// The request.
    pub request: Request,
}

/// The response to one request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Response {
    /// The id of the request.
    pub id: u64,
    /// The answer, or the error.
    pub result: Result<Reply, Error>,
}

/// One line from a host.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HostMessage {
    /// The response to a request.
    Answer(Response),
    /// A notification.
    Push(Push),
}
