//! Files that the person attaches to messages: stored, read, checked before a message has them, and deleted if none has.

use crate::agents::{check_size, check_text};
use crate::convert;
use crate::error::AppError;
use crate::library::Library;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use growqr_core::agent::Setup;
use growqr_core::attachment::{
    Attachment, AttachmentKind, MAX_FILES, MAX_IMAGE_BYTES, MAX_PAGES, MAX_TEXT_BYTES, MAX_TOTAL_BYTES, Totals, examine,
};
use growqr_core::clock::Timestamp;
use growqr_core::event::Event;
use growqr_core::id::{AgentId, ContentHash, Position, Seq};
use growqr_core::journal::{Store, StoreError, StoredAttachment};
use growqr_models::guide;
use growqr_wire as wire;
use growqr_wire::{FileContent, Reply};
use std::collections::BTreeMap;

/// A file that no message has is deleted once the person has talked with the Grow Agent on so many later days: it may be part of a
/// draft, which people leave for days. A clock that is set forward adds one such day, however far it is set.
const KEPT_DAYS: usize = 7;

const DAY_MS: i64 = 24 * 60 * 60 * 1000;

/// Events that are read at once while the messages with files are looked for.
const PAGE: u32 = 500;

/// How much of the context window the files of one message may take, in percent.
const WINDOW_PERCENT: u64 = 75;

/// What to do about attached files whose content is missing.
pub const MISSING_FILES: &str =
    "Restore a backup that has them, or attach the files again. The conversation goes on without them.";

/// The content of a file as requests have it.
#[must_use]
pub fn file_content(bytes: &[u8]) -> FileContent {
    FileContent(STANDARD.encode(bytes))
}

/// The bytes of a content in base64.
///
/// # Errors
/// [`AppError::BadRequest`] if it is no base64.
pub fn file_bytes(content: &FileContent) -> Result<Vec<u8>, AppError> {
    let problem = |_| AppError::bad_request("the content of the file is not valid base64", "Attach the file again.");
    STANDARD.decode(&content.0).map_err(problem)
}

/// Stores a file, if it can be attached at all.
pub(crate) async fn attach(store: &dyn Store, name: &str, content: &FileContent, at: Timestamp) -> Result<Reply, AppError> {
    // Larger files are not even decoded.
    let (limit, bytes) = (usize::try_from(MAX_TOTAL_BYTES).unwrap_or(usize::MAX), content.0.len() / 4 * 3);
    if bytes > limit + 2 {
        return Err(too_large(bytes));
    }
    let examined = examine(name, file_bytes(content)?)?;
    store.save_attachment(&examined.attachment, &examined.content, at).await?;
    Ok(Reply::Attached { attachment: convert::attachment(examined.attachment) })
}

/// Reads a stored file.
pub(crate) async fn read(store: Option<&dyn Store>, hash: String) -> Result<Reply, AppError> {
    let hash = ContentHash::new(hash);
    let Some(store) = store else { return Err(missing()) };
    let (Some(attachment), Some(content)) = (store.attachment(&hash).await?, store.attachment_content(&hash).await?) else {
        return Err(missing());
    };
    Ok(Reply::Attachment { attachment: convert::attachment(attachment), content_base64: file_content(&content) })
}

/// What can be attached to the next message to the Grow Agent.
pub(crate) fn limits(setup: &Setup) -> Reply {
    let kinds: Vec<AttachmentKind> = AttachmentKind::ALL.into_iter().filter(|kind| reads(setup, *kind)).collect();
    let left_out = AttachmentKind::ALL.into_iter().find(|kind| !kinds.contains(kind));
    let limits = wire::AttachmentLimits {
        kinds: kinds.into_iter().map(convert::attachment_kind).collect(),
        max_bytes: MAX_TOTAL_BYTES,
        max_image_bytes: MAX_IMAGE_BYTES as u64,
        max_text_bytes: MAX_TEXT_BYTES as u64,
        max_files: MAX_FILES as u32,
        model: setup.card.name.clone(),
        why_not: left_out.map(|kind| format!("{} {}", not_read(setup, kind), instead(setup, kind))),
    };
    Reply::AttachmentLimits { limits }
}

/// The text and the files of a message to the Grow Agent that is about to be recorded. The model reads all of them.
///
/// # Errors
/// [`AppError`]: the message cannot be sent with them.
pub(crate) async fn message(
    store: &dyn Store,
    setup: &Setup,
    (text, hashes): (String, &[String]),
    at: Timestamp,
) -> Result<(String, Vec<Attachment>), AppError> {
    if hashes.is_empty() {
        check_text(&text)?;
        return Ok((text, Vec::new()));
    }
    // Files may be all there is to say.
    check_size(&text)?;
    Ok((text, claim(store, setup, hashes, at).await?))
}

/// Checks the new text of a queued message: it may be empty if the message has files.
///
/// # Errors
/// [`AppError`]: the message cannot have this text.
pub(crate) async fn check_edit(store: &dyn Store, agent: &str, message: u64, text: &str) -> Result<(), AppError> {
    if text.trim().is_empty() && agent == AgentId::grow().as_str() {
        let grow = growqr_actors::load(store, &AgentId::grow()).await?.state;
        if !grow.queued_attachments(Seq(message)).is_empty() {
            return Ok(());
        }
    }
    check_text(text)
}

async fn claim(store: &dyn Store, setup: &Setup, hashes: &[String], at: Timestamp) -> Result<Vec<Attachment>, AppError> {
    let mut wanted: Vec<ContentHash> = Vec::new();
    for hash in content_hashes(hashes) {
        if !wanted.contains(&hash) {
            wanted.push(hash);
        }
    }
    if wanted.len() > MAX_FILES {
        let message = format!("a message can have {MAX_FILES} files, and this one has {}", wanted.len());
        return Err(AppError::bad_request(message, "Send the others with another message."));
    }
    let files = store.claim_attachments(&wanted, at).await?;
    if files.len() < wanted.len() {
        return Err(missing());
    }
    check(setup, &files)?;
    Ok(files)
}

/// Notes that a recorded message has these files. If that fails, [`delete_unused`] finds out.
pub(crate) async fn note_used(store: &dyn Store, hashes: &[String]) {
    let files: Vec<ContentHash> = content_hashes(hashes).collect();
    if files.is_empty() {
        return;
    }
    if let Err(error) = store.note_used_attachments(&files).await {
        tracing::warn!(%error, "it is not noted that attached files are used");
    }
}

fn content_hashes(hashes: &[String]) -> impl Iterator<Item = ContentHash> {
    hashes.iter().map(|hash| ContentHash::new(hash.as_str()))
}

fn check(setup: &Setup, files: &[Attachment]) -> Result<(), AppError> {
    if let Some(file) = files.iter().find(|file| !reads(setup, file.kind)) {
        let message = format!("{:?} cannot be sent: {}", file.name, not_read(setup, file.kind));
        return Err(AppError::bad_request(message, instead(setup, file.kind)));
    }
    let totals = Totals::of(files);
    if totals.bytes > MAX_TOTAL_BYTES {
        return Err(too_large(usize::try_from(totals.bytes).unwrap_or(usize::MAX)));
    }
    if totals.pages > MAX_PAGES {
        let message = format!("the documents have about {} pages together; the limit is {MAX_PAGES}", totals.pages);
        return Err(AppError::bad_request(
            message,
            "Send them with several messages, each in a conversation that is started afresh.",
        ));
    }
    let window = setup.card.context_tokens;
    if totals.tokens.saturating_mul(100) > window.saturating_mul(WINDOW_PERCENT) {
        let message =
            format!("the files have about {} tokens, and the context window of {} has {window}", totals.tokens, setup.card.name);
        return Err(AppError::bad_request(message, "Attach less, or choose a model with a larger window."));
    }
    Ok(())
}

fn reads(setup: &Setup, kind: AttachmentKind) -> bool {
    setup.provider != guide::PROVIDER && setup.card.reads(kind)
}

/// Why the model does not read files of this kind.
fn not_read(setup: &Setup, kind: AttachmentKind) -> String {
    match setup.provider.as_str() {
        guide::PROVIDER => "The built-in guide reads no files.".to_owned(),
        _ => format!("The model {} reads no {}, as far as GrowQR knows.", setup.card.name, kind.plural()),
    }
}

/// What to do instead.
fn instead(setup: &Setup, kind: AttachmentKind) -> String {
    match (setup.provider.as_str(), kind) {
        (guide::PROVIDER, _) => "Choose a model in the settings, or set a key.".to_owned(),
        (_, AttachmentKind::Pdf) => "Choose a Claude model, or attach the text of the document.".to_owned(),
        (_, AttachmentKind::Image | AttachmentKind::Text) => {
            "Choose a model that does; for a server on this computer, load one with vision.".to_owned()
        }
    }
}

fn too_large(bytes: usize) -> AppError {
    AppError::FilesTooLarge { bytes, limit: usize::try_from(MAX_TOTAL_BYTES).unwrap_or(usize::MAX) }
}

fn missing() -> AppError {
    AppError::Missing {
        what: "content of this file on this computer, or it is damaged".to_owned(),
        next_step: "Attach the file again; a backup of the data folder may have it.".to_owned(),
    }
}

/// Deletes the files that were stored some days ago and that no message has: a message was not sent, or GrowQR was killed before it
/// was recorded.
///
/// # Errors
/// If the store fails, or a message cannot be read: then nothing more is deleted.
pub(crate) async fn delete_unused(store: &dyn Store, now: Timestamp) -> Result<(), StoreError> {
    let unused = store.unused_attachments(now).await?;
    let Some(first) = unused.iter().map(|file| file.position).min() else { return Ok(()) };
    let since = read_since(store, first).await?;
    let is_named = |hash: &ContentHash| since.named.contains_key(hash);
    let used: Vec<ContentHash> = unused.iter().map(|file| file.attachment.hash.clone()).filter(is_named).collect();
    store.note_used_attachments(&used).await?;
    for file in unused.iter().filter(|file| !is_named(&file.attachment.hash) && since.days_after(file) >= KEPT_DAYS) {
        store.delete_unused_attachment(&file.attachment.hash, file.at).await?;
    }
    Ok(())
}

/// The files of all messages of the person, and how many of them have no sound content.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AttachedFiles {
    /// The number of different files.
    pub count: usize,
    /// The names of those whose content is missing or damaged.
    pub missing: Vec<String>,
}

impl Library {
    /// Whether the content of this attached file is there and sound.
    ///
    /// # Errors
    /// If the database cannot be read.
    pub async fn has_file(&self, hash: &str) -> Result<bool, AppError> {
        let Some(store) = self.store.as_deref() else { return Ok(false) };
        Ok(store.attachment_content(&ContentHash::new(hash)).await?.is_some())
    }

    /// Reads every attached file of the conversation. Takes the longer the more there are.
    ///
    /// # Errors
    /// If the database cannot be read.
    pub async fn attached_files(&self) -> Result<AttachedFiles, AppError> {
        let Some(store) = self.store.as_deref() else { return Ok(AttachedFiles::default()) };
        let named = read_since(store, Position(0)).await?.named;
        let mut files = AttachedFiles { count: named.len(), missing: Vec::new() };
        for (hash, name) in named {
            if store.attachment_content(&hash).await?.is_none() {
                files.missing.push(name);
            }
        }
        Ok(files)
    }
}

/// The conversation after a position, as far as files are concerned.
#[derive(Default)]
struct Since {
    /// The files of all messages, each with a name.
    named: BTreeMap<ContentHash, String>,
    /// Each day on which the person said something, by the clock of this computer, with the last such event.
    days: BTreeMap<i64, Position>,
}

impl Since {
    /// On how many later days the person said something after the file was stored.
    fn days_after(&self, file: &StoredAttachment) -> usize {
        let stored = file.at.0.div_euclid(DAY_MS);
        self.days.iter().filter(|(day, position)| **day > stored && **position > file.position).count()
    }
}

async fn read_since(store: &dyn Store, position: Position) -> Result<Since, StoreError> {
    let (mut since, mut before) = (Since::default(), None);
    loop {
        let page = store.turn_events_before(before, &AgentId::grow(), PAGE).await?;
        let Some(oldest) = page.first().map(|event| event.position) else { return Ok(since) };
        for event in &page {
            let entry = event.entry()?;
            since.named.extend(files_of(&entry.event).iter().map(|file| (file.hash.clone(), file.name.clone())));
            if matches!(entry.event, Event::UserSaid(_) | Event::SaidAgain(_)) {
                let last = since.days.entry(event.at.0.div_euclid(DAY_MS)).or_insert(event.position);
                *last = event.position.max(*last);
            }
        }
        if oldest <= position {
            return Ok(since);
        }
        before = Some(oldest);
    }
}

fn files_of(event: &Event) -> &[Attachment] {
    match event {
        Event::UserSaid(body) => &body.attachments,
        Event::SaidAgain(body) => &body.attachments,
        _ => &[],
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use growqr_core::event::{AgentCreated, UserSaid};
    use growqr_core::id::{MessageId, ProfileId};
    use growqr_core::journal::{Append, Head};
    use growqr_store::{Db, DbConfig};

    /// Records an event on this day; the new end of the journal.
    async fn record(store: &dyn Store, head: Head, event: Event, day: i64) -> Head {
        let (agent, events) = (AgentId::grow(), vec![event]);
        let append = Append { agent, head, at: Timestamp(day * DAY_MS), events, views: Vec::new(), segment: None };
        store.append(append).await.expect("it is recorded").head
    }

    fn said(day: i64) -> Event {
        let id = MessageId::new(format!("m-{day}"));
        UserSaid { id, text: "hello".to_owned(), at_limit: false, attachments: Vec::new() }.into()
    }

    #[tokio::test]
    async fn the_file_of_a_draft_is_deleted_after_days_of_talk_and_not_because_a_clock_was_set_forward() {
        let folder = tempfile::tempdir().unwrap();
        let db = Db::open(&DbConfig::Sqlite { path: folder.path().join("growqr.db") }).await.unwrap();
        let store = db.profile(&ProfileId::new("local"), Timestamp(DAY_MS)).await.unwrap();
        let created = AgentCreated { birth: None, parent: None, mail: None };
        let mut head = record(&*store, Head::default(), created.into(), 1).await;
        let draft = examine("a.txt", b"draft".to_vec()).unwrap();
        let is_kept_on = async |day: i64| {
            delete_unused(&*store, Timestamp(day * DAY_MS)).await.unwrap();
            store.attachment(&draft.attachment.hash).await.unwrap().is_some()
        };
        store.save_attachment(&draft.attachment, &draft.content, Timestamp(DAY_MS)).await.unwrap();
        assert!(is_kept_on(400).await, "the clock alone has moved");
        for _ in 0..8 {
            head = record(&*store, head, said(400), 400).await;
        }
        assert!(is_kept_on(400).await, "the clock is still wrong at the next start");
        for day in 2..8 {
            assert!(is_kept_on(day).await, "day {day}");
            head = record(&*store, head, said(day), day).await;
        }
        assert!(!is_kept_on(8).await, "seven other days");
    }

    #[tokio::test]
    async fn a_file_that_is_attached_again_is_as_new() {
        let folder = tempfile::tempdir().unwrap();
        let db = Db::open(&DbConfig::Sqlite { path: folder.path().join("growqr.db") }).await.unwrap();
        let store = db.profile(&ProfileId::new("local"), Timestamp(DAY_MS)).await.unwrap();
        let created = AgentCreated { birth: None, parent: None, mail: None };
        let mut head = record(&*store, Head::default(), created.into(), 1).await;
        let draft = examine("a.txt", b"draft".to_vec()).unwrap();
        store.save_attachment(&draft.attachment, &draft.content, Timestamp(DAY_MS)).await.unwrap();
        for day in 2..20 {
            head = record(&*store, head, said(day), day).await;
        }
        store.save_attachment(&draft.attachment, &draft.content, Timestamp(20 * DAY_MS)).await.unwrap();
        delete_unused(&*store, Timestamp(21 * DAY_MS)).await.unwrap();
        assert!(store.attachment(&draft.attachment.hash).await.unwrap().is_some());
    }
}
