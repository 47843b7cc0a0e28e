//! The processes of one server, its children included: they end together, and with this program, also when that is killed.
//!
//! On Unix they are a process group. Its leader is a shell that waits for the end of its input, whose other end only this program has:
//! the system closes that end whenever this program ends. The shell then kills its own group. The group's number is that of the shell,
//! so as long as it waits the number cannot belong to anyone else, and nothing is looked up by number later. A process that leaves the
//! group (`setsid`) is not reached.
//!
//! On Windows they are in a job, which the system ends with its last handle.

pub(crate) use system::Group;

#[cfg(unix)]
mod system {
    use process_wrap::tokio::{ChildWrapper, CommandWrap};
    use rustix::process::{Pid, Signal, kill_process_group};
    use std::io;
    use std::process::Stdio;
    use tokio::process::{Child, Command};

    /// Survives what a group is asked to do (a request to end is for the others), and kills it at the end of the input.
    const LEADER: &str = "trap '' TERM INT HUP; while read -r line; do :; done; kill -s KILL 0";

    /// A group of processes. Dropping it kills them.
    pub(crate) struct Group {
        /// Not waited for as long as this exists, so its number stays its own.
        leader: Box<Child>,
        number: Pid,
    }

    impl Group {
        /// A group without processes besides its leader.
        pub(crate) fn begin() -> io::Result<Group> {
            let mut leader = Command::new("/bin/sh");
            leader.args(["-c", LEADER, "growqr-tool-server"]).env_clear().current_dir("/").process_group(0);
            leader.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
            let leader = leader.spawn()?;
            let number = leader.id().and_then(|id| Pid::from_raw(i32::try_from(id).ok()?));
            let number = number.ok_or_else(|| io::Error::other("the leader of a group of processes has no number"))?;
            Ok(Group { leader: Box::new(leader), number })
        }

        /// Starts a program in the group.
        pub(crate) fn spawn(&self, mut command: CommandWrap) -> io::Result<Box<dyn ChildWrapper>> {
            command.command_mut().process_group(self.number.as_raw_nonzero().get());
            command.spawn()
        }

        /// Asks all processes to end.
        pub(crate) fn ask_to_end(&self) {
            let _ = kill_process_group(self.number, Signal::TERM);
        }

        /// Kills all processes.
        pub(crate) fn kill(&self, child: &mut dyn ChildWrapper) {
            // An error means that they are gone already.
            let _ = kill_process_group(self.number, Signal::KILL);
            let _ = child.start_kill();
        }
    }

    impl Drop for Group {
        fn drop(&mut self) {
            let _ = kill_process_group(self.number, Signal::KILL);
            // Takes it away, if it has ended already; tokio takes away what ends later.
            let _ = self.leader.try_wait();
        }
    }

    #[cfg(test)]
    mod tests {
        use super::*;
        use std::time::Duration;
        use tokio::io::AsyncReadExt;

        /// A shell in the group with a child that ignores every request to end, and the output of both: it ends with the last of them.
        fn stubborn(group: &Group) -> (Box<dyn ChildWrapper>, tokio::process::ChildStdout) {
            let command = CommandWrap::with_new("/bin/sh", |command| {
                command.args(["-c", "trap '' TERM; sleep 300 & echo started; wait"]);
                command.stdin(Stdio::null()).stdout(Stdio::piped());
            });
            let mut child = group.spawn(command).expect("a shell");
            let output = child.stdout().take().expect("a pipe");
            (child, output)
        }

        async fn started(output: &mut tokio::process::ChildStdout) {
            let mut line = [0; 8];
            output.read_exact(&mut line).await.expect("a line");
            assert_eq!(&line, b"started\n");
        }

        async fn ends(mut output: tokio::process::ChildStdout) -> bool {
            let mut rest = Vec::new();
            tokio::time::timeout(Duration::from_secs(20), output.read_to_end(&mut rest)).await.is_ok()
        }

        #[tokio::test]
        async fn all_processes_of_a_group_end_when_this_program_is_gone() {
            let mut group = Group::begin().unwrap();
            let (_child, mut output) = stubborn(&group);
            started(&mut output).await;
            group.ask_to_end();
            assert!(tokio::time::timeout(Duration::from_millis(300), output.read_u8()).await.is_err(), "it goes on");
            // What the system does when this program is killed.
            drop(group.leader.stdin.take());
            assert!(ends(output).await);
        }

        #[tokio::test]
        async fn a_group_that_is_dropped_leaves_no_process() {
            let group = Group::begin().unwrap();
            let (_child, mut output) = stubborn(&group);
            started(&mut output).await;
            drop(group);
            assert!(ends(output).await);
        }
    }
}

#[cfg(windows)]
mod system {
    use process_wrap::tokio::{ChildWrapper, CommandWrap, CreationFlags, JobObject, KillOnDrop};
    use std::io;
    use windows::Win32::System::Threading::CREATE_NO_WINDOW;

    /// A job; each program that is started gets one of its own, which ends with it.
    pub(crate) struct Group;

    impl Group {
        pub(crate) fn begin() -> io::Result<Group> {
            Ok(Group)
        }

        /// Starts a program in a job.
        pub(crate) fn spawn(&self, mut command: CommandWrap) -> io::Result<Box<dyn ChildWrapper>> {
            // With `KillOnDrop` before it, the system also ends what is in the job when this process is ended.
            command.wrap(KillOnDrop).wrap(CreationFlags(CREATE_NO_WINDOW)).wrap(JobObject);
            command.spawn()
        }

        /// Windows has no such request for programs without a window.
        pub(crate) fn ask_to_end(&self) {}

        /// Kills all processes.
        pub(crate) fn kill(&self, child: &mut dyn ChildWrapper) {
            let _ = child.start_kill();
        }
    }
}
