//! Keys must not leak. The tests use keys that are easy to find, play the whole story with every log enabled, and then
//! search all files and all output for the keys. A key may be in the keychain and nowhere else. The same applies to the
//! secrets of a sign-in.
//!
//! Not searched: the process's own environment, which belongs to the person, and what a client sends over this user's
//! socket. What the host sends back is searched.
#![cfg(target_os = "linux")]

use crate::program::{Program, Ran, kill, run_with};
use crate::sign_in::sign_in_with_browser;
use crate::story::{MESSAGES, model};
use growqr_testkit::DesktopSession;
use growqr_testkit::anthropic::{Point, Script, StopPoint, calls, says};
use growqr_testkit::clerk::{ClerkStub, Key, Sign, User};
use growqr_testkit::mcp::oauth::OauthMcp;
use serde_json::Value;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::rc::Rc;

/// A key that the provider refuses. It has characters that URLs escape, so that its encoding in a URL differs.
const WRONG: &str = "sk-ant-api03-canary+wrong/key=0000";

/// A person's computer. All output of commands is kept, to be searched.
struct Watched {
    program: Program,
    session: DesktopSession,
    clerk: Option<Rc<ClerkStub>>,
    outputs: Vec<(String, Vec<u8>)>,
}

impl Watched {
    fn new(session: DesktopSession) -> Watched {
        let data = session.home().join("data");
        std::fs::create_dir_all(data.join("tmp")).expect("an empty home");
        Watched { program: Program::in_folder(&data), session, clerk: None, outputs: Vec::new() }
    }

    /// A command with this key in its environment. Every file that it writes is in the session's folder.
    fn command(&self, key: Option<&str>, args: &[&str]) -> Command {
        let mut command = self.program.command(args);
        self.session.enter(&mut command);
        command.env_remove("ANTHROPIC_API_KEY").envs(key.map(|key| ("ANTHROPIC_API_KEY", key)));
        let tmp = self.program.folder().join("tmp");
        if let Some(clerk) = &self.clerk {
            command.env("CLERK_ISSUER", clerk.issuer()).env("CLERK_OAUTH_CLIENT_ID", clerk.client_id());
        }
        command.env("RUST_LOG", "trace").env("RUST_BACKTRACE", "full").env("TMPDIR", &tmp).current_dir(&tmp);
        command
    }

    fn run(&mut self, key: Option<&str>, args: &[&str], input: &str) -> (Option<i32>, String) {
        let ran = run_with(self.command(key, args), input.as_bytes());
        self.record(args, ran)
    }

    /// Signs in with every log enabled, and presses Allow or Deny in the browser.
    fn sign_in(&mut self, flags: &[&str], allows: bool) -> Option<i32> {
        self.with_browser(&[&["auth", "sign-in", "--no-browser"], flags].concat(), allows)
    }

    /// Runs a command that waits for the browser, in which Allow or Deny is pressed.
    fn with_browser(&mut self, args: &[&str], allows: bool) -> Option<i32> {
        let ran = sign_in_with_browser(self.command(None, args), allows);
        self.record(args, ran).0
    }

    fn record(&mut self, args: &[&str], ran: Ran) -> (Option<i32>, String) {
        let out = ran.out.clone();
        self.outputs.push((format!("{args:?}"), [ran.out.into_bytes(), ran.err.into_bytes()].concat()));
        (ran.code, out)
    }

    fn record_output(&mut self, what: &str, child: Child) {
        let output = child.wait_with_output().expect("a child of ours");
        self.outputs.push((what.to_owned(), [output.stdout, output.stderr].concat()));
    }

    /// Runs every command that shows data to the person.
    fn run_reading_commands(&mut self, key: Option<&str>) {
        let commands: [&[&str]; 13] = [
            &["--json", "auth", "status"],
            &["auth", "status"],
            &["--json", "doctor"],
            &["--json", "config", "get"],
            &["--json", "events"],
            &["--json", "agents", "list"],
            &["--json", "agents", "show", "grow"],
            &["--json", "memory", "list"],
            &["--json", "budget", "show"],
            &["--json", "audit", "verify"],
            &["--json", "db", "status"],
            &["keys", "list"],
            &["search", "key"],
        ];
        for command in commands {
            self.run(key, command, "");
        }
        // Git compresses its objects, so a search of its files would find nothing. The diffs are searched instead.
        let (_, log) = self.run(key, &["--json", "memory", "log"], "");
        for change in log.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok()) {
            self.run(key, &["memory", "diff", change["commit"].as_str().expect("an id")], "");
        }
    }

    fn assert_logged(&self, more_than: usize) {
        let logs = self.outputs.iter().filter(|(_, output)| String::from_utf8_lossy(output).contains("TRACE")).count();
        assert!(logs > more_than, "every log is enabled, but only {logs} commands logged");
    }

    /// Asserts that no output, no file and no request contains this secret.
    fn assert_absent(&self, secret: &str) {
        for encoding in encodings(secret) {
            let contains = |bytes: &[u8]| bytes.windows(encoding.len()).any(|window| window == encoding);
            for (what, output) in &self.outputs {
                assert!(!contains(output), "{what} says {:?}", String::from_utf8_lossy(&encoding));
            }
            for_each_file(self.session.folder(), &mut |path, bytes| {
                assert!(!contains(bytes), "{} contains {:?}", path.display(), String::from_utf8_lossy(&encoding));
            });
            for request in self.program.claude.requests() {
                assert!(
                    !contains(&request.raw) && !contains(request.path.as_bytes()),
                    "the body or path of a request contains it"
                );
            }
        }
    }
}

/// A text in UTF-8, in UTF-16, in hex, escaped for a URL, and in base64 at each of the three possible offsets.
pub fn encodings(text: &str) -> Vec<Vec<u8>> {
    let bytes = text.as_bytes();
    let url: String = text
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() || "-_.~".contains(c) { c.to_string() } else { format!("%{:02X}", u32::from(c)) })
        .collect();
    let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    let mut encoded =
        vec![bytes.to_vec(), url.into_bytes(), hex.into_bytes(), text.encode_utf16().flat_map(u16::to_le_bytes).collect()];
    for alphabet in [*b"+/", *b"-_"] {
        encoded.extend((0..3).map(|skip| base64(&bytes[skip..][..(bytes.len() - skip) / 3 * 3], alphabet)));
    }
    encoded
}

fn base64(bytes: &[u8], last_two: [u8; 2]) -> Vec<u8> {
    let alphabet: Vec<u8> = (b'A'..=b'Z').chain(b'a'..=b'z').chain(b'0'..=b'9').chain(last_two).collect();
    let group = |three: &[u8]| {
        let bits = three.iter().fold(0_usize, |bits, byte| bits << 8 | usize::from(*byte));
        [18, 12, 6, 0].map(|shift| alphabet[bits >> shift & 63])
    };
    bytes.chunks_exact(3).flat_map(group).collect()
}

/// Visits the name and the content of every file. A program that runs may remove some meanwhile.
pub fn for_each_file(folder: &Path, visit: &mut dyn FnMut(&Path, &[u8])) {
    for entry in there(std::fs::read_dir(folder)).into_iter().flatten() {
        let path = entry.expect("an entry").path();
        let Some(kind) = there(std::fs::symlink_metadata(&path)).map(|metadata| metadata.file_type()) else { continue };
        if kind.is_dir() {
            for_each_file(&path, visit);
        } else if kind.is_file() {
            visit(&path, path.as_os_str().as_encoded_bytes());
            if let Some(bytes) = there(std::fs::read(&path)) {
                visit(&path, &bytes);
            }
        }
    }
}

/// `None` if it was removed.
fn there<T>(read: io::Result<T>) -> Option<T> {
    match read {
        Err(error) if error.kind() == io::ErrorKind::NotFound => None,
        read => Some(read.expect("a file of ours")),
    }
}

/// Subscribes to a host over its socket as any client can, and returns all received bytes once the host has ended.
fn listen(socket: &Path) -> std::thread::JoinHandle<Vec<u8>> {
    let mut stream = UnixStream::connect(socket).expect("a host listens");
    // The last request is malformed: the error must not repeat its content.
    let wrong = format!(r#""check_key","name":"anthropic","value":["{WRONG}"]"#);
    for (id, request) in [r#""follow""#, r#""keys""#, &wrong].iter().enumerate() {
        writeln!(stream, r#"{{"id":{id},"request":{{"op":{request}}}}}"#).expect("it reads");
    }
    let mut reader = BufReader::new(stream.try_clone().expect("a socket"));
    let mut first = Vec::new();
    reader.read_until(b'\n', &mut first).expect("it is answered");
    std::thread::spawn(move || {
        let _open = stream;
        // A killed host may close the connection with an error.
        let _ = reader.read_to_end(&mut first);
        first
    })
}

#[test]
fn a_key_is_in_the_keychain_and_nowhere_else() {
    let Some(session) = DesktopSession::start() else { return };
    let mut watched = Watched::new(session);
    let right = watched.program.claude.key().to_owned();
    watched.program.claude.route(model);
    // The wrong key is refused, then stored with `--unchecked`; then the right key is stored.
    assert_eq!(watched.run(None, &["keys", "set", "anthropic"], WRONG).0, Some(1));
    assert_eq!(watched.run(None, &["keys", "set", WRONG], &right).0, Some(1), "pasted in the wrong place");
    assert_eq!(watched.run(None, &["keys", "set", "anthropic", "--unchecked"], WRONG).0, Some(0));
    assert_eq!(watched.run(None, &["chat", MESSAGES[0]], "").0, Some(1), "the stored key is wrong");
    assert_eq!(watched.run(None, &["--json", "keys", "set", "anthropic"], &right).0, Some(0));
    // The story: an answer, a memory change, two sub-agents. Then one message with a key from the environment, right
    // and wrong.
    for message in MESSAGES {
        assert_eq!(watched.run(None, &["chat", message], "").0, Some(0), "{message}");
    }
    assert_eq!(watched.run(Some(&right), &["chat", MESSAGES[0]], "").0, Some(0));
    assert_eq!(watched.run(Some(WRONG), &["chat", MESSAGES[0]], "").0, Some(1));
    // The provider repeats the key in its error.
    let echo = right.clone();
    watched.program.claude.route(move |_| Some(Script::error(400, "invalid_request_error", &format!("bad key {echo}"))));
    assert_eq!(watched.run(None, &["chat", MESSAGES[0]], "").0, Some(1));
    record_a_host_that_crashes(&mut watched, &right);
    watched.program.claude.route(|_| Some(says("Here I am again.")));
    watched.run(None, &["chat"], "");
    watched.run_reading_commands(None);
    watched.run_reading_commands(Some(&right));

    // The keychain has the key, and not under the name that the default data folder would use.
    assert!(watched.run(None, &["keys", "list"], "").1.contains("in the system's keychain"));
    assert_eq!(watched.session.lookup("ai.growqr.desktop", "local/anthropic"), None);
    watched.assert_logged(10);
    watched.assert_absent(&right);
    watched.assert_absent(WRONG);
}

/// Sets a key in a host while another client is subscribed, then ends the host: once with SIGKILL, once with SIGABRT as
/// in a crash.
fn record_a_host_that_crashes(watched: &mut Watched, right: &str) {
    for signal in ["KILL", "ABRT"] {
        let stop = StopPoint::new();
        let route_stop = stop.clone();
        watched.program.claude.route(move |_| Some(says("Never finished.").stop_at(Point::Events(2), &route_stop)));
        let mut host = watched.command(None, &["chat", "hello"]).stdin(Stdio::null()).spawn().expect("it starts");
        tokio::runtime::Builder::new_current_thread().build().expect("a runtime").block_on(stop.reached());
        let received = listen(&watched.program.profile().join("host.sock"));
        assert_eq!(watched.run(None, &["keys", "set", "anthropic"], right).0, Some(0));
        assert_eq!(watched.run(None, &["keys", "set", "anthropic"], WRONG).0, Some(1));
        let limits = std::fs::read_to_string(format!("/proc/{}/limits", host.id())).expect("it runs");
        let cores = limits.lines().find(|line| line.starts_with("Max core file size")).expect("a limit");
        assert_eq!(cores.split_whitespace().nth(4), Some("1"), "{cores}: core dumps are disabled");
        let started = std::fs::read(format!("/proc/{}/cmdline", host.id())).expect("it runs");
        watched.outputs.push(("its command line".to_owned(), started));
        if signal == "KILL" {
            kill(&mut host);
        } else {
            let sent = Command::new("kill").args(["-s", signal, &host.id().to_string()]).status();
            assert!(sent.is_ok_and(|status| status.success()));
        }
        watched.record_output(signal, host);
        let received = received.join().expect("it listened");
        let text = String::from_utf8_lossy(&received);
        assert!(text.contains(r#""source":"keychain""#) && text.contains("does not know this request"), "{text}");
        watched.outputs.push(("the socket".to_owned(), received));
        stop.release();
    }
}

#[test]
fn the_secrets_of_a_sign_in_are_in_the_keychain_and_nowhere_else() {
    let Some(session) = DesktopSession::start() else { return };
    let mut watched = Watched::new(session);
    let key = watched.program.claude.key().to_owned();
    let clerk = Rc::new(ClerkStub::start_blocking().expect("a port"));
    watched.clerk = Some(Rc::clone(&clerk));
    watched.program.claude.route(|_| Some(says("Hello.")));
    clerk.forge(|token| token.sign = Sign::Rs256(Key::Foreign));
    assert_eq!(watched.sign_in(&["--fresh"], true), Some(1), "the id_token's signature is wrong");
    clerk.stop_forging();
    assert_eq!(watched.sign_in(&["--fresh"], false), Some(1), "denied");
    assert_eq!(watched.sign_in(&["--fresh"], true), Some(0));
    assert_eq!(watched.run(Some(&key), &["chat", "as ada"], "").0, Some(0));
    let ada = watched.run(None, &["--json", "auth", "status"], "").1;
    clerk.sign_in_as(User::grace());
    assert_eq!(watched.sign_in(&["--fresh", "--someone-else"], true), Some(0));
    assert_eq!(watched.run(None, &["auth", "sign-out"], "").0, Some(0));
    assert_eq!(watched.run(None, &["auth", "switch", "ada+clerk_test@example.com"], "").0, Some(0));
    record_a_signed_in_host(&mut watched, &ada);
    watched.run_reading_commands(None);

    assert_eq!(clerk.valid_grants(), 1, "one sign-in has ended, the other is still valid; both are searched for");
    watched.assert_logged(10);
    let secrets = clerk.secrets();
    for kind in ["code_", "rt_", "eyJ"] {
        assert!(secrets.iter().filter(|secret| secret.starts_with(kind)).count() > 2, "{kind} in {secrets:?}");
    }
    for secret in secrets {
        // Only the signature of a JWT is secret: the person is shown its claims.
        watched.assert_absent(secret.rsplit('.').next().expect("a part"));
    }
}

#[test]
fn the_tokens_of_a_tool_server_are_in_the_keychain_and_nowhere_else() {
    let Some(session) = DesktopSession::start() else { return };
    let mut watched = Watched::new(session);
    let key = watched.program.claude.key().to_owned();
    let stub = OauthMcp::start();
    stub.switch(|switches| switches.gives_secrets = true);
    assert_eq!(watched.run(None, &["tools", "add", "far", "--url", &stub.url()], "").0, Some(1), "it needs a sign-in");
    assert_eq!(watched.with_browser(&["tools", "sign-in", "far", "--no-browser"], true), Some(0));
    assert_eq!(watched.run(None, &["rules", "add", "allow far__read as safe"], "").0, Some(0));
    watched.program.claude.route(|request| {
        let is_answered = !request.tool_results().is_empty();
        Some(if is_answered { says("Read.") } else { calls([("far__read", serde_json::json!({"path": "a"}))]) })
    });
    stub.expire();
    assert_eq!(watched.run(Some(&key), &["chat", "read it"], "").0, Some(0));
    assert_eq!((stub.calls().len(), stub.count("POST /as/token refresh_token")), (1, 1));
    for args in
        [&["tools", "list"][..], &["--json", "tools", "list"], &["tools", "logs", "far"], &["--json", "tools", "logs", "far"]]
    {
        assert_eq!(watched.run(None, args, "").0, Some(0), "{args:?}");
    }
    assert_eq!(watched.run(None, &["backup", "all.growqr-backup"], "").0, Some(0));
    stub.expire();
    stub.switch(|switches| switches.refuses_refresh = true);
    assert_eq!(watched.run(None, &["--json", "tools", "test", "far"], "").0, Some(1));
    assert_eq!(watched.with_browser(&["--json", "tools", "sign-in", "far", "--no-browser"], true), Some(0));
    watched.run_reading_commands(Some(&key));

    watched.assert_logged(8);
    let secrets = stub.secrets();
    for kind in ["code-", "access-", "refresh-", "secret-"] {
        assert!(secrets.iter().filter(|secret| secret.starts_with(kind)).count() > 1, "{kind} in {secrets:?}");
    }
    for secret in secrets {
        watched.assert_absent(&secret);
    }
}

/// Subscribes to the host of a signed-in person and kills the host in the middle of an answer.
fn record_a_signed_in_host(watched: &mut Watched, status: &str) {
    let status: Value = serde_json::from_str(status).expect("a JSON line");
    let profile = status["person"]["profile"].as_str().expect("a name");
    let stop = StopPoint::new();
    let route_stop = stop.clone();
    watched.program.claude.route(move |_| Some(says("Never finished.").stop_at(Point::Events(2), &route_stop)));
    let key = watched.program.claude.key().to_owned();
    let mut host = watched.command(Some(&key), &["chat", "hello"]).stdin(Stdio::null()).spawn().expect("it starts");
    tokio::runtime::Builder::new_current_thread().build().expect("a runtime").block_on(stop.reached());
    let received = listen(&watched.program.folder().join("profiles").join(profile).join("host.sock"));
    kill(&mut host);
    watched.record_output("the host", host);
    watched.outputs.push(("the socket".to_owned(), received.join().expect("it listened")));
}

#[test]
fn the_search_finds_every_encoding_of_a_key() {
    let planted = [
        format!("log: {WRONG}\n"),
        "https://example.org/?key=sk-ant-api03-canary%2Bwrong%2Fkey%3D0000".to_owned(),
        // The credentials of Basic authentication in base64; then `{"k":"WRONG"}` in base64, encoded by another
        // program.
        String::from_utf8(base64(format!("x:{WRONG}__").as_bytes(), *b"+/")).expect("letters"),
        "eyJrIjoic2stYW50LWFwaTAzLWNhbmFyeSt3cm9uZy9rZXk9MDAwMCJ9".to_owned(),
    ];
    for text in planted {
        let found =
            encodings(WRONG).iter().any(|encoding| text.as_bytes().windows(encoding.len()).any(|window| window == encoding));
        assert!(found, "{text}");
    }
}
