//! Lost or damaged views: a rebuild from the journal writes the same rows again.

use super::on_both;
use crate::fixtures::{NOW, TestAgent, World, local, said};
use growqr_core::agent::{State, views};
use growqr_core::event::{AgentCreated, ChildCancelled, ChildRequested};
use growqr_core::id::{AgentId, EffectId, Position};
use growqr_core::journal::{Head, Store, StoreError};
use growqr_core::mail::{Mail, MailBody, SpawnRequest};
use growqr_core::money::Money;
use growqr_core::rebuild::{Differences, ReplayedPage, Views};
use growqr_core::workbench::Mind;
use growqr_store::{Db, DbConfig};
use std::sync::Arc;

const VIEWS: [&str; 3] = ["agents", "messages", "outbox"];

/// Each statement damages every view.
const DAMAGES: [&str; 3] = [
    "delete from agents; delete from messages; delete from outbox",
    "update agents set name = 'x', spent = 9, budget = null where agent_id = 'grow'; update messages set text = 'gone' where seq = 3; \
     delete from messages where seq = 5; update outbox set delivered = not delivered, receiver = 'nobody'",
    "delete from outbox where id = 'm-1'; update agents set depth = 7, parent_id = null; \
     update messages set author = 'a-9', seq = seq + 1000 where agent_id = 'a-1'",
];

/// Two agents, one created by the other; one mail is delivered, the other is still in the outbox.
async fn story(world: &World) -> (Arc<dyn Store>, Vec<TestAgent>) {
    let store = world.store().await;
    let (mut grow, mut scout) = (TestAgent::new("grow"), TestAgent::new("a-1"));
    grow.append(&*store, vec![AgentCreated { birth: None, parent: None, mail: None }.into(), said("go, ÄRGER")]).await;
    let request = SpawnRequest {
        name: "scout".to_owned(),
        task: "look\0 around".to_owned(),
        allowance: Money(5),
        depth: 1,
        quota: None,
        untrusted: Vec::new(),
        mind: Mind::Model,
        why: None,
        schedule: None,
    };
    let (spawn, cancel) = (mail("m-1", MailBody::Spawn(request.clone())), mail("m-2", MailBody::Cancel));
    grow.append(&*store, vec![said("send one"), ChildRequested { effect: EffectId::new("m-1"), mail: spawn.clone() }.into()])
        .await;
    let (birth, parent) = (Some(request), Some(AgentId::grow()));
    scout.append(&*store, vec![AgentCreated { birth, parent, mail: Some(spawn.id.clone()) }.into(), said("日本語")]).await;
    grow.append(&*store, vec![said("stop it"), ChildCancelled { mail: cancel }.into()]).await;
    for n in 0..40 {
        grow.append(&*store, vec![said(&format!("and {n}"))]).await;
    }
    store.delivered(&[spawn.id]).await.unwrap();
    (store, vec![scout, grow])
}

fn mail(id: &str, body: MailBody) -> Mail {
    Mail { id: EffectId::new(id), from: AgentId::grow(), to: AgentId::new("a-1"), body }
}

/// All rows of all views, and the results of searches.
async fn all_rows(world: &World, store: &dyn Store) -> Vec<Vec<String>> {
    let mut all = Vec::new();
    for view in VIEWS {
        all.push(world.rows(view).await);
    }
    for text in ["ärger", "日本", "and 1", "around", "gone"] {
        all.push(store.search(text, None, 50).await.unwrap().into_iter().map(|message| message.text).collect());
    }
    all
}

/// Rebuilds one agent in at most `pages` pages of `page` entries; `None` if these did not reach the end of the journal.
async fn replay(
    store: &dyn Store,
    target: &dyn Views,
    replayed: &TestAgent,
    page: u32,
    pages: usize,
) -> Option<Result<Differences, StoreError>> {
    let agent = replayed.state.id();
    let (mut state, mut position) = (State::new(agent.clone()), Position(0));
    let mut rows = target.rebuild(agent).await.unwrap();
    for _ in 0..pages {
        let stored = store.events(position, Some(agent), page).await.unwrap();
        let Some(last) = stored.last() else { return Some(rows.finish(replayed.head).await) };
        position = last.position;
        let entries: Vec<_> = stored.iter().map(|event| (event.position, event.entry().unwrap())).collect();
        let plain: Vec<_> = entries.iter().map(|(_, entry)| entry.clone()).collect();
        plain.iter().for_each(|entry| state.apply(entry));
        let delivered = [EffectId::new("m-1")].into();
        rows.add_page(ReplayedPage { views: views(&state, &plain), entries, delivered }).await.unwrap();
    }
    None
}

/// Rebuilds all views in pages of `page` entries.
async fn rebuilt(store: &dyn Store, target: &dyn Views, agents: &[TestAgent], page: u32) -> (Differences, u64) {
    let mut found = Differences::default();
    for agent in agents {
        found += replay(store, target, agent, page, 1000).await.unwrap().unwrap();
    }
    (found, target.delete_orphans().await.unwrap())
}

on_both! {
    async fn what_an_agent_has_used_of_its_limits_is_read_with_its_row(world: World) {
        let (store, agents) = story(world).await;
        let limits: Vec<_> = store.agents().await.unwrap().into_iter().map(|agent| agent.limits).collect();
        assert_eq!(limits, [&agents[1], &agents[0]].map(|agent| Some(Box::new(agent.state.limits_view()))));
        assert_eq!(limits[0].as_ref().map(|used| used.budget.used_today(NOW)), Some(Money(5)));
        world.run_sql("update agents set budget = 'of a later build'").await;
        assert!(store.agents().await.unwrap().iter().all(|agent| agent.limits.is_none()), "then the journal is read");
    }

    async fn damaged_views_are_restored(world: World) {
        let (store, agents) = story(world).await;
        let target = world.db().await.views(&local());
        let before = all_rows(world, &*store).await;
        assert_eq!(rebuilt(&*store, &*target, &agents, 7).await, (Differences::default(), 0));
        assert_eq!(all_rows(world, &*store).await, before);
        for damage in DAMAGES {
            world.run_sql(damage).await;
            assert_ne!(all_rows(world, &*store).await, before, "{damage}");
            let (found, _) = rebuilt(&*store, &*target, &agents, 7).await;
            assert!(found.agents > 0 && found.messages > 0 && found.mail > 0, "{damage}: {found:?}");
            assert_eq!(all_rows(world, &*store).await, before, "{damage}");
            assert_eq!(rebuilt(&*store, &*target, &agents, 2).await, (Differences::default(), 0), "{damage}");
        }
    }

    async fn differing_rows_are_counted_once_each(world: World) {
        let (store, agents) = story(world).await;
        let target = world.db().await.views(&local());
        world.run_sql("delete from messages where agent_id = 'grow' and seq in (2, 3); update messages set text = 'x' where agent_id = 'a-1'").await;
        world.run_sql("update outbox set delivered = not delivered; delete from agents where agent_id = 'a-1'").await;
        let (found, orphans) = rebuilt(&*store, &*target, &agents, 100).await;
        assert_eq!((found, orphans), (Differences { agents: 1, messages: 4, mail: 2, ..Differences::default() }, 0));
    }

    async fn rows_without_a_journal_are_deleted(world: World) {
        let (store, agents) = story(world).await;
        let target = world.db().await.views(&local());
        let before = all_rows(world, &*store).await;
        world.run_sql(match &world.config {
            DbConfig::Sqlite { .. } => "insert into messages (id, profile_id, agent_id, seq, author, text, at) \
                select id + 5000, profile_id, 'ghost', seq + id % 1000 * 1000, author, text, at from messages",
            DbConfig::Postgres { .. } => "insert into messages (profile_id, agent_id, seq, position, author, text, folded, at) \
                select profile_id, 'ghost', seq + position * 1000, position, author, text, folded, at from messages",
        }).await;
        world.run_sql("insert into outbox (profile_id, id, position, sender, receiver, body) \
            select profile_id, id || 'x', position + 5000, sender, receiver, body from outbox").await;
        let (found, orphans) = rebuilt(&*store, &*target, &agents, 7).await;
        assert_eq!(found, Differences::default());
        assert_eq!(orphans, 45 + 2);
        assert_eq!(all_rows(world, &*store).await, before);
    }

    async fn an_interrupted_rebuild_leaves_the_old_views_or_the_new_ones(world: World) {
        let (store, agents) = story(world).await;
        let before = all_rows(world, &*store).await;
        world.run_sql(DAMAGES[0]).await;
        let damaged = all_rows(world, &*store).await;
        let target = world.db().await.views(&local());
        for pages in 0..3 {
            assert!(replay(&*store, &*target, &agents[1], 5, pages).await.is_none());
            assert_eq!(all_rows(world, &*store).await, damaged, "after {pages} pages");
        }
        let mut finished = 0;
        for polls in (0..400).step_by(9) {
            let mut rebuilding = Box::pin(rebuilt(&*store, &*target, &agents[1..], 50));
            let mut polls_left = polls;
            // Polls the future a number of times, then drops it in any state.
            std::future::poll_fn(|context| {
                let ready = rebuilding.as_mut().poll(context).is_ready();
                if ready || polls_left == 0 { std::task::Poll::Ready(()) } else { polls_left -= 1; std::task::Poll::Pending }
            })
            .await;
            drop(rebuilding);
            let rows = store.messages(&AgentId::grow(), None, 100).await.unwrap().len();
            let agent = store.agent(&AgentId::grow()).await.unwrap();
            assert_eq!((rows == 43, rows == 0), (agent.is_some(), agent.is_none()), "{rows} messages after {polls} polls");
            finished += usize::from(rows == 43);
            world.run_sql(DAMAGES[0]).await;
        }
        assert!(finished > 0, "at least one rebuild finished");
        rebuilt(&*store, &*target, &agents, 50).await;
        assert_eq!(all_rows(world, &*store).await, before);
    }

    async fn an_append_during_a_rebuild_is_a_conflict(world: World) {
        let (store, mut agents) = story(world).await;
        let target = world.db().await.views(&local());
        let old = agents[1].head;
        agents[1].append(&*store, vec![said("late")]).await;
        let before = all_rows(world, &*store).await;
        agents[1].head = old;
        let refused = replay(&*store, &*target, &agents[1], 100, 10).await.unwrap();
        assert!(matches!(refused, Err(StoreError::Conflict { .. })), "{refused:?}");
        assert_eq!(all_rows(world, &*store).await, before);
    }

    async fn all_journals_are_listed_and_one_without_an_end_is_corrupt(world: World) {
        let (_, agents) = story(world).await;
        let target = world.db().await.views(&local());
        let known: Vec<(AgentId, Head)> = agents.iter().map(|agent| (agent.state.id().clone(), agent.head)).collect();
        assert_eq!(target.journals().await.unwrap(), known);
        world.run_sql("delete from journals where agent_id = 'a-1'").await;
        let error = target.journals().await.unwrap_err();
        assert!(matches!(error, StoreError::Corrupt(_)), "{error:?}");
    }

    async fn a_rebuild_affects_only_its_own_profile(world: World) {
        let (store, agents) = story(world).await;
        let other = world.db().await.profile(&growqr_core::id::ProfileId::new("other"), NOW).await.unwrap();
        TestAgent::new("grow").append(&*other, vec![said("tea elsewhere")]).await;
        let before = all_rows(world, &*store).await;
        world.run_sql("delete from messages where profile_id = 'local'").await;
        rebuilt(&*store, &*world.db().await.views(&local()), &agents, 50).await;
        assert_eq!(all_rows(world, &*store).await, before);
        assert_eq!(other.search("tea else", None, 9).await.unwrap().len(), 1);
    }
}

/// SQLite's index cannot be compared with the messages, so a rebuild always writes it anew.
#[tokio::test]
async fn a_lost_index_is_rebuilt() {
    let world = World::sqlite();
    let (store, agents) = story(&world).await;
    let before = all_rows(&world, &*store).await;
    world.run_sql("delete from messages_index").await;
    assert_eq!(store.search("ärger", None, 9).await.unwrap(), []);
    rebuilt(&*store, &*world.db().await.views(&local()), &agents, 50).await;
    assert_eq!(all_rows(&world, &*store).await, before);
}

/// If the extension was not available at first, a rebuild tries again to create the index.
#[tokio::test]
async fn searches_work_without_the_index_of_postgres_and_a_rebuild_creates_it() {
    let Some(world) = World::postgres().await else { return };
    let (store, agents) = story(&world).await;
    let before = all_rows(&world, &*store).await;
    world.run_sql("drop extension pg_trgm cascade").await;
    assert_eq!(all_rows(&world, &*store).await, before);
    assert_eq!(Db::status(&world.config).await.unwrap().unwrap().indexed, Some(false));
    rebuilt(&*store, &*world.db().await.views(&local()), &agents, 50).await;
    assert_eq!(Db::status(&world.config).await.unwrap().unwrap().indexed, Some(true));
    let index = world.rows("pg_indexes").await.into_iter().find(|row| row.contains("messages_trigrams"));
    assert!(index.is_some_and(|index| index.contains("gin")));
}
