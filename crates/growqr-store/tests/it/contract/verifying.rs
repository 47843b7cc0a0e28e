//! A change of recorded events is detected.

use super::on_both;
use crate::fixtures::{World, append, local, said, say};
use growqr_core::id::{AgentId, Position, Seq};
use growqr_core::journal::{Head, StoreError};
use growqr_store::{Broken, Db, Fault, Verified};

/// Two agents, four events: grow 1, a-1 1, grow 2, grow 3.
async fn four_events(world: &World) -> Db {
    let (store, grow) = (world.store().await, AgentId::grow());
    let head = say(&*store, &grow, Head::default(), "one").await.unwrap().head;
    say(&*store, &AgentId::new("a-1"), Head::default(), "two").await.unwrap();
    store.append(append(&grow, head, vec![said("three"), said("four")])).await.unwrap();
    world.db().await
}

/// The fault that is found after `sql` has changed the database directly.
async fn found_after(world: &World, sql: &'static str) -> Option<Broken> {
    let db = four_events(world).await;
    world.run_sql(sql).await;
    db.verify(&local()).await.unwrap().broken
}

fn broken(agent: &str, seq: u64, position: u64, fault: Fault) -> Option<Broken> {
    Some(Broken { agent: AgentId::new(agent), seq: Seq(seq), position: Position(position), fault })
}

on_both! {
    async fn intact_journals_have_no_fault(world: World) {
        let found = four_events(world).await.verify(&local()).await.unwrap();
        assert_eq!(found, Verified { agents: 2, events: 4, broken: None });
    }

    async fn an_altered_time_is_found(world: World) {
        let found = found_after(world, "update events set at = at + 1 where position = 3").await;
        assert_eq!(found, broken("grow", 2, 3, Fault::Altered));
    }

    async fn an_altered_kind_is_found(world: World) {
        let found = found_after(world, "update events set kind = 'turn_ended' where position = 2").await;
        assert_eq!(found, broken("a-1", 1, 2, Fault::Altered));
    }

    async fn a_replaced_previous_hash_is_found(world: World) {
        let found = found_after(world, "update events set prev_hash = hash where position = 4").await;
        assert_eq!(found, broken("grow", 3, 4, Fault::Unlinked));
    }

    async fn a_removed_event_is_found(world: World) {
        let found = found_after(world, "delete from events where position = 2").await;
        assert_eq!(found, broken("grow", 2, 3, Fault::PositionGap));
    }

    async fn a_cut_off_end_is_found(world: World) {
        let found = found_after(world, "delete from events where position = 4").await;
        assert_eq!(found, broken("grow", 2, 3, Fault::WrongEnd));
    }

    async fn an_end_cut_off_together_with_its_position_is_found(world: World) {
        let sql = "delete from events where position = 4; update profiles set position = 3";
        assert_eq!(found_after(world, sql).await, broken("grow", 2, 3, Fault::WrongEnd));
    }

    async fn a_journal_without_a_recorded_end_is_found(world: World) {
        let found = found_after(world, "delete from journals where agent_id = 'a-1'").await;
        assert_eq!(found, broken("a-1", 1, 4, Fault::NoEnd));
    }

    async fn a_damaged_event_is_refused_when_an_agent_wakes(world: World) {
        four_events(world).await;
        world.run_sql("update events set body = hash where position = 3").await;
        let error = world.store().await.entries(&AgentId::grow(), Seq(0), 10).await.unwrap_err();
        assert!(matches!(error, StoreError::Corrupt(_)), "{error:?}");
    }

    async fn an_event_of_a_newer_build_is_refused_when_an_agent_wakes(world: World) {
        four_events(world).await;
        world.run_sql("update events set schema_version = 1000 where position = 3").await;
        let error = world.store().await.entries(&AgentId::grow(), Seq(0), 10).await.unwrap_err();
        assert!(matches!(error, StoreError::Newer(_)), "{error:?}");
    }

    async fn a_database_that_requires_a_newer_build_is_refused_and_not_changed(world: World) {
        four_events(world).await.close().await;
        world.run_sql("update app set min_app_version = '99.1.0'").await;
        let error = Db::open(&world.config).await.err().unwrap();
        assert!(matches!(error, StoreError::Newer(ref version) if version == "99.1.0"), "{error:?}");
        let error = Db::open_read_only(&world.config).await.err().unwrap();
        assert!(matches!(error, StoreError::Newer(_)), "{error:?}");
        let status = Db::status(&world.config).await.unwrap().unwrap();
        assert_eq!(status.min_app_version.as_deref(), Some("99.1.0"));
    }

    async fn a_compatible_migration_of_a_newer_build_is_accepted(world: World) {
        four_events(world).await.close().await;
        world.run_sql(
            "insert into _sqlx_migrations (version, description, success, checksum, execution_time) \
             select 99, 'later', success, checksum, 0 from _sqlx_migrations where version = 1",
        )
        .await;
        assert_eq!(Db::open(&world.config).await.unwrap().migrated().to, 99);
    }
}
