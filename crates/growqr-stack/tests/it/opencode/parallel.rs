//! Many sessions at once, titles, usage.

use super::workbench::{Workbench, call};
use growqr_stack::opencode::{Ending, Failure, NewSession, OpenCodeError};
use serde_json::json;

#[tokio::test]
async fn eight_sessions_write_side_by_side_each_in_its_own_directory() {
    let Some(bench) = Workbench::start().await else { return };
    let running: Vec<_> = (0..8)
        .map(|number| {
            let title = format!("agent-{number}");
            let path = format!("{}/out.txt", bench.server.directory(&title));
            let text = call("write", &json!({"filePath": path, "content": format!("from {title}\n")}));
            bench.run(bench.job(&title, &text))
        })
        .collect();
    let mut cost = 0;
    for (number, run) in running.into_iter().enumerate() {
        let outcome = run.outcome().await;
        assert_eq!((outcome.ending, outcome.text.as_str()), (Ending::Finished("stop".into()), "done"));
        assert_eq!(outcome.changes.iter().map(|change| change.path.as_str()).collect::<Vec<_>>(), ["out.txt"]);
        let written = std::fs::read_to_string(bench.server.work().join(format!("agent-{number}/out.txt"))).unwrap();
        assert_eq!(written, format!("from agent-{number}\n"));
        assert_eq!(outcome.usage.sessions, 1);
        cost += outcome.usage.micro_cents;
    }
    bench.claude.assert_all_accepted();
    assert_eq!(bench.claude.messages().len(), 16, "two calls of the model for each session");
    assert_eq!(cost, bench.claude.total_micro_cents());
}

#[tokio::test]
async fn a_title_is_adopted_and_a_prompt_is_sent_once() {
    let Some(bench) = Workbench::start().await else { return };
    let first = bench.finish(bench.job("once", "hello")).await;
    let again = bench.finish(bench.job("once", "hello")).await;
    assert_eq!(first.session.id, again.session.id);
    assert_eq!((again.ending, again.text.as_str()), (Ending::Finished("stop".into()), "done"));
    assert_eq!(bench.claude.messages().len(), 1);
    assert_eq!(bench.client.messages(&first.session.id).await.unwrap().len(), 2);
}

#[tokio::test]
async fn only_the_exact_title_in_the_exact_directory_is_found() {
    let Some(bench) = Workbench::start().await else { return };
    let directory = bench.server.directory("titles");
    let new = |title: &str| NewSession { title: title.into(), directory: directory.clone(), rules: Vec::new() };
    let opened = bench.client.open_session(&new("agent-10%")).await.unwrap();
    assert!(!opened.is_adopted);
    for title in ["agent-1", "agent-10", "agent-10%%", "AGENT-10%", "agent"] {
        assert_eq!(bench.client.find_session(title, &directory).await, Ok(None), "{title}");
    }
    assert_eq!(bench.client.find_session("agent-10%", &bench.server.directory("other")).await, Ok(None));
    let again = bench.client.open_session(&new("agent-10%")).await.unwrap();
    assert_eq!((again.is_adopted, again.session.id), (true, opened.session.id));
    for title in ["", " ", "a\nb"] {
        assert_eq!(bench.client.find_session(title, &directory).await, Err(OpenCodeError::InvalidTitle(title.into())));
    }
}

#[tokio::test]
async fn a_prompt_for_an_unknown_agent_fails_instead_of_waiting_for_ever() {
    let Some(bench) = Workbench::start().await else { return };
    let mut job = bench.job("nobody", "hello");
    job.prompt.agent = "nobody".into();
    assert_eq!(bench.finish(job).await.ending, Ending::Failed(Failure::UnknownAgent));
    assert!(bench.claude.messages().is_empty());
}

#[tokio::test]
async fn what_the_model_refuses_is_the_reason_of_the_failure() {
    let Some(bench) = Workbench::start().await else { return };
    bench.claude.route(|_| Some(growqr_testkit::anthropic::Script::error(403, "permission_error", "the limit is reached")));
    let ending = bench.finish(bench.job("refused", "hello")).await.ending;
    let Ending::Failed(Failure::Error { name, message }) = &ending else { panic!("{ending:?}") };
    assert_eq!(name, "APIError");
    assert!(message.contains("the limit is reached"), "{message}");
}
