//! A Docker daemon for tests: a `dockerd` of its own folder, socket and containers, started by hand as root. A watchdog stops it
//! and removes its folder, mounts and processes when the test process ends for any reason.

use crate::skipped;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Mutex, OnceLock};
use std::time::{Duration, Instant};
use tempfile::TempDir;

static SHARED: OnceLock<Option<DockerHost>> = OnceLock::new();

/// A running daemon. The value owns it: dropped, the daemon and everything in it is gone.
#[derive(Debug)]
pub struct DockerHost {
    folder: PathBuf,
    daemon: Mutex<Option<Child>>,
    options: Vec<String>,
    /// This process has the other end of its standard input, which closes when the process ends.
    watchdog: Child,
}

/// Stops the daemon, its containers and its containerd, and removes the folder. First argument: the folder.
const CLEAN_UP: &str = r#"
cat >/dev/null
folder=$1
gone() { ! kill -0 "$1" 2>/dev/null; }
pid=$(cat "$folder/pid" 2>/dev/null)
if [ -n "$pid" ] && ! gone "$pid"; then
  kill -CONT "$pid"
  docker -H "unix://$folder/docker.sock" ps -q 2>/dev/null | xargs -r docker -H "unix://$folder/docker.sock" kill >/dev/null 2>&1
  kill -TERM "$pid"
  for _ in $(seq 100); do gone "$pid" && break; sleep 0.1; done
  kill -KILL "$pid" 2>/dev/null
fi
# Processes of this folder only: containerd, the shims and the port proxies name it in their arguments.
for process in /proc/[0-9]*; do
  id=${process#/proc/}
  [ "$id" = "$$" ] && continue
  if tr '\0' ' ' <"$process/cmdline" 2>/dev/null | grep -qF "$folder/"; then kill -KILL "$id" 2>/dev/null; fi
done
# The bridges of its networks stay when a daemon ends, and the address ranges of this machine run out.
for bridge in $(grep -aoE 'br-[0-9a-f]{12}' "$folder/data/network/files/local-kv.db" 2>/dev/null | sort -u); do
  ip link delete "$bridge" 2>/dev/null
done
ip link delete "gq-${folder##*-}" 2>/dev/null
sleep 0.2
grep -F " $folder" /proc/mounts | cut -d' ' -f2 | sort -r | xargs -r -n1 umount -l 2>/dev/null
rm -rf "$folder"
"#;

impl DockerHost {
    /// One daemon for this test process, for tests that do not stop it. `None`, and the tests are reported as skipped, if none
    /// can be started.
    ///
    /// # Panics
    /// If none can be started and `GROWQR_REQUIRE_DOCKER` is set.
    #[must_use]
    pub fn shared() -> Option<&'static DockerHost> {
        let host = SHARED.get_or_init(|| DockerHost::start_new(Kind::Shared)).as_ref();
        required_or_skipped(host.is_some());
        host
    }

    /// A daemon of its own, for tests that stop, kill or freeze it, with a bridge of its own. `None` as for [`DockerHost::shared`].
    ///
    /// # Panics
    /// If none can be started and `GROWQR_REQUIRE_DOCKER` is set, or the bridge cannot be made.
    #[must_use]
    pub fn own() -> Option<DockerHost> {
        let host = DockerHost::start_new(Kind::Own);
        required_or_skipped(host.is_some());
        host
    }

    fn start_new(kind: Kind) -> Option<DockerHost> {
        let has = |program: &str| Command::new(program).arg("--version").output().is_ok_and(|out| out.status.success());
        let is_root = Command::new("id").arg("-u").output().is_ok_and(|out| out.stdout.trim_ascii() == b"0");
        if !is_root || !has("dockerd") || !has("docker") || !has("iptables") {
            return None;
        }
        let folder = TempDir::with_prefix("growqr-docker-").expect("a temporary folder").keep();
        let mut shell = Command::new("sh");
        // In a group of its own: Ctrl-C ends the tests, not their clean-up.
        in_own_group(&mut shell);
        shell.args(["-c", CLEAN_UP, "sh"]).arg(&folder);
        let watchdog = shell.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("a shell");
        let options = kind.options(&folder);
        let host = DockerHost { folder, daemon: Mutex::new(None), options, watchdog };
        host.start();
        Some(host)
    }

    /// The path of its socket.
    #[must_use]
    pub fn socket(&self) -> PathBuf {
        self.folder.join("docker.sock")
    }

    /// The value for `DOCKER_HOST`.
    #[must_use]
    pub fn address(&self) -> String {
        format!("unix://{}", self.socket().display())
    }

    /// Runs the `docker` command on this daemon and returns its standard output without the last line break.
    ///
    /// # Panics
    /// If the command fails.
    pub fn docker(&self, arguments: &[&str]) -> String {
        self.try_docker(arguments).unwrap_or_else(|error| panic!("docker {arguments:?}: {error}"))
    }

    /// As [`Self::docker`], for objects that may be gone by now.
    ///
    /// # Errors
    /// The command's standard error, if it fails.
    pub fn try_docker(&self, arguments: &[&str]) -> Result<String, String> {
        let output = self.command().args(arguments).output().expect("docker starts");
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim_end().to_owned();
        if output.status.success() { Ok(text(&output.stdout)) } else { Err(text(&output.stderr)) }
    }

    fn command(&self) -> Command {
        let mut command = Command::new("docker");
        // The person's own contexts and variables do not matter here.
        command.env_remove("DOCKER_CONTEXT").env_remove("DOCKER_HOST").env("DOCKER_CONFIG", self.folder.join("config"));
        command.args(["-H", &self.address()]);
        command
    }

    /// Makes an image with the tools of busybox. `changes` are instructions as in a Dockerfile: `ENTRYPOINT ["sh", "-c"]`.
    /// `files` are added to it: path and content, all executable.
    ///
    /// # Panics
    /// If busybox is missing or the import fails.
    pub fn import_image(&self, name: &str, changes: &[&str], files: &[(&str, &str)]) {
        let root = TempDir::new().expect("a temporary folder");
        for folder in ["bin", "etc", "tmp", "proc", "sys", "dev"] {
            std::fs::create_dir(root.path().join(folder)).expect("a folder");
        }
        std::fs::copy("/bin/busybox", root.path().join("bin/busybox")).expect("busybox-static is installed");
        // As in every usual image. A tmpfs there takes over this mode, whatever its options say (runc 1.1.5).
        run(Command::new("chmod").arg("1777").arg(root.path().join("tmp")));
        let install = format!(
            "cd {} && for tool in $(/bin/busybox --list); do ln -s busybox bin/$tool 2>/dev/null; done; true",
            root.path().display()
        );
        run(Command::new("sh").args(["-c", &install]));
        std::fs::write(root.path().join("etc/passwd"), "root:x:0:0::/:/bin/sh\nuser:x:1000:1000::/:/bin/sh\n").expect("a file");
        std::fs::write(root.path().join("etc/group"), "root:x:0:\nuser:x:1000:\n").expect("a file");
        for (path, content) in files {
            let file = root.path().join(path.trim_start_matches('/'));
            std::fs::create_dir_all(file.parent().expect("it is in the root")).expect("a folder");
            std::fs::write(&file, content).expect("a file");
            run(Command::new("chmod").arg("755").arg(&file));
        }
        self.import_folder(name, root.path(), changes);
    }

    /// Makes an image from the root folder of a file system.
    ///
    /// # Panics
    /// If the import fails.
    pub fn import_folder(&self, name: &str, root: &Path, changes: &[&str]) {
        let mut archive =
            Command::new("tar").arg("-C").arg(root).args(["-c", "."]).stdout(Stdio::piped()).spawn().expect("tar starts");
        let mut import = self.command();
        import.arg("import");
        for change in changes {
            import.args(["--change", change]);
        }
        import.args(["-", name]).stdin(archive.stdout.take().expect("it is piped"));
        run(&mut import);
        assert!(archive.wait().is_ok_and(|status| status.success()), "tar fails");
    }

    /// Starts the daemon, again after it was stopped or killed, and waits until it answers.
    ///
    /// # Panics
    /// If it does not answer within a minute.
    pub fn start(&self) {
        let path = |name: &str| self.folder.join(name);
        // Left over after a kill. With it the next start waits for a process that has gone.
        let _ = std::fs::remove_file(path("exec/containerd/containerd.pid"));
        let _ = std::fs::remove_file(path("pid"));
        let log = std::fs::OpenOptions::new().create(true).append(true).open(path("log")).expect("a log file");
        let mut dockerd = Command::new("dockerd");
        dockerd.arg("--data-root").arg(path("data")).arg("--exec-root").arg(path("exec")).arg("--pidfile").arg(path("pid"));
        dockerd.args(["-H", &self.address()]).args(&self.options).env("TMPDIR", &self.folder);
        in_own_group(&mut dockerd);
        let error_log = log.try_clone().expect("a second handle");
        let child = dockerd.stdin(Stdio::null()).stdout(log).stderr(error_log).spawn().expect("dockerd starts");
        *self.daemon() = Some(child);
        self.wait_for("an answer", || self.command().arg("version").output().is_ok_and(|out| out.status.success()));
    }

    /// Stops the daemon as the system does: its containers are stopped, too.
    ///
    /// # Panics
    /// If it does not end within a minute.
    pub fn stop(&self) {
        self.signal("TERM");
        self.wait_for_end();
    }

    /// Kills the daemon. Its containers go on until it starts again.
    ///
    /// # Panics
    /// If it does not end.
    pub fn kill(&self) {
        self.signal("KILL");
        self.wait_for_end();
    }

    /// Freezes the daemon: it takes calls and says nothing.
    ///
    /// # Panics
    /// If it cannot be frozen.
    pub fn freeze(&self) {
        self.signal("STOP");
        // The signal is not taken at once by every thread.
        let stopped = format!("/proc/{}/stat", self.pid());
        self.wait_for("the freeze", || {
            std::fs::read_to_string(&stopped).is_ok_and(|stat| stat.rsplit(')').next().is_some_and(|rest| rest.starts_with(" T")))
        });
    }

    /// Lets a frozen daemon go on.
    pub fn thaw(&self) {
        self.signal("CONT");
    }

    fn pid(&self) -> u32 {
        self.daemon().as_ref().expect("the daemon was started").id()
    }

    fn signal(&self, signal: &str) {
        run(Command::new("kill").args([&format!("-{signal}"), &self.pid().to_string()]));
    }

    fn wait_for_end(&self) {
        let mut daemon = self.daemon().take().expect("the daemon was started");
        self.wait_for("the end", || daemon.try_wait().is_ok_and(|status| status.is_some()));
    }

    fn daemon(&self) -> std::sync::MutexGuard<'_, Option<Child>> {
        self.daemon.lock().expect("no test panics while it has the lock")
    }

    #[expect(clippy::disallowed_methods, reason = "tests measure real time")]
    fn wait_for(&self, what: &str, mut done: impl FnMut() -> bool) {
        let start = Instant::now();
        while !done() {
            let log = || std::fs::read_to_string(self.folder.join("log")).unwrap_or_default();
            assert!(start.elapsed() < Duration::from_secs(60), "dockerd: no {what} within a minute:\n{}", log());
            std::thread::sleep(Duration::from_millis(50));
        }
    }
}

impl Drop for DockerHost {
    fn drop(&mut self) {
        drop(self.watchdog.stdin.take());
        let _ = self.watchdog.wait();
        if let Some(mut daemon) = self.daemon().take() {
            let _ = daemon.wait();
        }
    }
}

/// Whom a daemon is for.
enum Kind {
    Shared,
    Own,
}

impl Kind {
    /// A daemon that starts clears the firewall chains that all daemons of a machine share, under the feet of the others. So only
    /// the shared one uses the firewall and the machine's default bridge.
    fn options(&self, folder: &Path) -> Vec<String> {
        let options: &[&str] = match self {
            // Small networks: the default ranges are enough for 31 networks on the whole machine. A daemon that starts again with
            // such an option removes the machine's default bridge, as one without a bridge does.
            Kind::Shared => &["--default-address-pool", "base=10.213.0.0/16,size=24"],
            Kind::Own => &["--iptables=false", "--bridge", &make_bridge(folder)],
        };
        options.iter().map(|option| (*option).to_owned()).collect()
    }
}

/// Makes a bridge with an address of its own. [`CLEAN_UP`] removes it: its name comes from the folder.
fn make_bridge(folder: &Path) -> String {
    let folder = folder.display().to_string();
    let name = format!("gq-{}", folder.rsplit('-').next().expect("the folder has a dash"));
    let ip = |arguments: &[&str]| run(Command::new("ip").args(arguments));
    let used = Command::new("ip").args(["-o", "-4", "address"]).output().expect("ip starts").stdout;
    let used = String::from_utf8_lossy(&used).into_owned();
    let number = (0..=255).find(|number| !used.contains(&format!(" 10.214.{number}."))).expect("a range is free");
    ip(&["link", "add", &name, "type", "bridge"]);
    ip(&["address", "add", &format!("10.214.{number}.1/24"), "dev", &name]);
    ip(&["link", "set", &name, "up"]);
    name
}

fn required_or_skipped(is_there: bool) {
    if !is_there {
        assert!(std::env::var_os("GROWQR_REQUIRE_DOCKER").is_none(), "Docker is required, but no daemon can be started");
        skipped("every test on Docker: needs root, dockerd, docker and iptables");
    }
}

#[cfg(unix)]
fn in_own_group(command: &mut Command) {
    std::os::unix::process::CommandExt::process_group(command, 0);
}

#[cfg(not(unix))]
fn in_own_group(_: &mut Command) {}

fn run(command: &mut Command) {
    let output = command.stdout(Stdio::piped()).stderr(Stdio::piped()).output().expect("the program starts");
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
}
