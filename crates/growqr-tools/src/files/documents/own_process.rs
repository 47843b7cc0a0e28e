//! Reads a PDF document in a process of its own. A small hostile document can take more memory than the computer has: its parser keeps
//! an object for every few bytes of text, also of text that is unpacked many times. Only on Linux has that process a limit of memory: on
//! Windows and macOS it can fill the memory until its time is over, and it ends with the document, whatever happens in it.

use super::pdf::{self, STACK};
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitCode, Stdio};
use std::sync::{OnceLock, mpsc};
use std::thread;
use std::time::Duration;

/// What this program is started with to read a document from its input.
const ARGUMENT: &str = "--growqr-read-pdf";

/// The most memory of the process, in bytes, which only Linux counts so that it helps, and its processor time in seconds: the one who
/// started it may be gone.
#[cfg(unix)]
const MEMORY: u64 = 768 << 20;
#[cfg(unix)]
const PROCESSOR_SECONDS: u64 = 60;

/// The first byte of the answer.
const TEXT: u8 = b'T';
const PROBLEM: u8 = b'P';

/// This program, if it can be started to read documents.
static PROGRAM: OnceLock<PathBuf> = OnceLock::new();

/// The first call of a program that runs agents. If it was started to read a document, reads it, and returns the exit code with which
/// the program must end. Else documents are read by starting this program again from now on.
#[must_use]
pub fn read_pdf_if_asked() -> Option<ExitCode> {
    if std::env::args_os().nth(1).is_some_and(|argument| argument == ARGUMENT) {
        return Some(read_from_input());
    }
    // On Linux this finds the program also after it was updated.
    let program = if cfg!(target_os = "linux") { Ok("/proc/self/exe".into()) } else { std::env::current_exe() };
    if let Ok(program) = program {
        let _ = PROGRAM.set(program);
    }
    None
}

/// The child: the document comes from the input, and the answer goes to the output.
fn read_from_input() -> ExitCode {
    limit_memory();
    let work = || {
        let mut bytes = Vec::new();
        std::io::stdin().read_to_end(&mut bytes).ok()?;
        let (kind, text) = match pdf::read(&bytes) {
            Ok(text) => (TEXT, text),
            Err(problem) => (PROBLEM, problem),
        };
        let mut output = std::io::stdout();
        output.write_all(&[kind]).and_then(|()| output.write_all(text.as_bytes())).and_then(|()| output.flush()).ok()
    };
    let reading = thread::Builder::new().stack_size(STACK).spawn(work);
    let is_read = reading.is_ok_and(|reading| reading.join().ok().flatten().is_some());
    if is_read { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

#[cfg(unix)]
fn limit_memory() {
    use rustix::process::{Resource, Rlimit, setrlimit};
    // Without core dumps: an abort for want of memory is no fault of this program.
    for (resource, most) in [(Resource::Core, 0), (Resource::Cpu, PROCESSOR_SECONDS), (Resource::Data, MEMORY)] {
        let _ = setrlimit(resource, Rlimit { current: Some(most), maximum: Some(most) });
    }
}

#[cfg(not(unix))]
fn limit_memory() {}

/// The text of a document, read by another process. `None` if this program is none that reads documents so.
pub(super) fn text(bytes: &[u8], limit: Duration) -> Option<Result<String, String>> {
    Some(read_by(PROGRAM.get()?, bytes, limit))
}

fn read_by(program: &Path, bytes: &[u8], limit: Duration) -> Result<String, String> {
    let mut command = Command::new(program);
    command.arg(ARGUMENT).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
    #[cfg(windows)]
    std::os::windows::process::CommandExt::creation_flags(&mut command, 0x0800_0000);
    // Not read in this process instead: often it is memory that is short.
    let child = command.spawn().map_err(|error| {
        tracing::error!(%error, "a process that reads a document could not be started");
        "no process can be started to read it; try again".to_owned()
    })?;
    answer_of(child, bytes.to_vec(), limit)
}

fn answer_of(mut child: Child, bytes: Vec<u8>, limit: Duration) -> Result<String, String> {
    let (input, output) = (child.stdin.take(), child.stdout.take());
    let (sender, receiver) = mpsc::channel();
    let talk = move || {
        let mut answer = Vec::new();
        if let (Some(mut input), Some(mut output)) = (input, output) {
            // A process that ends early reads no more.
            let _ = input.write_all(&bytes);
            drop(input);
            let _ = output.read_to_end(&mut answer);
        }
        // The reader may have given up.
        let _ = sender.send(answer);
    };
    let talking = thread::Builder::new().name("pdf".to_owned()).spawn(talk);
    let answer = match talking {
        Ok(_) => receiver.recv_timeout(limit),
        Err(_) => Err(mpsc::RecvTimeoutError::Disconnected),
    };
    let _ = child.kill();
    let ended = child.wait();
    match answer {
        Ok(answer) if answer.is_empty() && !ended.is_ok_and(|status| status.code().is_some()) => {
            Err("it takes too much memory, or is damaged".to_owned())
        }
        Ok(answer) => {
            let text = answer.get(1..).and_then(|text| std::str::from_utf8(text).ok()).map(str::to_owned);
            match (answer.first(), text) {
                (Some(&TEXT), Some(text)) => Ok(text),
                (Some(&PROBLEM), Some(problem)) => Err(problem),
                _ => Err("it is damaged".to_owned()),
            }
        }
        Err(mpsc::RecvTimeoutError::Timeout) => Err(format!("it takes more than {} s", limit.as_secs())),
        Err(mpsc::RecvTimeoutError::Disconnected) => Err("no thread can be started".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_a_process_a_document_is_not_read() {
        let home = tempfile::tempdir().unwrap();
        let problem = read_by(&home.path().join("none"), b"%PDF-1.7", Duration::from_secs(1)).unwrap_err();
        assert!(problem.contains("try again"), "{problem}");
    }
}
