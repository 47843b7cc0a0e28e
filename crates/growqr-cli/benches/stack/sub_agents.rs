//! A sub-agent in the workbench of a warm stack against the same prompt given to `opencode run` in the same container, one after
//! the other in each run. Both get the same answers from the model stub: write a file, then say so.

use crate::docker_desk::{Running, up};
use crate::figures::{print, print_ratio, print_times};
use crate::free_ports::desk;
use crate::memory::{self, Watch};
use crate::opencode_run::OpenCodeRun;
use crate::program::Program;
use growqr_testkit::DockerHost;
use growqr_testkit::anthropic::{RequestView, Script, calls, says};
use serde_json::json;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::time::Instant;

const RUNS: usize = 7;

const TASK: &str = "write a greeting";

/// The limit for one sub-agent.
const LIMIT: Duration = Duration::from_secs(60);

/// When the model was asked for something.
#[derive(Clone, Default)]
struct Asked(Arc<Mutex<Times>>);

#[derive(Default)]
struct Times {
    /// For the answer that sends the sub-agent.
    sent: Option<Instant>,
    /// With the sub-agent's report.
    reported: Option<Instant>,
}

pub fn measure(host: &DockerHost) {
    let desk = desk(host);
    let asked = Asked::default();
    let times = asked.clone();
    desk.claude.route(move |request| Some(times.answer(request)));
    let running = Running::without_up(&desk, "info");
    say(&desk, "hello");
    let before = memory::at_rest(running.process());
    up(&desk);
    running.until_ready();
    let (mut agents, mut runs) = (Vec::new(), Vec::new());
    let run = OpenCodeRun::new(host, &desk);
    let watch = Watch::start(running.process());
    for number in 0..=RUNS {
        agents.push(asked.sub_agent(&desk));
        runs.push(run.prompt(&format!("/workspace/run-{number}"), TASK));
    }
    // The first of each reads programs from the disk and makes databases.
    print_times("sub_agent", &agents[1..]);
    print_times("opencode_run", &runs[1..]);
    print_ratio("sub_agent_ratio", &agents[1..], &runs[1..]);
    let (peak, after) = (watch.largest(), memory::at_rest(running.process()));
    let Some((before, after)) = before.zip(after) else {
        println!("# the memory was not measured: this system does not tell it");
        return;
    };
    let megabytes = |size: u64| size.saturating_sub(before) as f64 / 1e6;
    print("without_stack_memory", before as f64 / 1e6, "MB");
    print("stack_memory_at_rest", megabytes(after), "MB");
    print("stack_memory", megabytes(peak), "MB");
}

impl Asked {
    /// Answers all three: the Grow Agent, the session of its sub-agent, and `opencode run`.
    fn answer(&self, request: &RequestView<'_>) -> Script {
        if request.tool_names().contains(&"write") {
            return match request.answers_so_far() {
                0 => calls([("write", json!({"filePath": "greeting.txt", "content": "hello"}))]),
                _ => says("The greeting is written."),
            };
        }
        let mut times = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if request.last_user_text().contains("The greeting is written.") {
            times.reported = Some(Instant::now());
            return says("Thank you.");
        }
        if request.last_user_text().contains("greet") {
            *times = Times { sent: Some(Instant::now()), reported: None };
            let send = json!({"name": "writer", "task": TASK, "needs": ["files"]});
            return calls([("spawn_sub_agent", send)]);
        }
        says("Hello.")
    }

    /// The time from the answer that sends a sub-agent until its report is in a request.
    fn sub_agent(&self, desk: &Program) -> Duration {
        say(desk, "greet the world");
        let began = Instant::now();
        loop {
            let mut times = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            if let Some((sent, reported)) = times.sent.zip(times.reported) {
                *times = Times::default();
                return reported - sent;
            }
            drop(times);
            assert!(began.elapsed() < LIMIT, "no report");
            std::thread::sleep(Duration::from_millis(5));
        }
    }
}

fn say(desk: &Program, text: &str) {
    let ran = desk.run(&["agents", "say", "grow", text]);
    assert_eq!(ran.code, Some(0), "{ran:?}");
}
