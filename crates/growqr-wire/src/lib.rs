//! The data that is sent to the window, to `--json` and over the local socket.
//!
//! Plain data with stable names: requests, replies, pushes, rows, and error codes. Domain types are converted to these in
//! `growqr-app` and nowhere else. Times are milliseconds since 1970 (UTC), money is whole USD micro-cents (100,000,000 to the
//! dollar). The events of a journal have the shapes in which they are stored ([`event`]). TypeScript for the window is generated
//! from here (`cargo xtask bindings`).

mod api_key;
mod attachment;
mod backup;
mod class;
mod error;
pub mod event;
mod folders;
mod health;
mod inbox;
mod log;
mod money;
mod privacy;
mod quests;
mod request;
mod rows;
mod schedules;
mod sign_in;
mod skills;
mod stack;
mod timeline;
mod tools;

pub use api_key::ApiKey;
pub use attachment::{Attachment, AttachmentKind, AttachmentLimits, FileContent, Pixels};
pub use backup::{Backup, Restored, TurnedOff};
pub use class::{Changes, Class, Lane, Needs};
pub use error::{Error, ErrorCode};
pub use event::{Event, Kind};
pub use folders::FolderChange;
pub use health::{AgentTrouble, Health, HeldMail};
pub use inbox::{InboxEntry, InboxKind};
pub use log::{CHANNEL_ALL, CHANNEL_MEMORY, CHANNEL_STACK, LogCursor, LogLine, LogPage, LogTone};
pub use money::usd;
pub use privacy::{Destination, DestinationKind};
pub use quests::{NewQuest, Quest, QuestPlan, QuestPlanStep, QuestState, QuestStep, StepState};
pub use request::{ClientMessage, DeltaKind, HostMessage, Push, Reply, Request, Response};
pub use rows::{
    About, Agent, AskRow, AskSettlement, Author, BlamedLine, Budget, Change, Check, CheckState, CommitOrigin, Database,
    EventLine, FileChange, FileFolder, Found, HeldChange, Key, KeyCheck, KeySource, Keychain, KeychainState, LocalServer,
    MemoryNotice, Message, ModelRow, OtherChanges, Page, PageRow, PageRows, Rebuilt, Retirement, RuleOrigin, RuleRow, RuleTest,
    Setting, SpendingBy, SpendingRow, Text, TreeLimit, UndoPreview, UnpricedLimits,
};
pub use schedules::{NewSchedule, OnMissed, RunOutcome, Schedule, SchedulePreview, ScheduleRun, ScheduleState};
pub use sign_in::{Person, SignIn, SignInState};
pub use skills::{Skill, SkillChange, SkillList, SkillText, UnusableSkill};
pub use stack::{
    Docker, DockerState, GiteaLogin, LayerProgress, MemorySync, MemorySyncState, OrphanKey, OrphanState, PartState, PullRequest,
    Stack, StackAction, StackOrphan, StackPart, StackProgress, WorkFile,
};
pub use timeline::{AgentStep, PartKind, PartSum, Timeline, TimelinePart, TimelinePartState};
pub use tools::{
    FoundToolServer, LeftOutTool, NewToolServer, ServerTool, ToolConfiguration, ToolImport, ToolLogLine, ToolServer,
    ToolServerOffer, ToolServerState, ToolSignIn, ToolTransport,
};

/// The version of this protocol. A host and a client of different versions refuse each other with a clear error.
pub const VERSION: u32 = 8;

/// Writes all TypeScript declarations, in a fixed order.
#[must_use]
pub fn typescript() -> String {
    use ts_rs::{Config, TS};
    let config = Config::default().with_large_int("number");
    let mut out = String::from("// Generated from growqr-wire by `cargo xtask bindings`. Do not edit.\n");
    macro_rules! declare {
        ($($name:ty),* $(,)?) => { $(
            out.push_str("\nexport ");
            out.push_str(&<$name as TS>::decl(&config));
            out.push('\n');
        )* };
    }
    declare!(
        ErrorCode,
        Error,
        About,
        Backup,
        Restored,
        TurnedOff,
        MemoryNotice,
        Author,
        Agent,
        AttachmentKind,
        Pixels,
        Attachment,
        AttachmentLimits,
        Message,
        EventLine,
        AskRow,
        AskSettlement,
        RuleRow,
        RuleOrigin,
        RuleTest,
        SpendingRow,
        SpendingBy,
        Page,
        PageRow,
        PageRows,
        Found,
        CommitOrigin,
        Change,
        BlamedLine,
        Text,
        FileChange,
        FileFolder,
        HeldChange,
        OtherChanges,
        UndoPreview,
        Budget,
        TreeLimit,
        UnpricedLimits,
        Setting,
        KeySource,
        Key,
        KeychainState,
        Keychain,
        KeyCheck,
        ModelRow,
        Retirement,
        LocalServer,
        CheckState,
        Check,
        Database,
        Rebuilt,
        SignInState,
        Person,
        SignIn,
        DockerState,
        Docker,
        PartState,
        LayerProgress,
        StackProgress,
        StackPart,
        StackAction,
        OrphanState,
        StackOrphan,
        OrphanKey,
        MemorySyncState,
        MemorySync,
        PullRequest,
        Stack,
        GiteaLogin,
        ApiKey,
        NewToolServer,
        ToolTransport,
        ToolServer,
        ToolSignIn,
        ToolServerState,
        ServerTool,
        LeftOutTool,
        ToolConfiguration,
        ToolServerOffer,
        ToolLogLine,
        Skill,
        UnusableSkill,
        SkillList,
        SkillText,
        SkillChange,
        FolderChange,
        WorkFile,
        NewSchedule,
        OnMissed,
        ScheduleState,
        Schedule,
        ScheduleRun,
        RunOutcome,
        SchedulePreview,
        NewQuest,
        QuestState,
        StepState,
        QuestStep,
        Quest,
        QuestPlanStep,
        QuestPlan,
        AgentTrouble,
        HeldMail,
        Health,
        InboxKind,
        InboxEntry,
        PartKind,
        TimelinePartState,
        AgentStep,
        TimelinePart,
        PartSum,
        Timeline,
        LogTone,
        LogLine,
        LogCursor,
        LogPage,
        DestinationKind,
        Destination,
        Request,
        Reply,
        DeltaKind,
        Push,
        event::Kind,
        event::Event,
    );
    event::declare(&config, &mut out);
    declare!(
        event::Mind,
        event::Permission,
        event::SessionReply,
        event::ChangedFile,
        event::SessionTokens,
        event::SessionOutcome,
        event::SpawnRequest,
        event::ReportEnding,
        event::Report,
        event::ChangeDecided,
        event::MailBody,
        event::Mail,
        event::Effort,
        event::Price,
        event::ModelCard,
        event::Repeat,
        event::CatalogueEntry,
        event::Unpriced,
        event::Quota,
        event::Raise,
        event::Limits,
        event::Shortfall,
        event::LimitReached,
        event::AskKind,
        event::AskOutcome,
        event::AskReason,
        event::AskOption,
        event::AskScope,
        event::AskDetail,
        event::ConflictPage,
        event::DueWork,
        event::Ask,
        event::EditedPage,
        event::AskAnswer,
        event::SettledBy,
        event::Usage,
        event::StopReason,
        event::Block,
        event::ModelReply,
        event::FailureKind,
        event::Failure,
        event::Nudge,
        event::Verdict,
        event::CostBound,
        event::Counted,
        event::CommitPlan,
        event::ContentBlock,
        event::ToolContent,
        event::Ended,
        event::Tone,
        event::Wording,
        event::Endings,
    );
    let endings = serde_json::to_string_pretty(&event::Endings::table()).expect("texts with text keys serialise");
    out.push_str(&format!("\nexport const ENDINGS: Endings = {endings};\n"));
    out
}
