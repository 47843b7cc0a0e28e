//! Permissions and questions, asked by sessions and their children.

use super::workbench::{Instruction, Workbench, call};
use growqr_stack::opencode::{Ending, Failure, OpenCodeError, PendingRequest, PermissionReply, PermissionRequest};
use serde_json::json;

fn permission(request: PendingRequest) -> PermissionRequest {
    match request {
        PendingRequest::Permission(request) => request,
        PendingRequest::Question(request) => panic!("{request:?}"),
    }
}

fn touch(file: &str) -> String {
    call("bash", &json!({"command": format!("touch {file}"), "description": "makes a file"}))
}

#[tokio::test]
async fn a_shell_command_runs_only_after_the_permission() {
    let Some(bench) = Workbench::start().await else { return };
    let mut run = bench.run(bench.job("once", &touch("made")));
    let request = permission(run.pending().await);
    assert_eq!((request.permission.as_str(), request.detail("command")), ("bash", Some("touch made")));
    let made = bench.server.work().join("once/made");
    assert!(!made.exists());
    run.tell(Instruction::Permission(request.id.clone(), PermissionReply::Once)).await.unwrap();
    let outcome = run.outcome().await;
    assert_eq!(outcome.ending, Ending::Finished("stop".into()));
    assert!(made.exists());
    let late = bench.client.reply_permission(&outcome.session.directory, &request.id, &PermissionReply::Once).await;
    assert!(matches!(late, Err(OpenCodeError::NotFound(_))), "{late:?}");
}

#[tokio::test]
async fn a_rejection_ends_the_run_and_one_with_a_message_is_read_by_the_model() {
    let Some(bench) = Workbench::start().await else { return };
    let mut run = bench.run(bench.job("reject", &touch("made")));
    let id = permission(run.pending().await).id;
    run.tell(Instruction::Permission(id, PermissionReply::Reject { message: None })).await.unwrap();
    assert_eq!(run.outcome().await.ending, Ending::Failed(Failure::Rejected));

    let mut run = bench.run(bench.job("explain", &touch("made")));
    let id = permission(run.pending().await).id;
    let reply = PermissionReply::Reject { message: Some("not on a Sunday".into()) };
    run.tell(Instruction::Permission(id, reply)).await.unwrap();
    assert_eq!(run.outcome().await.ending, Ending::Finished("stop".into()));
    let results = bench.claude.messages().last().unwrap().asked().tool_results();
    assert!(results.iter().any(|result| result.text.contains("not on a Sunday")), "{results:?}");
}

#[tokio::test]
async fn files_outside_the_directory_need_a_permission() {
    let Some(bench) = Workbench::start().await else { return };
    let other = format!("{}/theirs.txt", bench.server.directory("other"));
    let mut run = bench.run(bench.job("own", &call("write", &json!({"filePath": other, "content": "x"}))));
    let request = permission(run.pending().await);
    assert_eq!(request.permission, "external_directory");
    run.tell(Instruction::Permission(request.id, PermissionReply::Reject { message: None })).await.unwrap();
    assert_eq!(run.outcome().await.ending, Ending::Failed(Failure::Rejected));
    assert!(!std::path::Path::new(&other).exists());
}

#[tokio::test]
async fn a_childs_permission_is_asked_for_by_its_parent() {
    let Some(bench) = Workbench::start().await else { return };
    let task = json!({"description": "make it", "prompt": touch("made"), "subagent_type": "helper"});
    let stranger = bench.run(bench.job("stranger", &touch("other")));
    let mut run = bench.run(bench.job("parent", &call("task", &task)));
    let request = permission(run.pending().await);
    let session = run.view.borrow().session.clone().unwrap();
    assert_ne!(request.session, session.id);
    assert_eq!(bench.client.session(&request.session).await.unwrap().parent, Some(session.id.clone()));
    run.tell(Instruction::Permission(request.id, PermissionReply::Once)).await.unwrap();
    let outcome = run.outcome().await;
    assert_eq!((outcome.ending, outcome.usage.sessions), (Ending::Finished("stop".into()), 2));
    assert!(bench.server.work().join("parent/made").exists());
    stranger.tell(Instruction::Abort).await.unwrap();
    assert_eq!(stranger.outcome().await.ending, Ending::Aborted);
}

#[tokio::test]
async fn a_question_is_asked_and_its_answer_reaches_the_model() {
    let Some(bench) = Workbench::start().await else { return };
    let options = json!([{"label": "Red", "description": "warm"}, {"label": "Blue", "description": "cold"}]);
    let asked = json!({"questions": [{"question": "Which colour?", "header": "Colour", "options": options}]});
    let mut run = bench.run(bench.job("question", &call("question", &asked)));
    let PendingRequest::Question(request) = run.pending().await else { panic!("not a question") };
    assert_eq!((request.questions[0].question.as_str(), request.questions[0].options.len()), ("Which colour?", 2));
    run.tell(Instruction::Answer(request.id, vec![vec!["Blue".into()]])).await.unwrap();
    assert_eq!(run.outcome().await.ending, Ending::Finished("stop".into()));
    let results = bench.claude.messages().last().unwrap().asked().tool_results();
    assert!(results.iter().any(|result| result.text.contains("Blue")), "{results:?}");

    let mut run = bench.run(bench.job("unanswered", &call("question", &asked)));
    let PendingRequest::Question(request) = run.pending().await else { panic!("not a question") };
    run.tell(Instruction::RejectQuestion(request.id)).await.unwrap();
    assert_eq!(run.outcome().await.ending, Ending::Failed(Failure::Rejected));
}
