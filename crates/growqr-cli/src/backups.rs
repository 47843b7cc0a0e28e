//! `growqr backup` and `growqr restore`.

use crate::CommandResult;
use crate::print::{Out, sanitized_line};
use growqr_app::{Library, Profile, local_now};
use growqr_wire::Backup;
use std::path::{Path, PathBuf};

pub async fn back_up(profile: Profile, out: &Out, to: Option<PathBuf>) -> CommandResult {
    let to = to.unwrap_or_else(|| PathBuf::from("."));
    let backup = Library::open_all(profile).await?.back_up(&to, local_now().0).await?;
    out.row(&backup, || format!("{}  {}", sanitized_line(&backup.file), contents(&backup)));
    notices(out, &backup);
    Ok(true)
}

pub async fn restore(profile: Profile, out: &Out, file: &Path) -> CommandResult {
    let restored = growqr_app::restore(&profile, file).await?;
    out.row(&restored, || format!("{}  {}", sanitized_line(&restored.folder), contents(&restored.backup)));
    notices(out, &restored.backup);
    if !out.is_json() {
        left_out(out, "not restored", &restored.left_out, restored.more_left_out);
        if let Some(damage) = &restored.damage {
            out.notice(&sanitized_line(&format!("the journal was damaged already when it was backed up: {damage}")));
        }
        for off in &restored.turned_off {
            out.notice(&sanitized_line(&format!("turned off: {}. {}", off.what, off.next_step)));
        }
        if restored.needs_sign_in {
            out.notice("To open it, sign in with the same account: growqr auth sign-in");
        }
        out.notice("Keys are not in backups: set them again with growqr keys set, or in the settings.");
    }
    Ok(true)
}

fn contents(backup: &Backup) -> String {
    format!("{} events, {} files of memory", backup.events, backup.memory_files)
}

/// Says what is not in the backup.
fn notices(out: &Out, backup: &Backup) {
    if out.is_json() {
        return;
    }
    if let Some(server) = &backup.database_server {
        out.notice(&format!(
            "Conversations and settings are in {} and not in the backup: back them up there, with pg_dump.",
            sanitized_line(server)
        ));
    }
    left_out(out, "not in the backup", &backup.left_out, backup.more_left_out);
}

fn left_out(out: &Out, what: &str, named: &[String], more: u64) {
    for left in named {
        out.notice(&format!("{what}: {}", sanitized_line(left)));
    }
    if more > 0 {
        out.notice(&format!("{what}: {more} more"));
    }
}
