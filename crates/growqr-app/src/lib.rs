//! Use cases, one file per noun. The window and the command line do everything through these functions.
//!
//! This is the only crate that knows all the others. It connects the adapters, keeps one host per profile, and converts
//! domain types and errors to `growqr-wire` in this one place.

mod agents;
mod asks;
mod attachments;
mod backup;
mod blocking;
mod check_key;
mod client_ids;
mod clock;
mod convert;
mod crash;
mod doctor;
mod error;
mod export;
mod files;
mod folder_changes;
mod health;
mod host;
mod inbox;
mod library;
mod log;
mod machine;
mod memory;
mod memory_link;
mod memory_undo;
mod model_setup;
mod models;
mod notify;
mod page_parts;
mod privacy;
mod profile;
mod quests;
mod rebuild;
mod rules;
mod schedules;
mod skills;
mod spending;
mod stack;
mod timeline;
mod tools;

pub use attachments::{AttachedFiles, MISSING_FILES, file_bytes, file_content};
pub use backup::restore;
pub use clock::{SystemClock, local_now};
pub use crash::no_core_dumps;
pub use doctor::doctor;
pub use error::AppError;
pub use growqr_auth::{CallbackError, Link, MAX_LINK_BYTES, Schemes, picture};
pub use growqr_core::attachment::MAX_TOTAL_BYTES;
pub use growqr_core::names::written_out;
pub use growqr_models::openai::SMALLEST_WINDOW;
pub use growqr_tools::read_pdf_if_asked;
pub use health::health;
pub use host::client::{Client, Events, send_request};
pub use host::session::ProfileSession;
pub use host::subscription::Subscription;
pub use library::Library;
pub use models::{local_servers, models};
pub use notify::{Arrival, Decision, Notice, NotificationPreferences, Notifier, QuietHours, Situation, arrivals};
pub use privacy::destinations;
pub use profile::keys::unlock_keychain;
pub use profile::location::{Environment, Profile};
pub use profile::settings::{SETTINGS, check as check_setting};
pub use profile::sign_in::failure::SignInFailure;
pub use profile::sign_in::{CallbackRoute, LOCAL_PROFILE, SignIn, SignInAttempt, SignInOutcome, without_sign_in};
pub use schedules::preview_schedule;
pub use spending::{days_ago, parse_usd};
pub use stack::work_files::{copy_work_file, export_work_files};
pub use tools::read_tool_servers;

/// A date and time of day in UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Date {
    /// Year.
    pub year: i64,
    /// 1 to 12.
    pub month: i64,
    /// 1 to 31.
    pub day: i64,
    /// 0 to 23.
    pub hour: i64,
    /// 0 to 59.
    pub minute: i64,
}

/// Converts milliseconds since 1970 to a date and time of day in UTC.
#[must_use]
pub fn date(ms: i64) -> Date {
    let at = growqr_core::clock::Timestamp(ms);
    let (year, month, day) = at.date();
    let minutes = at.seconds().div_euclid(60).rem_euclid(24 * 60);
    Date { year, month, day, hour: minutes / 60, minute: minutes % 60 }
}

/// A new id for a message of the person.
#[must_use]
pub fn new_message_id() -> String {
    format!("m-{:032x}", rand::random::<u128>())
}

/// A new id for a schedule.
#[must_use]
pub fn new_schedule_id() -> String {
    format!("s-{:016x}", rand::random::<u64>())
}

/// A new id for a quest.
#[must_use]
pub fn new_quest_id() -> String {
    format!("q-{:016x}", rand::random::<u64>())
}

/// The largest message that is accepted, in bytes.
pub const MESSAGE_LIMIT: usize = 1 << 20;
