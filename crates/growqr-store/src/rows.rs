//! Result rows of the databases and their conversion to the types of `growqr-core`. Both databases use the same column types, so
//! the rows are defined once. A value that this build cannot have written is [`StoreError::Corrupt`].

use growqr_core::ask::SettledBy;
use growqr_core::clock::Timestamp;
use growqr_core::event::Entry;
use growqr_core::fold::folded;
use growqr_core::id::{AgentId, ConversationName, EffectId, MemoryName, Position, Seq, SessionId};
use growqr_core::journal::{
    AgentView, AskView, Author, Head, MessageView, SessionStatus, SessionView, Settlement, Snapshot, SpendingSum, Status,
    StoreError, StoredEvent, StoredRule, User, decode,
};
use growqr_core::mail::Mail;
use growqr_core::memory_link::MemoryLink;
use growqr_core::money::Money;
use growqr_core::rules::RuleOrigin;
use growqr_core::stack::{ReservedPort, StackContainer, StackPart, StackRepo, Wanted};
use growqr_core::workbench::Mind;

/// Selects [`AgentRow`]s; `seq` is the end of the journal.
macro_rules! select_agents {
    ($rest:literal) => {
        concat!(
            "select agent_id, name, parent_id, depth, task, status, model, turn, spent, unknown_cost, allowance, reserved, \
            asks, mind, mind_reason, created_at, updated_at, seq from agents join journals using (profile_id, agent_id) ",
            $rest
        )
    };
}
pub(crate) use select_agents;

#[derive(sqlx::FromRow)]
pub(crate) struct AgentRow {
    agent_id: String,
    name: String,
    parent_id: Option<String>,
    depth: i64,
    task: Option<String>,
    status: String,
    model: String,
    turn: i64,
    spent: i64,
    unknown_cost: i64,
    allowance: Option<i64>,
    reserved: i64,
    asks: i64,
    mind: String,
    mind_reason: Option<String>,
    created_at: i64,
    updated_at: i64,
    seq: i64,
}

impl TryFrom<AgentRow> for AgentView {
    type Error = StoreError;

    fn try_from(row: AgentRow) -> Result<AgentView, StoreError> {
        let status = Status::ALL.into_iter().find(|status| status.as_str() == row.status);
        let mind = Mind::ALL.into_iter().find(|mind| mind.as_str() == row.mind);
        Ok(AgentView {
            status: status.ok_or_else(|| damaged("agents.status", &row.status))?,
            agent: AgentId::new(row.agent_id),
            name: row.name,
            parent: row.parent_id.map(AgentId::new),
            depth: number("agents.depth", row.depth)?,
            task: row.task,
            model: row.model,
            mind: mind.ok_or_else(|| damaged("agents.mind", &row.mind))?,
            why: row.mind_reason,
            turn: number("agents.turn", row.turn)?,
            spent: Money(number("agents.spent", row.spent)?),
            unknown: Money(number("agents.unknown_cost", row.unknown_cost)?),
            allowance: row.allowance.map(|money| number("agents.allowance", money).map(Money)).transpose()?,
            reserved: Money(number("agents.reserved", row.reserved)?),
            asks: number("agents.asks", row.asks)?,
            created_at: Timestamp(row.created_at),
            updated_at: Timestamp(row.updated_at),
            seq: Seq(number("journals.seq", row.seq)?),
        })
    }
}

/// All columns of a session.
#[derive(sqlx::FromRow)]
pub(crate) struct SessionRow {
    agent_id: String,
    session_id: String,
    title: String,
    state: String,
    why: Option<String>,
    started_at: i64,
    ended_at: Option<i64>,
    outcome: Option<String>,
}

impl TryFrom<SessionRow> for SessionView {
    type Error = StoreError;

    fn try_from(row: SessionRow) -> Result<SessionView, StoreError> {
        let status = SessionStatus::ALL.into_iter().find(|status| status.as_str() == row.state);
        Ok(SessionView {
            agent: AgentId::new(row.agent_id),
            session: SessionId::new(row.session_id),
            title: row.title,
            status: status.ok_or_else(|| damaged("sessions.state", &row.state))?,
            why: row.why,
            started_at: Timestamp(row.started_at),
            ended_at: row.ended_at.map(Timestamp),
            outcome: row.outcome,
        })
    }
}

/// All columns of an ask.
#[derive(sqlx::FromRow)]
pub(crate) struct AskRow {
    agent_id: String,
    seq: i64,
    body: String,
    raised_at: i64,
    settled_at: Option<i64>,
    settled_by: Option<String>,
    answer: Option<String>,
    rule: Option<String>,
}

impl TryFrom<AskRow> for AskView {
    type Error = StoreError;

    fn try_from(row: AskRow) -> Result<AskView, StoreError> {
        let settled = match (row.settled_at, row.settled_by) {
            (Some(at), Some(by)) => {
                let by = SettledBy::ALL
                    .into_iter()
                    .find(|known| known.as_str() == by)
                    .ok_or_else(|| damaged("asks.settled_by", &by))?;
                let answer = row.answer.map(|answer| json("asks.answer", &answer)).transpose()?;
                Some(Settlement { by, answer, rule: row.rule, at: Timestamp(at) })
            }
            _ => None,
        };
        Ok(AskView {
            agent: AgentId::new(row.agent_id),
            seq: Seq(number("asks.seq", row.seq)?),
            ask: json("asks.body", &row.body)?,
            raised_at: Timestamp(row.raised_at),
            settled,
        })
    }
}

fn json<T: serde::de::DeserializeOwned>(column: &str, text: &str) -> Result<T, StoreError> {
    serde_json::from_str(text).map_err(|error| StoreError::Corrupt(format!("{column}: {error}")))
}

#[derive(sqlx::FromRow)]
pub(crate) struct RuleRow {
    position: i64,
    ask_id: Option<String>,
    line: String,
    added_at: i64,
}

impl From<RuleRow> for StoredRule {
    fn from(row: RuleRow) -> StoredRule {
        let (id, origin) = match row.ask_id {
            Some(ask) => (ask, RuleOrigin::Answer),
            None => (row.position.to_string(), RuleOrigin::Person),
        };
        StoredRule { id, line: row.line, origin, added_at: Timestamp(row.added_at) }
    }
}

/// A group of spendings.
#[derive(sqlx::FromRow)]
pub(crate) struct SpendingSumRow {
    group_key: String,
    calls: i64,
    at: i64,
    cost: i64,
    unknown_cost: i64,
    input_tokens: i64,
    cached_tokens: i64,
    output_tokens: i64,
}

impl TryFrom<SpendingSumRow> for SpendingSum {
    type Error = StoreError;

    fn try_from(row: SpendingSumRow) -> Result<SpendingSum, StoreError> {
        Ok(SpendingSum {
            key: row.group_key,
            calls: number("spendings", row.calls)?,
            at: Timestamp(row.at),
            cost: Money(number("spendings.cost", row.cost)?),
            unknown: Money(number("spendings.unknown_cost", row.unknown_cost)?),
            input_tokens: number("spendings.input_tokens", row.input_tokens)?,
            cached_tokens: number("spendings.cached_tokens", row.cached_tokens)?,
            output_tokens: number("spendings.output_tokens", row.output_tokens)?,
        })
    }
}

/// The columns of an event that loading an agent needs.
#[derive(sqlx::FromRow)]
pub(crate) struct EntryRow {
    seq: i64,
    at: i64,
    kind: String,
    schema_version: i64,
    body: Vec<u8>,
    hash: Vec<u8>,
}

impl EntryRow {
    /// The end of the journal if this is its last entry.
    pub(crate) fn head(&self) -> Result<Head, StoreError> {
        Ok(Head { seq: Seq(number("events.seq", self.seq)?), hash: hash("events.hash", &self.hash)? })
    }
}

impl TryFrom<EntryRow> for Entry {
    type Error = StoreError;

    fn try_from(row: EntryRow) -> Result<Entry, StoreError> {
        let seq = Seq(number("events.seq", row.seq)?);
        decode(seq, Timestamp(row.at), &row.kind, number("events.schema_version", row.schema_version)?, &row.body)
    }
}

/// All columns of an event.
#[derive(sqlx::FromRow)]
pub(crate) struct EventRow {
    position: i64,
    agent_id: String,
    seq: i64,
    at: i64,
    kind: String,
    schema_version: i64,
    body: Vec<u8>,
    prev_hash: Vec<u8>,
    hash: Vec<u8>,
}

impl TryFrom<EventRow> for StoredEvent {
    type Error = StoreError;

    fn try_from(row: EventRow) -> Result<StoredEvent, StoreError> {
        Ok(StoredEvent {
            position: Position(number("events.position", row.position)?),
            agent: AgentId::new(row.agent_id),
            seq: Seq(number("events.seq", row.seq)?),
            at: Timestamp(row.at),
            kind: row.kind,
            schema_version: number("events.schema_version", row.schema_version)?,
            body: row.body,
            prev_hash: hash("events.prev_hash", &row.prev_hash)?,
            hash: hash("events.hash", &row.hash)?,
        })
    }
}

#[derive(sqlx::FromRow)]
pub(crate) struct HeadRow {
    agent_id: String,
    seq: i64,
    hash: Vec<u8>,
}

impl TryFrom<HeadRow> for (AgentId, Head) {
    type Error = StoreError;

    fn try_from(row: HeadRow) -> Result<(AgentId, Head), StoreError> {
        let head = Head { seq: Seq(number("journals.seq", row.seq)?), hash: hash("journals.hash", &row.hash)? };
        Ok((AgentId::new(row.agent_id), head))
    }
}

/// A journal that has events, with its recorded end.
#[derive(sqlx::FromRow)]
pub(crate) struct JournalRow {
    agent_id: String,
    seq: Option<i64>,
    hash: Option<Vec<u8>>,
}

impl TryFrom<JournalRow> for (AgentId, Head) {
    type Error = StoreError;

    fn try_from(row: JournalRow) -> Result<(AgentId, Head), StoreError> {
        match (row.seq, row.hash) {
            (Some(seq), Some(hash)) => HeadRow { agent_id: row.agent_id, seq, hash }.try_into(),
            _ => Err(StoreError::Corrupt(format!("the journal of {} has no recorded end", row.agent_id))),
        }
    }
}

#[derive(sqlx::FromRow)]
pub(crate) struct UserRow {
    id: String,
    email: Option<String>,
    name: Option<String>,
    picture_url: Option<String>,
    last_verified_at: i64,
}

impl From<UserRow> for User {
    fn from(row: UserRow) -> User {
        let UserRow { id, email, name, picture_url, last_verified_at } = row;
        User { id, email, name, picture_url, last_verified_at: Timestamp(last_verified_at) }
    }
}

#[derive(sqlx::FromRow)]
pub(crate) struct MemoryLinkRow {
    conversation: String,
    memory: String,
    folder: String,
    notice: Option<String>,
    changed_at: i64,
}

impl From<MemoryLinkRow> for MemoryLink {
    fn from(row: MemoryLinkRow) -> MemoryLink {
        MemoryLink {
            conversation: ConversationName::new(row.conversation),
            memory: MemoryName::new(row.memory),
            folder: row.folder,
            notice: row.notice,
            changed_at: Timestamp(row.changed_at),
        }
    }
}

#[derive(sqlx::FromRow)]
pub(crate) struct ContainerRow {
    part: String,
    wanted: String,
    image: String,
    container_id: Option<String>,
    changed_at: i64,
}

impl TryFrom<ContainerRow> for StackContainer {
    type Error = StoreError;

    fn try_from(row: ContainerRow) -> Result<StackContainer, StoreError> {
        let wanted = Wanted::ALL.into_iter().find(|wanted| wanted.as_str() == row.wanted);
        Ok(StackContainer {
            part: part("containers.part", &row.part)?,
            wanted: wanted.ok_or_else(|| StoreError::Corrupt(format!("containers.wanted is {:?}", row.wanted)))?,
            image: row.image,
            container: row.container_id,
            changed_at: Timestamp(row.changed_at),
        })
    }
}

fn part(column: &str, name: &str) -> Result<StackPart, StoreError> {
    StackPart::parse(name).ok_or_else(|| StoreError::Corrupt(format!("{column} is {name:?}")))
}

#[derive(sqlx::FromRow)]
pub(crate) struct PortRow {
    part: String,
    port: i64,
    reserved_at: i64,
}

impl TryFrom<PortRow> for ReservedPort {
    type Error = StoreError;

    fn try_from(row: PortRow) -> Result<ReservedPort, StoreError> {
        Ok(ReservedPort {
            port: number("ports.port", row.port)?,
            part: part("ports.part", &row.part)?,
            reserved_at: Timestamp(row.reserved_at),
        })
    }
}

#[derive(sqlx::FromRow)]
pub(crate) struct RepoRow {
    name: String,
    owner: String,
    head: Option<String>,
    synced_at: Option<i64>,
}

impl From<RepoRow> for StackRepo {
    fn from(row: RepoRow) -> StackRepo {
        let RepoRow { name, owner, head, synced_at } = row;
        StackRepo { name, owner, head, synced_at: synced_at.map(Timestamp) }
    }
}

#[derive(sqlx::FromRow)]
pub(crate) struct SnapshotRow {
    seq: i64,
    hash: Vec<u8>,
    schema_version: i64,
    body: Vec<u8>,
}

impl TryFrom<SnapshotRow> for Snapshot {
    type Error = StoreError;

    fn try_from(row: SnapshotRow) -> Result<Snapshot, StoreError> {
        Ok(Snapshot {
            head: Head { seq: Seq(number("snapshots.seq", row.seq)?), hash: hash("snapshots.hash", &row.hash)? },
            schema_version: number("snapshots.schema_version", row.schema_version)?,
            body: row.body,
        })
    }
}

#[derive(sqlx::FromRow)]
pub(crate) struct UndeliveredRow {
    id: String,
    sender: String,
    receiver: String,
    body: Vec<u8>,
}

impl TryFrom<UndeliveredRow> for Mail {
    type Error = StoreError;

    fn try_from(row: UndeliveredRow) -> Result<Mail, StoreError> {
        let body = serde_json::from_slice(&row.body).map_err(|error| StoreError::Corrupt(format!("mail {}: {error}", row.id)))?;
        Ok(Mail { id: EffectId::new(row.id), from: AgentId::new(row.sender), to: AgentId::new(row.receiver), body })
    }
}

#[derive(sqlx::FromRow)]
pub(crate) struct MessageRow {
    agent_id: String,
    seq: i64,
    author: Option<String>,
    text: String,
    at: i64,
}

impl MessageRow {
    /// Whether the folded text of the message contains `text`, which must be folded.
    pub(crate) fn contains(&self, text: &str) -> bool {
        folded(&self.text).contains(text)
    }
}

impl TryFrom<MessageRow> for MessageView {
    type Error = StoreError;

    fn try_from(row: MessageRow) -> Result<MessageView, StoreError> {
        Ok(MessageView {
            agent: AgentId::new(row.agent_id),
            seq: Seq(number("messages.seq", row.seq)?),
            author: row.author.map_or(Author::Person, |agent| Author::Agent(AgentId::new(agent))),
            text: row.text,
            at: Timestamp(row.at),
        })
    }
}

/// Converts the rows; leaves out those that cannot be read, so that one damaged ask does not hide the others.
pub(crate) fn readable<Row, T: TryFrom<Row, Error = StoreError>>(rows: Vec<Row>) -> Vec<T> {
    let convert = |row| T::try_from(row).inspect_err(|error| tracing::warn!(%error, "an ask cannot be read")).ok();
    rows.into_iter().filter_map(convert).collect()
}

/// Converts the rows; stops at the first invalid one.
pub(crate) fn all<Row, T: TryFrom<Row, Error = StoreError>>(rows: Vec<Row>) -> Result<Vec<T>, StoreError> {
    rows.into_iter().map(T::try_from).collect()
}

/// Entries and the head after the last of them.
pub(crate) fn entries(rows: Vec<EntryRow>) -> Result<(Vec<Entry>, Option<Head>), StoreError> {
    let head = rows.last().map(EntryRow::head).transpose()?;
    Ok((all(rows)?, head))
}

/// Converts a column that is never negative.
pub(crate) fn number<T: TryFrom<i64>>(column: &str, value: i64) -> Result<T, StoreError> {
    T::try_from(value).map_err(|_| damaged(column, value))
}

fn hash(column: &str, bytes: &[u8]) -> Result<[u8; 32], StoreError> {
    bytes.try_into().map_err(|_| damaged(column, format!("{} bytes", bytes.len())))
}

fn damaged(column: &str, value: impl std::fmt::Display) -> StoreError {
    StoreError::Corrupt(format!("{column} cannot be {value}"))
}
