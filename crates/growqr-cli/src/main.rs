//! The `growqr` command line: the same app as the window, in a terminal.
//!
//! Exit code 0: done; 1: failed; 2: wrong usage. Results go to standard output, logs and notices to standard error.
//! Only this file sets up logging and the runtime.

mod agent_tree;
mod agents;
mod args;
mod asks;
mod attach;
mod auth;
mod backups;
mod browser;
mod change_requests;
mod chat;
mod folders;
mod fresh;
mod inbox;
mod inspect;
mod keys;
mod logs;
mod memory;
mod memory_undo;
mod missing_host;
mod new_tool_server;
mod orphans;
mod page_parts;
mod page_text;
mod print;
mod progress;
mod prompt;
mod quest;
mod quick;
mod rules;
mod schedule;
mod searching;
mod settings;
mod skills;
mod stack;
mod stack_work;
mod timeline;
mod tool_sign_in;
mod tool_state;
mod tools;
mod transcript;
mod work_files;

use args::{Cli, Command};
use clap::{CommandFactory, Parser};
use growqr_app::{AppError, Environment, Profile};
use print::Out;
use std::process::ExitCode;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::prelude::*;

/// The result of a command. `Ok(false)`: the command ran but did not succeed, and has already printed why.
type CommandResult = Result<bool, AppError>;

/// How long the end of the program waits for work that blocks.
const SHUTDOWN_LIMIT: std::time::Duration = std::time::Duration::from_secs(1);

fn main() -> ExitCode {
    if let Some(done) = growqr_app::read_pdf_if_asked() {
        return done;
    }
    let cli = Cli::parse();
    log_to_stderr();
    growqr_app::no_core_dumps();
    let out = Out::new(cli.json);
    let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("growqr: the async runtime could not be started: {error}");
            return ExitCode::FAILURE;
        }
    };
    let done = runtime.block_on(run(cli, &out));
    // A transfer of memory may still wait for a server that does not answer. What it does can be interrupted.
    runtime.shutdown_timeout(SHUTDOWN_LIMIT);
    match done {
        Ok(true) if out.has_failed() => ExitCode::FAILURE,
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            out.error(error);
            ExitCode::FAILURE
        }
    }
}

async fn run(cli: Cli, out: &Out) -> CommandResult {
    let environment = Environment::from_process();
    let profile = || Profile::find(cli.data_dir.as_deref(), &environment);
    match cli.command {
        Command::Chat(chat) => chat::run(profile()?, &environment, out, chat).await,
        Command::Fresh => fresh::fresh(profile()?, &environment, out).await,
        Command::Export(export) => inspect::export(profile()?, out, &export).await,
        Command::Backup { to } => backups::back_up(profile()?, out, to).await,
        Command::Restore { file } => backups::restore(profile()?, out, &file).await,
        Command::Agents(command) => agents::agents(profile()?, &environment, out, command).await,
        Command::Asks(command) => asks::asks(profile()?, &environment, out, command).await,
        Command::Inbox { read } => inbox::inbox(profile()?, &environment, out, read).await,
        Command::Rules(command) => rules::rules(profile()?, &environment, out, command).await,
        Command::Tools(command) => tools::tools(profile()?, &environment, out, command).await,
        Command::Quest(command) => quest::quest(profile()?, &environment, out, command).await,
        Command::Schedule(command) => schedule::schedule(profile()?, &environment, out, command).await,
        Command::Folders(command) => folders::folders(profile()?, &environment, out, command).await,
        Command::Skills(command) => skills::skills(profile()?, &environment, out, command).await,
        Command::Memory(command) => memory::memory(profile()?, &environment, out, command).await,
        Command::Logs(logs) => logs::logs(profile()?, &environment, out, logs).await,
        Command::Events(events) => inspect::events(profile()?, out, events).await,
        Command::Search(search) => searching::search(profile()?, out, &search).await,
        Command::Keys(command) => keys::keys(profile()?, &environment, out, command).await,
        Command::Models => inspect::models(profile()?, &environment, out).await,
        Command::Auth(command) => auth::auth(profile()?, &environment, out, command).await,
        Command::Stack(command) => stack::stack(profile()?, &environment, out, command).await,
        Command::Config(command) => settings::config(profile()?, &environment, out, command).await,
        Command::Budget(command) => settings::budget(profile()?, &environment, out, command).await,
        Command::Audit(args::Audit::Verify) => inspect::verify(profile()?, out).await,
        Command::Db(command) => inspect::db(profile()?, out, command).await,
        Command::Doctor => inspect::doctor(profile()?, &environment, out).await,
        Command::Privacy => inspect::privacy(profile()?, &environment, out).await,
        Command::Quick => quick::quick(cli.data_dir.as_deref()).await,
        Command::Completions { shell } => {
            let mut script = Vec::new();
            clap_complete::generate(shell, &mut Cli::command(), "growqr", &mut script);
            out.raw(&String::from_utf8_lossy(&script));
            Ok(true)
        }
    }
}

/// Logs the program's own warnings and errors to standard error, or what `RUST_LOG` selects (`debug`, `growqr_app=debug,warn`).
fn log_to_stderr() {
    let filter = std::env::var("RUST_LOG").ok().and_then(|text| text.parse::<Targets>().ok());
    let targets = filter.unwrap_or_else(|| Targets::new().with_target("growqr", tracing::Level::WARN));
    let lines = tracing_subscriber::fmt::layer().with_writer(std::io::stderr).with_ansi(false).without_time().with_target(false);
    tracing_subscriber::registry().with(lines.with_filter(targets)).init();
}
