//! The `PATH` of the person's login shell. Programs that are started from a dock or a menu have a short one, without the folders that
//! nvm, fnm, asdf and others add in the shell's startup files.

use std::ffi::OsString;
use tokio::sync::OnceCell;

static PATH: OnceCell<Option<OsString>> = OnceCell::const_new();

/// That `PATH`, asked for once. `None` if this program was started from a terminal, whose `PATH` it has, or the shell does not say.
pub(crate) async fn path() -> Option<OsString> {
    PATH.get_or_init(ask).await.clone()
}

#[cfg(unix)]
async fn ask() -> Option<OsString> {
    let is_in_terminal = std::env::var_os("TERM").is_some_and(|terminal| !terminal.is_empty() && terminal != "dumb");
    let shell = std::env::var_os("SHELL").filter(|_| !is_in_terminal)?;
    unix::ask_shell(&shell, unix::LIMIT).await
}

/// Windows has one `PATH` for all programs.
#[cfg(windows)]
async fn ask() -> Option<OsString> {
    None
}

#[cfg(unix)]
mod unix {
    use process_wrap::tokio::{ChildWrapper, CommandWrap, ProcessGroup};
    use std::ffi::{OsStr, OsString};
    use std::os::unix::ffi::OsStringExt;
    use std::process::Stdio;
    use std::time::Duration;
    use tokio::io::{AsyncRead, AsyncReadExt};

    /// How long the startup files of the shell may take.
    pub(super) const LIMIT: Duration = Duration::from_secs(3);

    /// Startup files may print as well.
    const BEGIN: &[u8] = b"<growqr-path>";
    const END: &[u8] = b"</growqr-path>";
    const QUESTION: &str = "printf '<growqr-path>%s</growqr-path>' \"$PATH\"";

    /// The most bytes that are read of what the shell prints.
    const MAX_BYTES: usize = 1 << 20;

    pub(super) async fn ask_shell(shell: &OsStr, limit: Duration) -> Option<OsString> {
        let mut command = CommandWrap::with_new(shell, |command| {
            command.args(["-lic", QUESTION]).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
        });
        command.wrap(ProcessGroup::leader());
        let mut child = command.spawn().ok()?;
        let output = child.stdout().take()?;
        let answer = tokio::time::timeout(limit, answer(output)).await.ok().flatten();
        stop(child);
        answer
    }

    /// Ends the shell if it goes on, with all that its startup files have started in its group.
    fn stop(mut child: Box<dyn ChildWrapper>) {
        let _ = child.start_kill();
        // Takes the ended process away, so that it does not stay as a zombie.
        tokio::spawn(async move { child.wait().await });
    }

    async fn answer(mut output: impl AsyncRead + Unpin) -> Option<OsString> {
        let mut said = Vec::new();
        loop {
            if let Some(path) = between_marks(&said) {
                return Some(OsString::from_vec(path.to_vec()));
            }
            if said.len() > MAX_BYTES || output.read_buf(&mut said).await.ok()? == 0 {
                return None;
            }
        }
    }

    fn between_marks(said: &[u8]) -> Option<&[u8]> {
        let find = |text: &[u8], mark: &[u8]| text.windows(mark.len()).position(|part| part == mark);
        let after = &said[find(said, BEGIN)? + BEGIN.len()..];
        find(after, END).map(|end| &after[..end]).filter(|path| !path.is_empty())
    }

    #[cfg(test)]
    mod tests {
        use super::*;
        use tokio::time::Instant;

        #[tokio::test]
        async fn the_shell_says_its_path_among_other_things() {
            let path = ask_shell(OsStr::new("sh"), Duration::from_secs(20)).await.unwrap();
            assert!(std::env::split_paths(&path).any(|folder| folder.ends_with("bin")), "{path:?}");
            let said = b"Welcome!\n<growqr-path>/a b:/c</growqr-path>\n";
            assert_eq!(answer(&said[..]).await.unwrap(), "/a b:/c");
            assert_eq!(answer(&b"<growqr-path></growqr-path>"[..]).await, None);
        }

        #[tokio::test]
        async fn a_shell_that_does_not_answer_is_given_up() {
            let began = Instant::now();
            // Reads no command line: it prints and goes on for ever.
            assert_eq!(ask_shell(OsStr::new("yes"), Duration::from_millis(200)).await, None);
            assert_eq!(ask_shell(OsStr::new("no-such-shell"), LIMIT).await, None);
            assert!(began.elapsed() < Duration::from_secs(10));
        }
    }
}
