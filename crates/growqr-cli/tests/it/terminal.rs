//! The prompt on a terminal (a pseudo-terminal, made by `script` of util-linux).

use crate::program::Program;
use growqr_testkit::anthropic::{Point, StopPoint, calls, says};
use serde_json::json;
use std::io::{Read, Write};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

/// Timeout for expected output. Longer than any machine needs, so that only a test that would hang reaches it.
const TIMEOUT: Duration = Duration::from_secs(60);

pub struct Terminal {
    pub child: Child,
    keys: ChildStdin,
    shown: Receiver<Vec<u8>>,
    seen: String,
}

impl Terminal {
    /// Runs this program in a pseudo-terminal.
    pub fn open(program: &Command) -> Terminal {
        let words = std::iter::once(program.get_program()).chain(program.get_args());
        let line: Vec<String> = words.map(|word| format!("'{}'", word.to_string_lossy())).collect();
        let mut command = Command::new("script");
        // `exec` replaces the shell. A shell that stayed would receive the keys too: Ctrl-C would end it, and the test
        // would see the shell's exit code.
        command.args(["--quiet", "--flush", "--return", "--command", &format!("exec {}", line.join(" ")), "/dev/null"]);
        for (name, value) in program.get_envs() {
            match value {
                Some(value) => command.env(name, value),
                None => command.env_remove(name),
            };
        }
        command.env("TERM", "xterm").env("SHELL", "/bin/sh").stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn().expect("script starts");
        let (keys, mut output) = (child.stdin.take().expect("a pipe"), child.stdout.take().expect("a pipe"));
        let (sender, shown) = channel();
        std::thread::spawn(move || {
            let mut buffer = [0; 4096];
            while let Ok(count @ 1..) = output.read(&mut buffer) {
                if sender.send(buffer[..count].to_vec()).is_err() {
                    return;
                }
            }
        });
        Terminal { child, keys, shown, seen: String::new() }
    }

    pub fn types(&mut self, keys: &str) {
        self.keys.write_all(keys.as_bytes()).and_then(|()| self.keys.flush()).expect("it reads");
    }

    /// Waits until the terminal shows this text, after the text of the last call.
    pub fn shows(&mut self, text: &str) {
        while !self.seen.contains(text) {
            let more = self.shown.recv_timeout(TIMEOUT);
            let more = more.unwrap_or_else(|_| panic!("{text:?} is not shown, but: {:?}", self.seen));
            self.seen.push_str(&String::from_utf8_lossy(&more));
        }
        let end = self.seen.find(text).expect("just found") + text.len();
        self.seen.drain(..end);
    }

    /// Waits for a line that begins with `start`, and returns the whole line.
    pub fn line(&mut self, start: &str) -> String {
        self.shows(&format!("\n{start}"));
        let mut line = start.to_owned();
        while !self.seen.contains('\n') {
            let more = self.shown.recv_timeout(TIMEOUT).expect("the line ends");
            self.seen.push_str(&String::from_utf8_lossy(&more));
        }
        line.push_str(self.seen.lines().next().unwrap_or_default());
        line
    }
}

#[test]
fn events_are_printed_above_the_line_that_is_being_edited() {
    let program = Program::new();
    let stop = StopPoint::new();
    let route_stop = stop.clone();
    program.claude.route(move |request| {
        Some(if request.first_user_text().contains("look at tea") {
            says("Tea is liked.").stop_at(Point::Events(2), &route_stop)
        } else if request.last_user_text().contains("Tea is liked") {
            says("The scout says that tea is liked.\nAnd so it is.")
        } else if request.has_tool_results() {
            says("Sent.")
        } else {
            calls([("spawn_sub_agent", json!({"name": "scout", "task": "look at tea"}))])
        })
    });
    let mut terminal = Terminal::open(&program.command(&["chat"]));
    terminal.shows("Ctrl-D exits");
    terminal.shows("> ");
    terminal.types("send a scout\r");
    terminal.shows("Sent.");
    terminal.shows("> ");
    terminal.types("and the");
    terminal.shows("and the");
    stop.release();
    terminal.shows("← scout");
    terminal.shows("The scout says that tea is liked.");
    terminal.shows("And so it is.");
    terminal.shows("> and the");
    terminal.types("\u{15}\u{4}");
    assert!(terminal.child.wait().expect("it ends").success());
}
