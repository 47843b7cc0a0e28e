//! The entry point of the desktop program. Only this file configures logging.
#![cfg_attr(not(debug_assertions), windows_subsystem = "windows")]

use std::process::ExitCode;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::prelude::*;

fn main() -> ExitCode {
    if let Some(done) = growqr_app::read_pdf_if_asked() {
        return done;
    }
    log_to_stderr();
    growqr_app::no_core_dumps();
    growqr_desktop_lib::run()
}

/// Logs to standard error. The filter is `RUST_LOG` (for example `growqr_app=debug,warn`); the default is the program's own
/// warnings and errors.
fn log_to_stderr() {
    let configured = std::env::var("RUST_LOG").ok().and_then(|text| text.parse::<Targets>().ok());
    let targets = configured.unwrap_or_else(|| Targets::new().with_target("growqr", tracing::Level::WARN));
    let lines = tracing_subscriber::fmt::layer().with_writer(|| growqr_desktop_lib::OwnStderr).with_ansi(false).without_time();
    tracing_subscriber::registry().with(lines.with_filter(targets)).init();
}
