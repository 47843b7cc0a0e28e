//! A store wrapper for tests: forwards to the real store, and fails or stops at the configured calls.

use async_trait::async_trait;
use growqr_core::attachment::Attachment;
use growqr_core::clock::Timestamp;
use growqr_core::event::Entry;
use growqr_core::id::{AgentId, AskId, ContentHash, EffectId, Position, QuestId, ScheduleId, SegmentHash, Seq, SessionId};
use growqr_core::journal::{
    AgentView, Append, Appended, AskView, Asks, Attachments, Head, Journal, MemoryLinks, MessageView, Outbox, Quests,
    ReadingMarks, Records, Schedules, SessionRecords, SessionView, Settings, Snapshot, SpendingBy, SpendingSum, Spendings,
    StackRecords, Store, StoreError, StoredAttachment, StoredEvent, StoredRule, StoredRules, StoredToolServer, ToolServers,
    ToolValues, Unread, User, Users,
};
use growqr_core::mail::Mail;
use growqr_core::memory_link::MemoryLink;
use growqr_core::quest::{Attempt, BeginSteps, Quest};
use growqr_core::schedule::{Claim, Occurrence, PausedSchedule, Schedule};
use growqr_core::stack::{ReservedPort, StackContainer, StackPart, StackRepo};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// How the wrapper handles an append.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AppendBehavior {
    /// Forward it.
    Pass,
    /// Do not forward it, and never return.
    StopBefore,
    /// Forward it, but never return.
    StopAfter,
    /// Forward it, but return an error.
    FailAfter,
}

/// The configuration of a [`HookedStore`].
#[derive(Clone, Copy)]
pub struct StoreHooks {
    /// Called before a journal is read.
    pub before_read: fn() -> Result<(), StoreError>,
    /// The number of one append (1 for the first), and how it is handled.
    pub append: Option<(u64, AppendBehavior)>,
    /// Appends with an even number are forwarded, but return an error.
    pub every_second_fails: bool,
}

impl Default for StoreHooks {
    fn default() -> StoreHooks {
        StoreHooks { before_read: || Ok(()), append: None, every_second_fails: false }
    }
}

/// A store with hooks around the real one.
pub struct HookedStore {
    store: Arc<dyn Store>,
    hook: StoreHooks,
    appends: AtomicU64,
    stopped: tokio::sync::watch::Sender<bool>,
    failure: Mutex<Option<Failing>>,
    failures: AtomicU64,
}

/// What fails at the moment.
#[derive(Clone)]
struct Failing {
    /// Only its appends fail; `None`: those of all agents, and reading.
    agent: Option<AgentId>,
    error: fn() -> StoreError,
}

impl HookedStore {
    /// Wraps a store.
    #[must_use]
    pub fn new(store: Arc<dyn Store>, hook: StoreHooks) -> HookedStore {
        HookedStore {
            store,
            hook,
            appends: AtomicU64::new(0),
            stopped: tokio::sync::watch::Sender::new(false),
            failure: Mutex::default(),
            failures: AtomicU64::new(0),
        }
    }

    /// From now on the store cannot be used, by nobody or for the appends of one agent.
    pub fn fail(&self, agent: Option<AgentId>, error: fn() -> StoreError) {
        *self.failure.lock().unwrap_or_else(PoisonError::into_inner) = Some(Failing { agent, error });
    }

    /// The store works again.
    pub fn heal(&self) {
        *self.failure.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    /// Number of calls that have failed because of [`HookedStore::fail`].
    pub fn failures(&self) -> u64 {
        self.failures.load(Ordering::SeqCst)
    }

    /// Fails if the call is one that fails at the moment; `append` is the agent whose journal is written.
    fn check(&self, append: Option<&AgentId>) -> Result<(), StoreError> {
        let failing = self.failure.lock().unwrap_or_else(PoisonError::into_inner).clone();
        match failing {
            Some(failing) if failing.agent.is_none() || failing.agent.as_ref() == append => {
                self.failures.fetch_add(1, Ordering::SeqCst);
                Err((failing.error)())
            }
            _ => Ok(()),
        }
    }

    /// Returns once the wrapper has stopped an append; never, if that does not happen.
    pub async fn stopped(&self) {
        let _ = self.stopped.subscribe().wait_for(|is_stopped| *is_stopped).await;
    }

    /// Counts this write among the appends, and handles it so.
    async fn counted<T>(&self, write: impl Future<Output = Result<T, StoreError>>) -> Result<T, StoreError> {
        let number = self.appends.fetch_add(1, Ordering::SeqCst) + 1;
        let behavior = match self.hook.append {
            Some((at, behavior)) if at == number => behavior,
            _ if self.hook.every_second_fails && number.is_multiple_of(2) => AppendBehavior::FailAfter,
            _ => AppendBehavior::Pass,
        };
        if behavior == AppendBehavior::StopBefore {
            return self.stop().await;
        }
        let written = write.await?;
        match behavior {
            AppendBehavior::StopAfter => self.stop().await,
            AppendBehavior::FailAfter => Err(StoreError::Unreachable("the connection broke".to_owned())),
            AppendBehavior::Pass | AppendBehavior::StopBefore => Ok(written),
        }
    }

    async fn stop<T>(&self) -> T {
        self.stopped.send_replace(true);
        std::future::pending().await
    }
}

#[async_trait]
impl Journal for HookedStore {
    async fn append(&self, append: Append) -> Result<Appended, StoreError> {
        self.check(Some(&append.agent))?;
        self.counted(self.store.append(append)).await
    }

    async fn entries(&self, agent: &AgentId, after: Seq, limit: u32) -> Result<(Vec<Entry>, Option<Head>), StoreError> {
        (self.hook.before_read)()?;
        self.check(None)?;
        self.store.entries(agent, after, limit).await
    }

    async fn segment(&self, hash: &SegmentHash) -> Result<Option<Vec<u8>>, StoreError> {
        self.store.segment(hash).await
    }

    async fn save_snapshot(&self, agent: &AgentId, snapshot: Snapshot) -> Result<(), StoreError> {
        self.store.save_snapshot(agent, snapshot).await
    }

    async fn snapshot(&self, agent: &AgentId) -> Result<Option<Snapshot>, StoreError> {
        self.store.snapshot(agent).await
    }
}

#[async_trait]
impl Asks for HookedStore {
    async fn open_asks(&self) -> Result<Vec<AskView>, StoreError> {
        self.store.open_asks().await
    }

    async fn settled_asks(&self, limit: u32) -> Result<Vec<AskView>, StoreError> {
        self.store.settled_asks(limit).await
    }

    async fn asks_about_commit(&self, beginning: &str) -> Result<Vec<AskView>, StoreError> {
        self.store.asks_about_commit(beginning).await
    }

    async fn ask(&self, id: &AskId) -> Result<Option<AskView>, StoreError> {
        self.store.ask(id).await
    }
}

#[async_trait]
impl StoredRules for HookedStore {
    async fn rules(&self) -> Result<Vec<StoredRule>, StoreError> {
        self.store.rules().await
    }

    async fn add_rule(&self, line: &str, at: Timestamp) -> Result<String, StoreError> {
        self.store.add_rule(line, at).await
    }

    async fn remove_rule(&self, id: &str, at: Timestamp) -> Result<bool, StoreError> {
        self.store.remove_rule(id, at).await
    }
}

#[async_trait]
impl ToolServers for HookedStore {
    async fn tool_servers(&self) -> Result<Vec<StoredToolServer>, StoreError> {
        self.store.tool_servers().await
    }

    async fn add_tool_server(&self, server: &StoredToolServer) -> Result<bool, StoreError> {
        self.store.add_tool_server(server).await
    }

    async fn replace_tool_server(&self, earlier: &StoredToolServer, server: &StoredToolServer) -> Result<bool, StoreError> {
        self.store.replace_tool_server(earlier, server).await
    }

    async fn switch_tool_server(&self, name: &str, is_on: bool, at: Timestamp) -> Result<bool, StoreError> {
        self.store.switch_tool_server(name, is_on, at).await
    }

    async fn save_tool_listing(&self, name: &str, config: &str, listing: &str) -> Result<(), StoreError> {
        self.store.save_tool_listing(name, config, listing).await
    }

    async fn remove_tool_server(&self, server: &StoredToolServer) -> Result<bool, StoreError> {
        self.store.remove_tool_server(server).await
    }
}

#[async_trait]
impl ToolValues for HookedStore {
    async fn noted_tool_values(&self, keychain: &str) -> Result<Vec<String>, StoreError> {
        self.store.noted_tool_values(keychain).await
    }

    async fn note_tool_values(&self, keychain: &str, entry: &str, at: Timestamp) -> Result<(), StoreError> {
        self.store.note_tool_values(keychain, entry, at).await
    }

    async fn forget_tool_values(&self, keychain: &str, entry: &str) -> Result<(), StoreError> {
        self.store.forget_tool_values(keychain, entry).await
    }
}

#[async_trait]
impl SessionRecords for HookedStore {
    async fn sessions(&self) -> Result<Vec<SessionView>, StoreError> {
        self.store.sessions().await
    }

    async fn session(&self, id: &SessionId) -> Result<Option<SessionView>, StoreError> {
        self.store.session(id).await
    }
}

#[async_trait]
impl Spendings for HookedStore {
    async fn spendings(&self, by: SpendingBy, since: Timestamp) -> Result<Vec<SpendingSum>, StoreError> {
        self.store.spendings(by, since).await
    }
}

#[async_trait]
impl Outbox for HookedStore {
    async fn undelivered(&self, limit: u32) -> Result<Vec<Mail>, StoreError> {
        self.store.undelivered(limit).await
    }

    async fn delivered(&self, ids: &[EffectId]) -> Result<(), StoreError> {
        self.store.delivered(ids).await
    }
}

#[async_trait]
impl Records for HookedStore {
    async fn agents(&self) -> Result<Vec<AgentView>, StoreError> {
        self.store.agents().await
    }

    async fn agent(&self, id: &AgentId) -> Result<Option<AgentView>, StoreError> {
        self.store.agent(id).await
    }

    async fn events(&self, after: Position, agent: Option<&AgentId>, limit: u32) -> Result<Vec<StoredEvent>, StoreError> {
        self.store.events(after, agent, limit).await
    }

    async fn events_before(
        &self,
        before: Option<Position>,
        agent: Option<&AgentId>,
        limit: u32,
    ) -> Result<Vec<StoredEvent>, StoreError> {
        self.store.events_before(before, agent, limit).await
    }

    async fn turn_events_before(
        &self,
        before: Option<Position>,
        agent: &AgentId,
        limit: u32,
    ) -> Result<Vec<StoredEvent>, StoreError> {
        self.store.turn_events_before(before, agent, limit).await
    }

    async fn position(&self) -> Result<Position, StoreError> {
        self.store.position().await
    }

    async fn messages(&self, agent: &AgentId, before: Option<Seq>, limit: u32) -> Result<Vec<MessageView>, StoreError> {
        self.store.messages(agent, before, limit).await
    }

    async fn search(&self, text: &str, agent: Option<&AgentId>, limit: u32) -> Result<Vec<MessageView>, StoreError> {
        self.store.search(text, agent, limit).await
    }
}

#[async_trait]
impl Settings for HookedStore {
    async fn settings(&self) -> Result<Vec<(String, String)>, StoreError> {
        self.store.settings().await
    }

    async fn set(&self, name: &str, value: Option<&str>, at: Timestamp) -> Result<(), StoreError> {
        self.store.set(name, value, at).await
    }
}

#[async_trait]
impl Users for HookedStore {
    async fn users(&self) -> Result<Vec<User>, StoreError> {
        self.store.users().await
    }

    async fn save_user(&self, user: &User) -> Result<(), StoreError> {
        self.store.save_user(user).await
    }
}

#[async_trait]
impl MemoryLinks for HookedStore {
    async fn memory_link(&self) -> Result<Option<MemoryLink>, StoreError> {
        self.store.memory_link().await
    }

    async fn save_memory_link(&self, link: &MemoryLink) -> Result<(), StoreError> {
        self.store.save_memory_link(link).await
    }
}

#[async_trait]
impl ReadingMarks for HookedStore {
    async fn unread(&self) -> Result<Vec<Unread>, StoreError> {
        self.store.unread().await
    }

    async fn saw(&self, agent: &AgentId, seq: Seq, at: Timestamp) -> Result<(), StoreError> {
        self.store.saw(agent, seq, at).await
    }
}

/// Claims, and the notes that they are recorded, count among the appends.
#[async_trait]
impl Schedules for HookedStore {
    async fn schedules(&self) -> Result<Vec<Schedule>, StoreError> {
        self.store.schedules().await
    }

    async fn schedule(&self, id: &ScheduleId) -> Result<Option<Schedule>, StoreError> {
        self.store.schedule(id).await
    }

    async fn add_schedule(&self, schedule: &Schedule) -> Result<bool, StoreError> {
        self.store.add_schedule(schedule).await
    }

    async fn change_schedule(&self, changed: &Schedule) -> Result<bool, StoreError> {
        self.store.change_schedule(changed).await
    }

    async fn claim(&self, claim: &Claim) -> Result<bool, StoreError> {
        self.check(None)?;
        self.counted(self.store.claim(claim)).await
    }

    async fn pause_schedules(&self) -> Result<Vec<PausedSchedule>, StoreError> {
        self.store.pause_schedules().await
    }

    async fn add_run(&self, run: &Occurrence) -> Result<bool, StoreError> {
        self.store.add_run(run).await
    }

    async fn unposted(&self) -> Result<Vec<(Schedule, Occurrence)>, StoreError> {
        self.store.unposted().await
    }

    async fn posted(&self, schedule: &ScheduleId, due: Timestamp, at: Timestamp) -> Result<(), StoreError> {
        self.check(None)?;
        self.counted(self.store.posted(schedule, due, at)).await
    }

    async fn occurrences(&self, schedule: Option<&ScheduleId>, limit: u32) -> Result<Vec<Occurrence>, StoreError> {
        self.store.occurrences(schedule, limit).await
    }

    async fn runs(&self, schedule: Option<&ScheduleId>, limit: u32) -> Result<Vec<Occurrence>, StoreError> {
        self.store.runs(schedule, limit).await
    }

    async fn miss_unposted(&self, schedule: Option<&ScheduleId>) -> Result<u64, StoreError> {
        self.store.miss_unposted(schedule).await
    }

    async fn occurrences_after(&self, schedule: &ScheduleId, after: Timestamp) -> Result<Vec<Occurrence>, StoreError> {
        self.store.occurrences_after(schedule, after).await
    }
}

/// Claims, and what is noted of attempts, count among the appends.
#[async_trait]
impl Quests for HookedStore {
    async fn quests(&self) -> Result<Vec<Quest>, StoreError> {
        self.store.quests().await
    }

    async fn quest(&self, id: &QuestId) -> Result<Option<Quest>, StoreError> {
        self.store.quest(id).await
    }

    async fn quests_to_tend(&self) -> Result<Vec<Quest>, StoreError> {
        self.store.quests_to_tend().await
    }

    async fn add_quest(&self, quest: &Quest) -> Result<bool, StoreError> {
        self.store.add_quest(quest).await
    }

    async fn change_quest(&self, changed: &Quest) -> Result<bool, StoreError> {
        self.check(None)?;
        self.counted(self.store.change_quest(changed)).await
    }

    async fn pause_quests(&self) -> Result<Vec<(QuestId, String)>, StoreError> {
        self.store.pause_quests().await
    }

    async fn begin_steps(&self, begin: &BeginSteps) -> Result<bool, StoreError> {
        self.check(None)?;
        self.counted(self.store.begin_steps(begin)).await
    }

    async fn attempts(&self, quest: &QuestId) -> Result<Vec<Attempt>, StoreError> {
        self.store.attempts(quest).await
    }

    async fn last_attempts(&self, limit: u32) -> Result<Vec<Attempt>, StoreError> {
        self.store.last_attempts(limit).await
    }

    async fn note_attempt(&self, attempt: &Attempt) -> Result<(), StoreError> {
        self.check(None)?;
        self.counted(self.store.note_attempt(attempt)).await
    }
}

#[async_trait]
impl Attachments for HookedStore {
    async fn save_attachment(&self, attachment: &Attachment, content: &[u8], at: Timestamp) -> Result<(), StoreError> {
        self.store.save_attachment(attachment, content, at).await
    }

    async fn claim_attachments(&self, hashes: &[ContentHash], at: Timestamp) -> Result<Vec<Attachment>, StoreError> {
        self.store.claim_attachments(hashes, at).await
    }

    async fn attachment(&self, hash: &ContentHash) -> Result<Option<Attachment>, StoreError> {
        self.store.attachment(hash).await
    }

    async fn attachment_content(&self, hash: &ContentHash) -> Result<Option<Vec<u8>>, StoreError> {
        self.store.attachment_content(hash).await
    }

    async fn unused_attachments(&self, before: Timestamp) -> Result<Vec<StoredAttachment>, StoreError> {
        self.store.unused_attachments(before).await
    }

    async fn note_used_attachments(&self, hashes: &[ContentHash]) -> Result<(), StoreError> {
        self.store.note_used_attachments(hashes).await
    }

    async fn delete_unused_attachment(&self, hash: &ContentHash, at: Timestamp) -> Result<(), StoreError> {
        self.store.delete_unused_attachment(hash, at).await
    }
}

#[async_trait]
impl StackRecords for HookedStore {
    async fn containers(&self) -> Result<Vec<StackContainer>, StoreError> {
        self.store.containers().await
    }

    async fn save_containers(&self, containers: &[StackContainer]) -> Result<(), StoreError> {
        self.store.save_containers(containers).await
    }

    async fn saw_container(
        &self,
        part: StackPart,
        image: &str,
        container: Option<&str>,
        at: Timestamp,
    ) -> Result<(), StoreError> {
        self.store.saw_container(part, image, container, at).await
    }

    async fn removed_containers(&self, at: Timestamp) -> Result<(), StoreError> {
        self.store.removed_containers(at).await
    }

    async fn ports(&self) -> Result<Vec<ReservedPort>, StoreError> {
        self.store.ports().await
    }

    async fn reserve_port(&self, port: ReservedPort) -> Result<bool, StoreError> {
        self.store.reserve_port(port).await
    }

    async fn free_port(&self, part: StackPart) -> Result<(), StoreError> {
        self.store.free_port(part).await
    }

    async fn repos(&self) -> Result<Vec<StackRepo>, StoreError> {
        self.store.repos().await
    }

    async fn save_repo(&self, repo: &StackRepo) -> Result<(), StoreError> {
        self.store.save_repo(repo).await
    }

    async fn forget_repo(&self, name: &str) -> Result<(), StoreError> {
        self.store.forget_repo(name).await
    }
}
