//! A daemon with stand-ins for both images, and a stack on it.

use growqr_core::secret::Secret;
use growqr_stack::find::{Environment, System};
use growqr_stack::{Daemon, GiteaSettings, OpenCodeSettings, Scope, Stack, Wanted, gitea_spec, opencode_spec};
use growqr_testkit::DockerHost;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, OnceLock};

pub const GITEA: &str = "growqr-test/gitea:1";
pub const OPENCODE: &str = "growqr-test/opencode:1";
/// Random credentials in these tests hold this word, to find where they get to.
pub const CANARY: &str = "canary5f1c";

/// Both stand-ins write where the real program writes, with read-only root and no capabilities, and then serve HTTP.
const GITEA_PROGRAM: &str = "#!/bin/sh
set -e
echo gitea starts; mkdir -p /tmp/gitea /var/lib/gitea/git; date >>/var/lib/gitea/git/starts; echo x >>/etc/gitea/app.ini
echo ok >/tmp/gitea/index.html; exec httpd -f -p 3000 -h /tmp/gitea
";
const OPENCODE_PROGRAM: &str = "#!/bin/sh
set -e
echo opencode \"$@\"; mkdir -p \"$XDG_DATA_HOME/opencode\" \"$XDG_CACHE_HOME\"; date >>\"$XDG_DATA_HOME/starts\"; touch /workspace/here
if [ \"$1\" = eat ]; then exec dd if=/dev/zero of=/tmp/big bs=1M count=400; fi
[ \"$1\" = serve ]; test -r \"$XDG_CONFIG_HOME/opencode/opencode.json\"
if touch \"$XDG_CONFIG_HOME/opencode/x\" 2>/dev/null; then echo the configuration directory is writable; exit 9; fi
mkdir /tmp/www; echo ok >/tmp/www/index.html; exec httpd -f -p 4096 -h /tmp/www
";

/// The daemon that tests share, with the images.
pub fn shared() -> Option<&'static DockerHost> {
    static IMAGES: OnceLock<()> = OnceLock::new();
    let host = DockerHost::shared()?;
    IMAGES.get_or_init(|| import_images(host));
    Some(host)
}

/// Neither image has the folders of its volumes: they get their owner from the seed.
pub fn import_images(host: &DockerHost) {
    host.import_image(GITEA, &["ENTRYPOINT [\"/bin/start-gitea\"]", "USER 1000:1000"], &[("/bin/start-gitea", GITEA_PROGRAM)]);
    host.import_image(OPENCODE, &["ENTRYPOINT [\"/bin/start-opencode\"]"], &[("/bin/start-opencode", OPENCODE_PROGRAM)]);
}

/// Connects as the program does: by `DOCKER_HOST`.
pub async fn connect(host: &DockerHost) -> Daemon {
    Daemon::find(&environment(&host.address())).await.unwrap()
}

pub fn environment(docker_host: &str) -> Environment {
    let variables = [("DOCKER_HOST".to_owned(), docker_host.to_owned())].into();
    Environment { variables, home: std::env::home_dir(), system: System::current() }
}

/// A stack of a fresh profile on the shared daemon.
pub async fn stack(host: &DockerHost) -> Stack {
    static PROFILES: AtomicU32 = AtomicU32::new(0);
    let profile = format!("p{}", PROFILES.fetch_add(1, Ordering::Relaxed));
    Stack::new(connect(host).await, Scope::new("install", profile))
}

/// Both containers, on free ports.
pub fn wanted() -> Wanted {
    wanted_at([free_port(), free_port()])
}

pub fn wanted_at([gitea, opencode]: [u16; 2]) -> Wanted {
    let secret = |name: &str| Secret::new(format!("{CANARY}-{name}"));
    let gitea = GiteaSettings { image: GITEA.to_owned(), ..GiteaSettings::new(gitea, secret("key")) };
    let opencode = OpenCodeSettings {
        image: OPENCODE.to_owned(),
        memory: 64 << 20,
        ..OpenCodeSettings::new(opencode, secret("password"), Secret::new("{}"))
    };
    Wanted { gitea: Some(gitea_spec(&gitea)), opencode: Some(opencode_spec(&opencode)), ..Wanted::default() }
}

/// A port that is free now and was not given out before in this process.
pub fn free_port() -> u16 {
    static GIVEN: Mutex<Vec<u16>> = Mutex::new(Vec::new());
    let mut given = GIVEN.lock().unwrap();
    loop {
        let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        if !given.contains(&port) {
            given.push(port);
            return port;
        }
    }
}

/// Whether the program behind a port answers. Docker's proxy takes connections before it does.
pub async fn answers(port: u16) {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let once = async || {
        let mut stream = tokio::net::TcpStream::connect(("127.0.0.1", port)).await.ok()?;
        stream.write_all(b"GET / HTTP/1.0\r\n\r\n").await.ok()?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.ok()?;
        answer.contains("ok").then_some(())
    };
    let until = async {
        while once().await.is_none() {
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(std::time::Duration::from_secs(20), until).await.expect("the program answers");
}
