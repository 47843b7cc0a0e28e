//! The spendings of events that earlier builds recorded: the first open of this build writes them.

use super::on_both;
use crate::fixtures::{NOW, TestAgent, World, local, said};
use growqr_core::clock::Timestamp;
use growqr_core::id::ProfileId;
use growqr_core::journal::{SpendingBy, Store};
use growqr_store::{Db, DbConfig};

/// The last migration of the builds before 0.3.0.
const EARLIER: i64 = 3;
const WITH_SPENDINGS: i64 = 4;

/// An answer as an earlier build recorded it.
fn answer(content: &str, model: &str, cost: &str) -> String {
    format!(
        r#"{{"reply":{{"content":[{content}],"stop":"end_turn","usage":{{"input_tokens":100,"output_tokens":7,"cache_read_tokens":20,
        "cache_write_5m_tokens":3,"cache_write_1h_tokens":4}},"model":"{model}","request_id":null,"cost":{cost}}}}}"#
    )
}

async fn create_profile(world: &World, name: &'static str) {
    world
        .run_sql(match (&world.config, name) {
            (DbConfig::Sqlite { .. }, "other") => {
                "insert into profiles (profile_id, number, position, created_at) values ('other', 2, 9, 0)"
            }
            (DbConfig::Sqlite { .. }, _) => {
                "insert into profiles (profile_id, number, position, created_at) values ('local', 1, 9, 0)"
            }
            (DbConfig::Postgres { .. }, "other") => {
                "insert into profiles (profile_id, position, created_at) values ('other', 9, 0)"
            }
            (DbConfig::Postgres { .. }, _) => "insert into profiles (profile_id, position, created_at) values ('local', 9, 0)",
        })
        .await;
}

/// Agent, calls, cost, tokens of the prompts, of them from the cache, tokens of the answers.
type Sum = (String, u64, u64, u64, u64, u64);

async fn sums(store: &dyn Store, by: SpendingBy) -> Vec<Sum> {
    let sums = store.spendings(by, Timestamp(0)).await.unwrap().into_iter();
    sums.map(|sum| (sum.key, sum.calls, sum.cost.0, sum.input_tokens, sum.cached_tokens, sum.output_tokens)).collect()
}

/// 5,000 answers of one agent and one of another, in a database of an earlier build that this build has not opened yet.
async fn many_answers(world: &World) {
    world.migrate_to(EARLIER).await;
    create_profile(world, "local").await;
    world.insert_event("local", "grow", 1, "model_answered", &answer("", "m", "5")).await;
    world
        .run_sql(
            "with recursive more (n) as (select 1 union all select n + 1 from more where n < 4999) \
        insert into events (profile_id, agent_id, seq, position, at, kind, schema_version, body, prev_hash, hash) \
        select profile_id, agent_id, seq + n, position + n, at, kind, schema_version, body, prev_hash, hash from events, more",
        )
        .await;
    world.insert_event("local", "a-1", 5001, "model_answered", &answer("", "m", "1")).await;
    world.run_sql("update profiles set position = 5001").await;
    world.migrate_to(WITH_SPENDINGS).await;
}

fn all_answers() -> Vec<Sum> {
    vec![("grow".to_owned(), 5000, 25_000, 635_000, 100_000, 35_000), ("a-1".to_owned(), 1, 1, 127, 20, 7)]
}

on_both! {
    async fn spendings_of_earlier_events_are_written_whatever_the_model_said(world: World) {
        world.migrate_to(EARLIER).await;
        create_profile(world, "local").await;
        create_profile(world, "other").await;
        let deep = format!(r#"{{"type":"tool_use","input":{}{}}}"#, "[".repeat(200), "]".repeat(200));
        world.insert_event("local", "grow", 1, "model_answered", &answer(r#"{"type":"text","text":"a\u0000b"}"#, "m", "1")).await;
        world.insert_event("local", "grow", 2, "model_answered", &answer(r#"{"type":"text","text":"\ud800 x \udc00"}"#, "m", "20")).await;
        world.insert_event("local", "grow", 3, "model_answered", &answer(&deep, "m", "300")).await;
        world.insert_event("local", "grow", 4, "user_said", r#"{"id":"m-1","text":"5"}"#).await;
        world.insert_event("local", "a-1", 5, "model_answered", &answer("", r"m\u0000", "null")).await;
        world.insert_event("local", "a-1", 6, "charge_settled", r#"{"charge":"c-1","cost":7}"#).await;
        world.insert_event("other", "grow", 9, "model_answered", &answer("", "m", "4000")).await;
        let db = Db::open(&world.config).await.unwrap();
        let (key, store) = (str::to_owned, db.profile(&local(), NOW).await.unwrap());
        assert_eq!(sums(&*store, SpendingBy::Agent).await, [
            (key("grow"), 3, 321, 381, 60, 21),
            (key("a-1"), 2, 7, 127, 20, 7),
        ]);
        let other = db.profile(&ProfileId::new("other"), NOW).await.unwrap();
        assert_eq!(sums(&*other, SpendingBy::Model).await, [(key("m"), 1, 4000, 127, 20, 7)]);
        assert_eq!(world.rows("unfilled_spendings").await, Vec::<String>::new());
    }

    async fn an_event_that_cannot_be_read_does_not_stop_the_open(world: World) {
        world.migrate_to(EARLIER).await;
        create_profile(world, "local").await;
        world.insert_event("local", "grow", 1, "model_answered", r#"{"reply":7}"#).await;
        world.insert_event("local", "grow", 2, "model_answered", &answer("", r"\ud800", "5")).await;
        world.insert_event("local", "grow", 3, "model_answered", &answer("", "m", "-5")).await;
        world.insert_event("local", "grow", 4, "model_answered", "").await;
        world.insert_event("local", "grow", 5, "model_answered", &answer("", "m", "18446744073709551615")).await;
        world.insert_event("local", "grow", 6, "model_answered", &answer("", "m", "5")).await;
        world.run_sql("update events set schema_version = 900 where seq = 6").await;
        world.insert_event("local", "grow", 7, "model_answered", &answer("", "m", "2")).await;
        let sums = sums(&*world.store().await, SpendingBy::Agent).await;
        assert_eq!((sums.len(), sums[0].1), (1, 2), "the one with the large cost, and the last one");
    }

    async fn an_interrupted_open_continues_after_its_last_page(world: World) {
        many_answers(world).await;
        world.run_sql(match &world.config {
            DbConfig::Sqlite { .. } => "create trigger stop before insert on spendings when new.seq = 2500 \
                begin select raise(abort, 'stopped'); end",
            DbConfig::Postgres { .. } => "create function stop() returns trigger language plpgsql as \
                $$ begin raise 'stopped'; end $$; \
                create trigger stop before insert on spendings for each row when (new.seq = 2500) execute function stop()",
        })
        .await;
        drop(Db::open(&world.config).await.unwrap());
        assert_eq!(world.rows("spendings").await.len(), 2000, "the first page");
        world.run_sql(match &world.config {
            DbConfig::Sqlite { .. } => "drop trigger stop",
            DbConfig::Postgres { .. } => "drop trigger stop on spendings",
        })
        .await;
        // Pages that are written already are not read again.
        world.run_sql("update spendings set purpose = 'first' where seq <= 2000").await;
        let db = Db::open(&world.config).await.unwrap();
        let store = db.profile(&local(), NOW).await.unwrap();
        assert_eq!(sums(&*store, SpendingBy::Agent).await, all_answers());
        let calls: Vec<u64> = sums(&*store, SpendingBy::Model).await.iter().map(|sum| sum.1).collect();
        assert_eq!(calls, [3001, 2000]);
    }

    async fn an_open_that_is_dropped_at_any_point_loses_and_doubles_nothing(world: World) {
        many_answers(world).await;
        for polls in (0..400).step_by(7) {
            let mut opening = Box::pin(Db::open(&world.config));
            let mut polls_left = polls;
            std::future::poll_fn(|context| {
                let ready = opening.as_mut().poll(context).is_ready();
                if ready || polls_left == 0 { std::task::Poll::Ready(()) } else { polls_left -= 1; std::task::Poll::Pending }
            })
            .await;
        }
        assert_eq!(sums(&*world.store().await, SpendingBy::Agent).await, all_answers());
    }

    async fn two_processes_write_the_spendings_once(world: World) {
        many_answers(world).await;
        let (one, other) = tokio::join!(Db::open(&world.config), Db::open(&world.config));
        let store = one.unwrap().profile(&local(), NOW).await.unwrap();
        assert_eq!(sums(&*store, SpendingBy::Agent).await, all_answers());
        other.unwrap();
    }

    async fn a_new_database_has_nothing_to_write(world: World) {
        TestAgent::new("grow").append(&*world.store().await, vec![said("one")]).await;
        assert_eq!(world.rows("unfilled_spendings").await, Vec::<String>::new());
    }
}
