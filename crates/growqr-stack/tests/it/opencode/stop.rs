//! Abort and deletion.

use super::workbench::{Instruction, Workbench, call};
use growqr_stack::opencode::{Ending, OpenCodeError, Phase, Status};
use growqr_testkit::anthropic::{Point, StopPoint, says};
use serde_json::json;
use std::time::Duration;

const LIMIT: Duration = Duration::from_secs(20);

#[tokio::test]
async fn an_abort_stops_the_shell_command_and_the_server_stays_usable() {
    let Some(bench) = Workbench::start().await else { return };
    let text = call("bash", &json!({"command": "echo begun > begun && echo on && sleep 300", "description": "waits"}));
    let mut job = bench.job("abort", &text);
    job.session.rules.push(allow_shell());
    let mut run = bench.run(job);
    let begun = bench.server.work().join("abort/begun");
    run.until(|view| view.calls.iter().any(|call| call.tool == "bash") && begun.exists()).await;
    run.tell(Instruction::Abort).await.unwrap();
    let outcome = run.outcome().await;
    assert_eq!(outcome.ending, Ending::Aborted);
    assert_eq!(bench.client.status(&outcome.session).await.unwrap(), Status::Idle);
    assert_eq!(bench.finish(bench.job("after", "hello")).await.ending, Ending::Finished("stop".into()));
    let mut more = bench.job("abort", "hello again");
    more.prompt.message = "msg_more".parse().unwrap();
    assert_eq!(bench.finish(more).await.ending, Ending::Finished("stop".into()));
}

#[tokio::test]
async fn an_abort_while_a_permission_waits_withdraws_the_request() {
    let Some(bench) = Workbench::start().await else { return };
    let mut run = bench.run(bench.job("waits", &call("bash", &json!({"command": "touch x", "description": "d"}))));
    run.pending().await;
    assert_eq!(run.view.borrow().phase, Phase::Waiting);
    run.tell(Instruction::Abort).await.unwrap();
    let outcome = run.outcome().await;
    assert_eq!(outcome.ending, Ending::Aborted);
    assert_eq!(bench.client.pending(&outcome.session).await.unwrap(), []);
}

#[tokio::test]
async fn a_prompt_that_was_sent_right_before_an_abort_does_not_run_afterwards() {
    let Some(bench) = Workbench::start().await else { return };
    let held = StopPoint::new();
    let reply = says("never finished").stop_at(Point::Events(2), &held);
    bench.claude.route(move |_| Some(reply.clone()));
    for number in 0..6 {
        let mut job = bench.job("late", "hello");
        job.session.title = format!("late-{number}");
        job.prompt.message = format!("msg_late{number}").parse().unwrap();
        let session = bench.client.create_session(&job.session).await.unwrap();
        bench.client.prompt(&session.id, &job.prompt).await.unwrap();
        bench.client.stop_prompt(&session, &job.prompt.message, LIMIT).await.unwrap();
        let asked = bench.claude.messages().len();
        tokio::time::sleep(Duration::from_secs(2)).await;
        assert_eq!(bench.client.status(&session).await.unwrap(), Status::Idle, "session {number}");
        assert_eq!(bench.claude.messages().len(), asked, "session {number} asks the model no more");
    }
    held.release();
}

#[tokio::test]
async fn a_busy_session_is_stopped_before_it_is_deleted() {
    let Some(bench) = Workbench::start().await else { return };
    let held = StopPoint::new();
    let reply = says("never finished").stop_at(Point::Events(2), &held);
    bench.claude.route(move |_| Some(reply.clone()));
    let mut run = bench.run(bench.job("busy", "hello"));
    run.until(|view| view.phase == Phase::Running).await;
    held.reached().await;
    let id = run.view.borrow().session.clone().unwrap().id;
    run.forget().await;
    bench.client.delete(&id, LIMIT).await.unwrap();
    assert!(matches!(bench.client.session(&id).await, Err(OpenCodeError::NotFound(_))));
    bench.client.delete(&id, LIMIT).await.unwrap();
    bench.claude.until(|requests| requests.iter().all(|request| request.ended.is_some())).await;
    held.release();
    assert_eq!(bench.claude.messages().len(), 1, "a deleted session calls the model no more");
}

fn allow_shell() -> growqr_stack::opencode::Rule {
    growqr_stack::opencode::Rule { permission: "bash".into(), pattern: "*".into(), action: growqr_stack::opencode::Action::Allow }
}
