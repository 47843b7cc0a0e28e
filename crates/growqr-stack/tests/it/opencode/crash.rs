//! Death of the server and of the app in the middle of a run.

use super::workbench::{Instruction, READY, Workbench, call};
use growqr_stack::opencode::{Action, Ending, PendingRequest, PermissionReply, Rule};
use serde_json::json;

#[tokio::test]
async fn after_a_death_of_the_server_the_run_is_interrupted_and_the_session_works_on() {
    let Some(bench) = Workbench::start().await else { return };
    let text = call("bash", &json!({"command": "echo begun > begun && sleep 300", "description": "waits"}));
    let mut job = bench.job("crash", &text);
    job.session.rules.push(Rule { permission: "bash".into(), pattern: "*".into(), action: Action::Allow });
    let mut run = bench.run(job.clone());
    let begun = bench.server.work().join("crash/begun");
    run.until(|view| view.calls.iter().any(|call| call.tool == "bash") && begun.exists()).await;
    bench.server.kill_9();
    bench.server.restart();
    bench.client.until_ready(READY).await.unwrap();
    let outcome = run.outcome().await;
    assert_eq!(outcome.ending, Ending::Interrupted);
    assert_eq!(outcome.unfinished.iter().map(|call| call.tool.as_str()).collect::<Vec<_>>(), ["bash"]);
    assert_eq!(bench.claude.messages().len(), 1, "nothing was sent twice");

    let again = bench.finish(job.clone()).await;
    assert_eq!((again.ending, again.session.id), (Ending::Interrupted, outcome.session.id.clone()));
    job.prompt.message = "msg_next".parse().unwrap();
    job.prompt.text = "go on".into();
    let next = bench.finish(job).await;
    assert_eq!((next.ending, next.session.id), (Ending::Finished("stop".into()), outcome.session.id));
    bench.claude.assert_all_accepted();
}

#[tokio::test]
async fn after_a_death_of_the_app_the_same_session_is_taken_up_with_its_request() {
    let Some(bench) = Workbench::start().await else { return };
    let job = bench.job("adopt", &call("bash", &json!({"command": "touch made", "description": "d"})));
    let mut run = bench.run(job.clone());
    let PendingRequest::Permission(first) = run.pending().await else { panic!("not a permission") };
    run.forget().await;
    let mut run = bench.run(job);
    let PendingRequest::Permission(second) = run.pending().await else { panic!("not a permission") };
    assert_eq!(first, second);
    run.tell(Instruction::Permission(second.id, PermissionReply::Once)).await.unwrap();
    assert_eq!(run.outcome().await.ending, Ending::Finished("stop".into()));
    assert!(bench.server.work().join("adopt/made").exists());
    assert_eq!(bench.claude.messages().len(), 2, "nothing was sent twice");
}
