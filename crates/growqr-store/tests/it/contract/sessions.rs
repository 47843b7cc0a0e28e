//! The minds of agents and their sessions in the workbench.

use super::on_both;
use crate::fixtures::{NOW, TestAgent, World, local, said};
use growqr_core::agent::{State, views};
use growqr_core::event::{AgentCreated, Event, SessionEnded, SessionIntended, SessionStarted, TurnStarted};
use growqr_core::id::{AgentId, EffectId, EffectSalt, MessageId, Position, ProfileId, SessionId};
use growqr_core::journal::{SessionStatus, SessionView, Store};
use growqr_core::limits::Limits;
use growqr_core::mail::SpawnRequest;
use growqr_core::money::Money;
use growqr_core::rebuild::{Differences, ReplayedPage, Views};
use growqr_core::workbench::{Mind, SessionOutcome, SessionTokens};
use std::sync::Arc;

fn born() -> Event {
    let request = SpawnRequest {
        name: "worker".to_owned(),
        task: "build".to_owned(),
        allowance: Money(5),
        depth: 1,
        quota: None,
        untrusted: Vec::new(),
        mind: Mind::Session,
        why: Some("needs\0 files".to_owned()),
        schedule: None,
    };
    AgentCreated { birth: Some(request), parent: Some(AgentId::grow()), mail: Some(EffectId::new("m-1")) }.into()
}

fn intended(effect: &str) -> Event {
    let (effect, title) = (EffectId::new(effect), "a-1".to_owned());
    let (message, salt) = (MessageId::new("msg_1"), EffectSalt::new("s"));
    SessionIntended { effect, title, message, prompt: "build".into(), salt, resumes: false }.into()
}

fn started(effect: &str, session: &str) -> Event {
    SessionStarted { effect: EffectId::new(effect), session: SessionId::new(session) }.into()
}

fn ended(effect: &str) -> Event {
    let (effect, words, source) = (EffectId::new(effect), "built".to_owned(), "workbench".to_owned());
    let (tokens, outcome) = (SessionTokens::default(), SessionOutcome::Done);
    SessionEnded { effect, words, files: Vec::new(), more_files: 0, tokens, outcome, source }.into()
}

/// A sub-agent whose session works on a prompt.
async fn story(world: &World) -> (Arc<dyn Store>, TestAgent) {
    let (store, mut worker) = (world.store().await, TestAgent::new("a-1"));
    let turn = TurnStarted { turn: 1, limits: Limits::default() }.into();
    worker.append(&*store, vec![born(), turn, intended("e1")]).await;
    worker.append(&*store, vec![started("e1", "ses_1")]).await;
    (store, worker)
}

async fn of(store: &dyn Store, session: &str) -> Option<SessionView> {
    store.session(&SessionId::new(session)).await.unwrap()
}

async fn rebuilt(store: &dyn Store, target: &dyn Views, of: &TestAgent, page: u32) -> Differences {
    let agent = of.state.id();
    let (mut state, mut position) = (State::new(agent.clone()), Position(0));
    let mut rows = target.rebuild(agent).await.unwrap();
    loop {
        let stored = store.events(position, Some(agent), page).await.unwrap();
        let Some(last) = stored.last() else { return rows.finish(of.head).await.unwrap() };
        position = last.position;
        let entries: Vec<_> = stored.iter().map(|event| (event.position, event.entry().unwrap())).collect();
        let plain: Vec<_> = entries.iter().map(|(_, entry)| entry.clone()).collect();
        plain.iter().for_each(|entry| state.apply(entry));
        let views = views(&state, &plain);
        rows.add_page(ReplayedPage { views, entries, ..ReplayedPage::default() }).await.unwrap();
    }
}

on_both! {
    async fn a_session_is_found_by_its_id_and_follows_its_agent(world: World) {
        let (store, mut worker) = story(world).await;
        let open = of(&*store, "ses_1").await.expect("a row");
        assert_eq!((open.agent.as_str(), open.title.as_str(), open.status), ("a-1", "a-1", SessionStatus::Open));
        assert_eq!((open.why.as_deref(), open.started_at, open.ended_at, &open.outcome), (Some("needs\u{fffd} files"), NOW, None, &None));
        worker.append(&*store, vec![ended("e1")]).await;
        let done = SessionView { status: SessionStatus::Ended, ended_at: Some(NOW), outcome: Some("done".to_owned()), ..open.clone() };
        assert_eq!(of(&*store, "ses_1").await, Some(done));
        worker.append(&*store, vec![intended("e2")]).await;
        assert_eq!(of(&*store, "ses_1").await, Some(open), "it works again");
        assert_eq!(store.sessions().await.unwrap().len(), 1);
        assert_eq!(of(&*store, "ses_9").await, None);
    }

    async fn a_session_that_another_one_has_replaced_is_nobodys(world: World) {
        let (store, mut worker) = story(world).await;
        worker.append(&*store, vec![started("e1", "ses_2")]).await;
        assert_eq!(of(&*store, "ses_1").await, None);
        assert_eq!(of(&*store, "ses_2").await.expect("a row").agent, AgentId::new("a-1"));
    }

    async fn sessions_belong_to_one_profile(world: World) {
        story(world).await;
        let other = world.db().await.profile(&ProfileId::new("other"), NOW).await.unwrap();
        assert_eq!(of(&*other, "ses_1").await, None);
        assert_eq!(other.sessions().await.unwrap(), []);
    }

    async fn the_mind_of_an_agent_is_in_its_row_with_the_reason(world: World) {
        let (store, worker) = story(world).await;
        let view = store.agent(worker.state.id()).await.unwrap().expect("a row");
        assert_eq!((view.mind, view.why.as_deref()), (Mind::Session, Some("needs\u{fffd} files")));
        TestAgent::new("grow").append(&*store, vec![said("hello")]).await;
        let view = store.agent(&AgentId::grow()).await.unwrap().expect("a row");
        assert_eq!((view.mind, view.why), (Mind::Model, None));
    }

    async fn damaged_rows_of_sessions_are_restored_and_those_without_a_journal_deleted(world: World) {
        let (store, mut worker) = story(world).await;
        worker.append(&*store, vec![ended("e1"), said("and more")]).await;
        let target = world.db().await.views(&local());
        let rows = async || (world.rows("sessions").await, world.rows("agents").await);
        let before = rows().await;
        for damage in [
            "delete from sessions; delete from agents",
            "update sessions set session_id = 'x', outcome = null, state = 'open'; update agents set mind = 'model', mind_reason = null",
        ] {
            world.run_sql(damage).await;
            for (page, expected) in [(1, 1), (100, 0)] {
                let found = rebuilt(&*store, &*target, &worker, page).await;
                assert_eq!((found.sessions, found.agents), (expected, expected), "{damage}");
            }
            assert_eq!(rows().await, before, "{damage}");
        }
        world.run_sql("insert into sessions (profile_id, agent_id, session_id, title, state, started_at) \
            select profile_id, 'ghost', session_id, title, state, started_at from sessions").await;
        assert_eq!(target.delete_orphans().await.unwrap(), 1);
        assert_eq!(rows().await, before);
    }
}
