//! Checks what works, what is missing, and what to do about it. Changes nothing.

use crate::SystemClock;
use crate::agents::used_of_limits;
use crate::attachments::MISSING_FILES;
use crate::error::AppError;
use crate::health;
use crate::host::client::send_request;
use crate::host::host_connection::HostConnection;
use crate::host::lock::ProfileLock;
use crate::library::{self, Library};
use crate::memory::left_alone_text;
use crate::model_setup::servers::ServerAddress;
use crate::models;
use crate::profile::keys::{broken_key_variable, keys_without_host};
use crate::profile::location::{Environment, Profile};
use crate::profile::settings::{Preferences, ServerModel, StoredSettings};
use disk::{database_log, disk_space};
use growqr_core::clock::Clock;
use growqr_core::id::AgentId;
use growqr_core::journal::StoreError;
use growqr_core::limits::LimitReached;
use growqr_core::money::Money;
use growqr_core::secret::Secret;
use growqr_http::Proxies;
use growqr_memory::{IndexLock, Remark, RemarkKind, Survey};
use growqr_models::openai::{BaseUrl, Config, OpenAi, Program, SMALLEST_WINDOW, Window};
use growqr_store::Db;
use growqr_wire::{
    Check, CheckState, DockerState, Key, KeySource, Keychain, KeychainState, MemorySyncState, PartState, Reply, Request, VERSION,
};
use new_check::{check, failed};
use std::time::Duration;

mod disk;
mod new_check;

/// How many files of the memory folder are named in each list; the others are only counted.
const SHOWN: usize = 10;

/// The check of what belongs together.
const MEMORY_LINK: &str = "conversation";

/// The check of attached files.
const FILES: &str = "files";

/// Checks everything that agents need.
pub async fn doctor(profile: &Profile, environment: &Environment) -> Vec<Check> {
    // Side by side: a database server that does not answer is waited for once.
    let (database, journal, files, link, clock, host, stored, stack) = tokio::join!(
        database(profile),
        journal(profile),
        attached_files(profile),
        memory_link(profile),
        clock(profile),
        host(profile),
        models::stored_settings(profile),
        stack(profile, environment),
    );
    // On its own: it reads many files without giving way to others.
    let memory = memory(profile).await;
    let health = health::health(profile).await;
    let (keys, keychain) = keys(profile, environment).await;
    // If the settings cannot be read, the check of the database says so.
    let stored = stored.ok();
    let model = stored.as_ref().map(|stored| Preferences::parse_lenient(stored).model).unwrap_or_default();
    let mut checks = vec![data_folder(profile), disk_space(profile), database, journal];
    checks.extend(database_log(profile));
    checks.extend(memory);
    checks.extend(files);
    checks.extend(link);
    checks.extend(clock);
    checks.extend(crate::backup::check_age(profile, SystemClock.now()));
    checks.push(host);
    checks.extend(health.iter().flat_map(health::checks));
    checks.push(model_key(&keys, environment, &model));
    checks.push(keychain_check(keychain));
    checks.extend(environment.warning().map(environment_check));
    checks.extend(proxy_check());
    checks.extend(stack);
    if let Some(stored) = stored {
        checks.extend(model_end(&model));
        if let Some(model) = ServerModel::of(&model) {
            checks.push(model_server(environment, &stored, model).await);
        }
    }
    checks
}

fn data_folder(profile: &Profile) -> Check {
    let folder = profile.folder();
    match std::fs::metadata(&folder) {
        Ok(data) if data.permissions().readonly() => check(
            "data folder",
            CheckState::Failed,
            format!("{} is not writable", folder.display()),
            Some("Allow this user to write it."),
        ),
        Ok(_) => check("data folder", CheckState::Ok, folder.display().to_string(), None),
        Err(_) => check(
            "data folder",
            CheckState::Missing,
            format!("{} does not exist yet", folder.display()),
            Some("It is created with the first message."),
        ),
    }
}

/// Says that spending is dated later than now. `None` if none is, or if another check says that the database cannot be read.
async fn clock(profile: &Profile) -> Option<Check> {
    let library = Library::open(profile.clone()).await.ok()?;
    let used = used_of_limits(&**library.store.as_ref()?, &AgentId::grow()).await.ok()?;
    let ahead = used.budget.misdated(LimitReached::PerDay, SystemClock.now()).ahead;
    let found = format!("${ahead} of spending is dated after today, and does not count today");
    let step =
        "Set this computer's clock if it is wrong. If it is right now, it was ahead when this was recorded: nothing to do.";
    (ahead > Money::ZERO).then(|| check("clock", CheckState::Missing, found, Some(step)))
}

async fn database(profile: &Profile) -> Check {
    match library::database(profile).await {
        Ok(database) => match database.applied {
            Some(applied) if applied >= database.known && database.indexed == Some(false) => check(
                "database",
                CheckState::Missing,
                format!("{} at {}; searches are slow without its extension pg_trgm", database.backend, database.location),
                Some("Ask an administrator to run: create extension pg_trgm. Then: growqr db rebuild"),
            ),
            Some(applied) if applied >= database.known => match Db::check_writing(profile.database(), profile.id()).await {
                Ok(()) => check("database", CheckState::Ok, format!("{} at {}", database.backend, database.location), None),
                Err(error) => cannot_be_written(&database.location, error),
            },
            Some(applied) => check(
                "database",
                CheckState::Missing,
                format!("{} is at version {applied} of {}", database.location, database.known),
                Some("It is updated at the next start, or with: growqr db migrate"),
            ),
            None => check(
                "database",
                CheckState::Missing,
                format!("{}: not created yet", database.location),
                Some("It is created with the first message."),
            ),
        },
        Err(error) => failed("database", error),
    }
}

/// The next step of a failed write names `doctor`, which has found the cause here.
fn cannot_be_written(location: &str, error: StoreError) -> Check {
    let step = match &error {
        StoreError::Failed(_) => Some("Ask an administrator of the database, or restore a backup."),
        StoreError::Unreachable(_) => Some("Another program uses the database; end it, or wait until it has finished."),
        _ => None,
    };
    let mut check = failed("database", AppError::from(error));
    check.found = format!("{location} cannot be written: {}", check.found);
    if let Some(step) = step {
        check.next_step = Some(step.to_owned());
    }
    check
}

async fn journal(profile: &Profile) -> Check {
    let verified = match Library::open(profile.clone()).await {
        Ok(library) => library.verify().await,
        Err(error) => Err(error),
    };
    match verified {
        Ok(0) => check("journal", CheckState::Missing, "no events yet", Some("It begins with the first message.")),
        Ok(events) => check("journal", CheckState::Ok, format!("{events} events, none altered"), None),
        Err(error) => failed("journal", error),
    }
}

/// Whether the contents of all attached files are there. `None` without any, or if another check says that the database cannot be
/// read.
async fn attached_files(profile: &Profile) -> Option<Check> {
    let files = Library::open(profile.clone()).await.ok()?.attached_files().await.ok()?;
    if files.missing.is_empty() {
        return (files.count > 0).then(|| check(FILES, CheckState::Ok, format!("{} attached, all there", files.count), None));
    }
    let names: Vec<String> = files.missing.iter().take(SHOWN).map(|name| format!("{name:?}")).collect();
    let found = format!("of {} attached files {} are missing or damaged: {}", files.count, files.missing.len(), names.join(", "));
    Some(check(FILES, CheckState::Failed, found, Some(MISSING_FILES)))
}

/// How long a lock of the repository may exist before it counts as left over.
const LOCK_TIME: Duration = Duration::from_millis(500);

/// The memory, and one line for each way in which it leaves something to the person's git.
async fn memory(profile: &Profile) -> Vec<Check> {
    let library = Library::open_memory(profile.clone());
    if library.memory_problem().is_some() || library.memory_index_lock().is_some() {
        // A commit locks the branch for a moment.
        tokio::time::sleep(LOCK_TIME).await;
    }
    let problem = library.memory_problem().map(|problem| memory_failed(&problem.to_string()));
    match library.memory_survey() {
        Ok(survey) => {
            let checked = problem.unwrap_or_else(|| surveyed(profile, &library, &survey));
            let about_git = survey.about_git.into_iter().map(|sentence| check("git", CheckState::Ok, sentence, None));
            let unreachable = library.memory_unreachable_commits();
            let unreachable = unreachable.into_iter().map(|(found, next)| check("git", CheckState::Missing, found, Some(&next)));
            let lock = library.memory_index_lock().map(|lock| index_lock(&lock));
            [checked].into_iter().chain(about_git).chain(unreachable).chain(lock).collect()
        }
        Err(error) => vec![problem.unwrap_or_else(|| memory_failed(&error.to_string()))],
    }
}

/// A lock on git's index that was there at two looks.
fn index_lock(lock: &IndexLock) -> Check {
    let IndexLock { path, since, is_index_behind } = lock;
    let path = path.display();
    let age = since.elapsed().unwrap_or_default().as_secs();
    let age = if age < 120 { format!("{age} seconds") } else { format!("{} minutes", age / 60) };
    let found = format!(
        "the lock {path} is {age} old: a git command is at work or was killed. git changes nothing until it is gone, and hand edits \
         are not committed for ten minutes"
    );
    let mut step = format!("If no git command runs, delete that file: rm \"{path}\"");
    if *is_index_behind {
        step += ". Then, before you commit with git yourself, let GrowQR bring git's index up to date: start it once, or if it runs, \
                 wait a few seconds. Otherwise your commit undoes what GrowQR has committed meanwhile";
    }
    check("git", CheckState::Missing, found, Some(&step))
}

fn surveyed(profile: &Profile, library: &Library, survey: &Survey) -> Check {
    if survey.is_empty() {
        let found = format!("no pages yet in {}", profile.memory().display());
        let step = "It is created with the first message. If you have notes already, copy them there before.";
        return check("memory", CheckState::Missing, found, Some(step));
    }
    let mut found = format!("{} pages in {}", survey.pages.len(), profile.memory().display());
    if let Some(first) = survey.read_only.first() {
        found += &format!("; {} of them cannot be changed, for example {first}: read-only", survey.read_only.len());
        return check("memory", CheckState::Failed, found, Some("Allow this user to write these files and their folders."));
    }
    if survey.ignored > 0 {
        found += &format!("; git ignores {} more, which memory neither shows nor commits", survey.ignored);
    }
    if !survey.remarks.is_empty() {
        found += &format!("; {} pages to look at", survey.remarks.len());
        found.extend(survey.remarks.iter().take(SHOWN).map(|remark| format!("; {}", remark_text(remark))));
    }
    if !library.has_repository() {
        return check("memory", CheckState::Missing, found, Some(&library.memory_begins()));
    }
    if !survey.skipped.is_empty() {
        found += &format!("; {} files are left alone: memory neither reads nor commits nor changes them", survey.skipped.len());
        found.extend(survey.skipped.iter().take(SHOWN).map(|file| format!("; {}", left_alone_text(file))));
        let more = survey.skipped.len().saturating_sub(SHOWN);
        found += &if more > 0 { format!("; and {more} more") } else { String::new() };
    }
    let is_same_name = |remark: &Remark| matches!(remark.kind, RemarkKind::SameNameAs(_));
    if survey.remarks.iter().any(is_same_name) {
        let step = "Of pages whose names some file systems treat as the same, only the first is committed. Rename the others.";
        return check("memory", CheckState::Missing, found, Some(step));
    }
    check("memory", CheckState::Ok, found, None)
}

fn remark_text(remark: &Remark) -> String {
    match &remark.kind {
        RemarkKind::ConflictCopyOf(original) => format!("{:?} is a sync program's conflict copy of {original:?}", remark.path),
        RemarkKind::SameNameAs(other) => format!("some file systems treat {:?} and {other:?} as the same name", remark.path),
    }
}

/// Whether the conversation and the memory belong together. `None` without a database, or if another check says that the
/// database cannot be read.
async fn memory_link(profile: &Profile) -> Option<Check> {
    let library = Library::open(profile.clone()).await.ok()?;
    let (found, notice) = library.memory_link_in_words().await.ok()??;
    Some(match notice {
        None => check(MEMORY_LINK, CheckState::Ok, found, None),
        Some(notice) => {
            let state = if notice.needs_decision { CheckState::Failed } else { CheckState::Missing };
            check(MEMORY_LINK, state, format!("{}; {found}", notice.text), Some(&notice.next_step))
        }
    })
}

fn memory_failed(problem: &str) -> Check {
    let next_step = "Everything else works meanwhile, and changes of memory work again as soon as this is mended.";
    check("memory", CheckState::Failed, problem, Some(next_step))
}

async fn host(profile: &Profile) -> Check {
    match HostConnection::connect(profile).await {
        Ok(Some(mut host)) => match host.call(Request::Hello { version: VERSION, reconnects: false }).await {
            Ok(_) => check("host", CheckState::Ok, format!("agents run in {}", ProfileLock::holder(profile)), None),
            Err(error) => failed("host", error),
        },
        // If the database cannot be read, its own check says so.
        Ok(None) => match Db::holder(profile.database(), profile.id()).await {
            Ok(Some(holder)) => check(
                "host",
                CheckState::Missing,
                format!("agents run in {holder}, which uses the same database server"),
                Some("Go on there, or quit GrowQR there; then this computer can run them."),
            ),
            Ok(None) | Err(_) => check("host", CheckState::Ok, "not running; chat starts one", None),
        },
        Err(error) => failed("host", error),
    }
}

/// Docker and the containers: what the running host knows, or what Docker says.
async fn stack(profile: &Profile, environment: &Environment) -> Vec<Check> {
    let asked = send_request(profile.clone(), environment, Request::StackStatus).await;
    let stack = match asked {
        Ok(Reply::Stack { stack }) => stack,
        Ok(_) => return Vec::new(),
        Err(error) => return vec![failed("docker", error)],
    };
    let is_wanted = stack.parts.iter().any(|part| part.state != PartState::Off);
    let docker = match stack.docker.state {
        DockerState::Ready => CheckState::Ok,
        // Everything else works without it.
        _ if !is_wanted => CheckState::Missing,
        _ => CheckState::Failed,
    };
    let mut checks = vec![check("docker", docker, stack.docker.found, stack.docker.next_step.as_deref())];
    for part in stack.parts {
        let (state, next_step) = match part.state {
            PartState::Running => (CheckState::Ok, part.next_step),
            PartState::Off => (CheckState::Missing, part.next_step.or_else(|| Some("To start it: growqr stack up".to_owned()))),
            PartState::Failed => (CheckState::Failed, part.next_step),
            PartState::NeedsDownload => (CheckState::Missing, Some("To agree to the download: growqr stack up --yes".to_owned())),
            _ => (CheckState::Missing, part.next_step),
        };
        let progress = part.progress.filter(|_| part.state == PartState::Downloading);
        let progress = progress.map_or_else(String::new, |progress| format!(": {}", progress.words()));
        checks.push(check(&part.id, state, format!("{}{progress}", part.found), next_step.as_deref()));
    }
    checks.extend(stack.notes.into_iter().map(|note| check("containers", CheckState::Ok, note, None)));
    if let Some(memory) = stack.memory {
        let state = match memory.state {
            MemorySyncState::Same => CheckState::Ok,
            MemorySyncState::Behind | MemorySyncState::Syncing => CheckState::Missing,
            MemorySyncState::Stopped => CheckState::Failed,
        };
        checks.push(check("copy of memory", state, memory.found, memory.next_step.as_deref()));
    }
    checks
}

/// The keys of the running host, or those that a host would have.
async fn keys(profile: &Profile, environment: &Environment) -> (Vec<Key>, Keychain) {
    if let Ok(Some(mut host)) = HostConnection::connect(profile).await
        && let Ok(Reply::Keys { keys, keychain }) = host.call(Request::Keys).await
    {
        return (keys, keychain);
    }
    keys_without_host(profile, environment).await
}

fn model_key(keys: &[Key], environment: &Environment, model: &str) -> Check {
    if let Some(variable) = broken_key_variable(environment) {
        let found = format!("{variable} is not a key: it has spaces or characters that no key has");
        return check("model key", CheckState::Failed, found, Some("Copy the whole key from the provider's console."));
    }
    if keys.is_empty() && ServerModel::of(model).is_some() {
        return check("model key", CheckState::Ok, "none; the chosen model is on a server that may need none", None);
    }
    let Some(key) = keys.first() else {
        return check(
            "model key",
            CheckState::Missing,
            "none; the built-in guide (no AI) answers",
            Some(
                "Set ANTHROPIC_API_KEY, or store a key: growqr keys set anthropic. Or use a model on this computer: growqr models",
            ),
        );
    };
    let place = match key.source {
        KeySource::Environment => "from the environment",
        KeySource::Keychain => "in the system's keychain",
        KeySource::Memory => "in the memory of the running GrowQR only",
    };
    check("model key", CheckState::Ok, format!("{}: {place}", key.name), None)
}

fn environment_check(warning: &'static str) -> Check {
    check("environment", CheckState::Missing, warning, None)
}

/// `None` if no proxy is set.
fn proxy_check() -> Option<Check> {
    match Proxies::from_environment() {
        Ok(proxies) => {
            let variables = proxies.variables();
            (!variables.is_empty()).then(|| check("proxy", CheckState::Ok, format!("named by {}", variables.join(" and ")), None))
        }
        Err(error) => {
            Some(check("proxy", CheckState::Failed, error.to_string(), Some("Correct or remove that environment variable.")))
        }
    }
}

fn keychain_check(keychain: Keychain) -> Check {
    let state = match keychain.state {
        KeychainState::Ready => CheckState::Ok,
        KeychainState::Locked | KeychainState::NotSetUp | KeychainState::Absent => CheckState::Missing,
    };
    Check { name: "keychain".to_owned(), state, found: keychain.found, next_step: keychain.next_step }
}

/// Tells that the chosen model ends. `None` if no end is announced.
fn model_end(model: &str) -> Option<Check> {
    let end = models::retirement_of(model)?;
    let step = format!("Choose another: growqr config set model {}", end.successor);
    Some(check("model", CheckState::Missing, format!("{model}: {}", end.text()), Some(&step)))
}

/// Checks that the server of the chosen model answers, has the model, and gives it a context window that is large
/// enough.
async fn model_server(environment: &Environment, stored: &StoredSettings, chosen: ServerModel<'_>) -> Check {
    let (name, model) = ("model server", chosen.id);
    let mut address = ServerAddress::resolve(environment, stored);
    if let Some(Ok(base)) = chosen.address.map(BaseUrl::parse)
        && !address.base.as_ref().is_ok_and(|configured| configured.is_same(&base))
    {
        address = ServerAddress { base: Ok(base), is_set: false };
    }
    let base = match &address.base {
        Ok(base) => base,
        Err(problem) => {
            let found = format!("the address in OPENAI_BASE_URL cannot be used: {problem}");
            return check(name, CheckState::Failed, found, Some("Correct it, or set one: growqr config set openai.base_url URL"));
        }
    };
    let key = address.allowed_key(environment.get("OPENAI_API_KEY").map(Secret::new));
    let window = Preferences::parse_lenient(stored).window;
    let provider = OpenAi::new(Config { window, ..Config::new(base.clone(), key, 0) });
    let Some((server, used)) = provider.probe_model(model).await else {
        let found = format!("no model server answers at {base}");
        let step = "Start it, or look for others: growqr models. Or choose another model: growqr config set model guide";
        return check(name, CheckState::Failed, found, Some(step));
    };
    let program = server.program.name();
    let is_same_model = |id: &str| id == model || id.strip_suffix(":latest") == Some(model);
    if !server.models.is_empty() && !server.models.iter().any(|offered| is_same_model(&offered.id)) {
        let step = match server.program {
            Program::Ollama => format!("Get it with: ollama pull {model}, or choose an available one: growqr models"),
            _ => "Choose an available one: growqr models".to_owned(),
        };
        return check(name, CheckState::Failed, format!("{program} at {base} has no model {model:?}"), Some(&step));
    }
    let Window { tokens, is_reported } = used;
    let found = match is_reported {
        true => format!("{program} at {base}: {model}, with a context window of {tokens} tokens"),
        false if window.is_some() => {
            format!("{program} at {base}: {model}, with a context window of {tokens} tokens, as model.window says")
        }
        false => {
            format!(
                "{program} at {base}: {model}; the server does not report the context window, {tokens} tokens are assumed \
                 (growqr config set model.window TOKENS)"
            )
        }
    };
    let step = match server.program {
        _ if tokens >= SMALLEST_WINDOW => return check(name, CheckState::Ok, found, None),
        Program::Ollama => "That is small. For a larger one, start Ollama with OLLAMA_CONTEXT_LENGTH=32768.",
        Program::LmStudio => "That is small. For a larger one, load the model in LM Studio with a larger context length.",
        Program::LlamaCpp => "That is small. For a larger one, start llama-server with a larger --ctx-size.",
        _ => "That is small. For a larger one, give the model a larger context length on the server.",
    };
    check(name, CheckState::Ok, found, Some(step))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_lock_that_a_commit_holds_for_a_moment_is_no_fault() {
        let folder = tempfile::tempdir().unwrap();
        let profile = Profile::find(Some(folder.path()), &Environment::default()).unwrap();
        profile.create().unwrap();
        growqr_memory::MemoryRepo::open(&profile.memory(), growqr_core::clock::Timestamp(0)).unwrap();
        let lock = profile.memory().join(".git/refs/heads/main.lock");
        std::fs::write(&lock, "").unwrap();
        assert_eq!(memory(&profile).await[0].state, CheckState::Failed, "it stays");
        // The first look comes before the lock is removed.
        let (checks, ()) = tokio::join!(memory(&profile), async { std::fs::remove_file(&lock).unwrap() });
        assert_eq!(checks[0].state, CheckState::Ok);
    }

    #[test]
    fn the_end_of_the_chosen_model_is_told_with_its_date_and_what_to_choose() {
        let check = model_end("claude-sonnet-4-5-20250929").unwrap();
        assert!(check.found.contains("2026-11-30"), "{check:?}");
        assert!(check.next_step.unwrap().ends_with("growqr config set model claude-sonnet-5-5"));
        assert_eq!(model_end("claude-opus-5-5"), None);
    }

    #[test]
    fn a_key_that_is_none_is_told_and_a_model_that_needs_none_is_not_missing_one() {
        let environment = |value: &str| Environment::from_variables(&[("ANTHROPIC_API_KEY", value)]);
        let keys = [Key { name: "anthropic".to_owned(), source: KeySource::Environment }];
        for value in ["sk ant x", "\u{201c}sk-ant-x\u{201d}"] {
            let check = model_key(&keys, &environment(value), "claude-opus-5-5");
            assert!(check.state == CheckState::Failed && check.found.contains("ANTHROPIC_API_KEY"), "{check:?}");
        }
        assert_eq!(model_key(&keys, &environment("sk-ant-x"), "claude-opus-5-5").state, CheckState::Ok);
        let local = model_key(&[], &Environment::default(), "openai/qwen3:8b");
        assert!(local.state == CheckState::Ok && !local.found.contains("guide"), "{local:?}");
        assert_eq!(model_key(&[], &Environment::default(), "claude-opus-5-5").state, CheckState::Missing);
    }

    #[tokio::test]
    async fn a_clerk_secret_key_causes_a_warning_and_is_never_shown() {
        let folder = tempfile::tempdir().unwrap();
        let environment = Environment::from_variables(&[("CLERK_SECRET_KEY", "sk_test_hidden")]);
        let profile = Profile::find(Some(folder.path()), &environment).unwrap();
        let checks = doctor(&profile, &environment).await;
        assert!(checks.iter().any(|check| check.found.contains("CLERK_SECRET_KEY is set")));
        assert!(!format!("{checks:?}").contains("sk_test_hidden"));
        assert!(doctor(&profile, &Environment::default()).await.iter().all(|check| check.name != "environment"));
    }
}
