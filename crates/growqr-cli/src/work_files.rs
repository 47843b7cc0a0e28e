//! The `growqr stack files` commands: the files of sub-agents in the workbench.

use crate::CommandResult;
use crate::args::Files;
use crate::print::{Out, sanitized_line};
use growqr_app::{AppError, Environment, Profile, copy_work_file, export_work_files, send_request};
use growqr_wire::{Reply, Request};
use std::fs::File;
use std::io::Write;
use std::path::Path;

pub async fn files(profile: Profile, environment: &Environment, out: &Out, command: Files) -> CommandResult {
    match command {
        Files::List { agent } => list(profile, environment, out, agent).await,
        Files::Get { agent, path, output } => {
            let mut to = Target::open(output.as_deref())?;
            let copied = copy_work_file(&profile, environment, &agent, &path, to.writer()).await;
            to.finish(out, copied)
        }
        Files::Export { file } => export(&profile, environment, out, &file).await,
    }
}

/// Copies the files of all sub-agents into a new file.
async fn export(profile: &Profile, environment: &Environment, out: &Out, file: &Path) -> CommandResult {
    export_after(profile, environment, out, file, std::future::ready(Ok(()))).await
}

/// Copies the files of all sub-agents into a new file once something else is done. That is not begun if the file cannot be made.
pub async fn export_after(
    profile: &Profile,
    environment: &Environment,
    out: &Out,
    file: &Path,
    first: impl Future<Output = Result<(), AppError>>,
) -> CommandResult {
    let mut to = Target::open((file != Path::new("-")).then_some(file))?;
    let copied = match first.await {
        Ok(()) => export_work_files(profile, environment, to.writer()).await,
        Err(error) => Err(error),
    };
    to.finish(out, copied)
}

async fn list(profile: Profile, environment: &Environment, out: &Out, agent: String) -> CommandResult {
    let Reply::WorkFiles { files } = send_request(profile, environment, Request::WorkFiles { agent }).await? else {
        return Err(AppError::Internal("an unexpected reply".to_owned()));
    };
    for file in &files {
        out.row(file, || format!("+{:<6} -{:<6} {}", file.added, file.removed, sanitized_line(&file.path)));
    }
    Ok(true)
}

/// Where a copy goes.
pub enum Target<'a> {
    Output(std::io::Stdout),
    New(&'a Path, File),
}

impl<'a> Target<'a> {
    /// A new file, or standard output. A file that exists is not touched.
    pub fn open(file: Option<&'a Path>) -> Result<Target<'a>, AppError> {
        let Some(path) = file else { return Ok(Target::Output(std::io::stdout())) };
        let made = File::create_new(path).map_err(|error| {
            let message = format!("{} cannot be created: {error}", path.display());
            AppError::BadRequest { message, next_step: "Choose another file.".to_owned() }
        })?;
        Ok(Target::New(path, made))
    }

    pub fn writer(&mut self) -> &mut (dyn Write + Send) {
        match self {
            Target::Output(output) => output,
            Target::New(_, file) => file,
        }
    }

    /// Says how much was copied, once it is on the disk. Half of a copy does not stay.
    pub fn finish(self, out: &Out, copied: Result<u64, AppError>) -> CommandResult {
        let Target::New(path, file) = self else { return copied.map(|_| true) };
        let copied = copied.and_then(|bytes| file.sync_all().map(|()| bytes).map_err(|error| unwritten(path, &error)));
        drop(file);
        match copied {
            Ok(bytes) => {
                out.notice(&format!("{bytes} bytes copied to {}", path.display()));
                Ok(true)
            }
            Err(error) => {
                // The error says enough.
                let _ = std::fs::remove_file(path);
                Err(error)
            }
        }
    }
}

fn unwritten(path: &Path, error: &std::io::Error) -> AppError {
    let message = format!("{} cannot be written: {error}", path.display());
    AppError::BadRequest { message, next_step: "Make room on the disk, or choose another place.".to_owned() }
}
