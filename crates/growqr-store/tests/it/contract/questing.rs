//! Quests and the attempts to do their steps: each is claimed once, whoever looks.

use super::on_both;
use crate::fixtures::{NOW, World};
use growqr_core::clock::Timestamp;
use growqr_core::id::{AgentId, ProfileId, QuestId};
use growqr_core::journal::Store;
use growqr_core::memory::Page;
use growqr_core::money::Money;
use growqr_core::quest::{Attempt, BeginSteps, Finished, NewQuest, Quest, QuestState, begin, facts, standing};
use std::sync::Arc;

fn later(ms: i64) -> Timestamp {
    Timestamp(NOW.0 + ms)
}

/// A quest with the page of its own.
fn quest(id: &str, content: &str) -> Quest {
    let page = Page { path: format!("quests/{id}.md"), content: content.to_owned(), version: String::new() };
    let new = NewQuest { id: QuestId::new(id), page, budget: None, by_agent: Some(AgentId::grow()) };
    new.make(NOW).unwrap()
}

fn three(id: &str) -> Quest {
    quest(id, "# Three things\n\n- [ ] One\n  with \"more\" é\n- [ ] Two\n- [x] Three\n")
}

/// What a host does when it looks at a quest.
async fn begins(store: &dyn Store, id: &QuestId, now: Timestamp) -> Option<BeginSteps> {
    let quest = store.quest(id).await.unwrap().unwrap();
    let attempts = store.attempts(id).await.unwrap();
    let stands = standing(&quest, &attempts, &facts(&store.agents().await.unwrap()));
    begin(&quest, &stands, now)
}

fn steps(attempts: &[Attempt]) -> Vec<(u32, u32)> {
    attempts.iter().map(|attempt| (attempt.step, attempt.number)).collect()
}

async fn tended(store: &dyn Store) -> Vec<String> {
    store.quests_to_tend().await.unwrap().into_iter().map(|quest| quest.id.to_string()).collect()
}

on_both! {
    async fn a_quest_comes_back_as_it_was_started(world: World) {
        let store = world.store().await;
        let (one, two) = (three("q-1"), Quest { created_at: later(1), ..quest("q-2", "1. [ ] a\n2. [ ] b") });
        assert!(store.add_quest(&one).await.unwrap() && store.add_quest(&two).await.unwrap());
        assert!(!store.add_quest(&one).await.unwrap(), "one id is one quest");
        assert_eq!(store.quests().await.unwrap(), [two, one.clone()]);
        assert_eq!(store.quest(&QuestId::new("q-3")).await.unwrap(), None);
        assert!(store.attempts(&one.id).await.unwrap().is_empty());
        let other = world.db().await.profile(&ProfileId::new("other"), NOW).await.unwrap();
        assert!(other.quests().await.unwrap().is_empty());
    }

    async fn there_is_one_open_quest_of_a_page(world: World) {
        let store = world.store().await;
        let first = three("q-1");
        let again = Quest { id: QuestId::new("q-2"), ..first.clone() };
        assert!(store.add_quest(&first).await.unwrap());
        assert!(!store.add_quest(&again).await.unwrap());
        let paused = Quest { state: QuestState::Paused, ..first.clone() };
        assert!(store.change_quest(&paused).await.unwrap());
        assert!(!store.add_quest(&again).await.unwrap(), "it is still open");
        let ended = Quest { state: QuestState::Cancelled, revision: 2, ..first };
        assert!(store.change_quest(&ended).await.unwrap());
        assert!(store.add_quest(&again).await.unwrap());
    }

    async fn a_change_of_a_quest_counts_only_for_the_revision_that_it_names(world: World) {
        let store = world.store().await;
        let first = three("q-1");
        store.add_quest(&first).await.unwrap();
        let changed = Quest {
            budget: Money::usd(7),
            state: QuestState::Paused,
            skipped: [2].into(),
            changed_at: later(5),
            ..first.clone()
        };
        assert!(store.change_quest(&changed).await.unwrap());
        assert!(!store.change_quest(&Quest { state: QuestState::Cancelled, ..first }).await.unwrap(), "it was changed meanwhile");
        assert_eq!(store.quest(&changed.id).await.unwrap(), Some(Quest { revision: 2, ..changed }));
    }

    /// Many at once, each with its own connection, and all have read the same.
    async fn many_hosts_claim_the_steps_of_a_quest_once(world: World) {
        let first = world.store().await;
        let quest = three("q-1");
        first.add_quest(&quest).await.unwrap();
        let claim = Arc::new(begins(&*first, &quest.id, later(9)).await.unwrap());
        let mut tries = Vec::new();
        for _ in 0..8 {
            let (store, claim) = (world.store().await, Arc::clone(&claim));
            tries.push(tokio::spawn(async move { store.begin_steps(&claim).await.unwrap() }));
        }
        let mut won = 0;
        for one in tries {
            won += u32::from(one.await.unwrap());
        }
        let attempts = first.attempts(&quest.id).await.unwrap();
        assert_eq!((won, steps(&attempts)), (1, vec![(1, 1), (2, 1)]));
        assert_eq!(attempts, claim.attempts);
        assert_eq!(begins(&*first, &quest.id, later(10)).await, None, "they are claimed");
        assert_eq!(first.quest(&quest.id).await.unwrap().unwrap().revision, 2);
    }

    /// A claim that breaks off half-way leaves no trace.
    async fn a_claim_of_steps_is_written_as_a_whole_or_not_at_all(world: World) {
        let store = world.store().await;
        let quest = three("q-1");
        store.add_quest(&quest).await.unwrap();
        let claim = begins(&*store, &quest.id, later(1)).await.unwrap();
        let twice = BeginSteps { attempts: [claim.attempts.clone(), vec![claim.attempts[0].clone()]].concat(), ..claim.clone() };
        assert!(!store.begin_steps(&twice).await.unwrap());
        assert!(store.attempts(&quest.id).await.unwrap().is_empty());
        assert!(store.begin_steps(&claim).await.unwrap(), "the writer still works, and the revision is as it was");
    }

    async fn what_was_noted_of_an_attempt_stays(world: World) {
        let store = world.store().await;
        let quest = three("q-1");
        store.add_quest(&quest).await.unwrap();
        store.begin_steps(&begins(&*store, &quest.id, later(1)).await.unwrap()).await.unwrap();
        let first = store.attempts(&quest.id).await.unwrap().remove(0);
        let posted = Attempt { posted_at: Some(later(2)), ..first.clone() };
        store.note_attempt(&posted).await.unwrap();
        store.note_attempt(&Attempt { posted_at: Some(later(3)), ..first.clone() }).await.unwrap();
        let sources = vec!["web".to_owned(), "a \"file\"".to_owned()];
        let done = Finished { at: later(4), report: "Done:\n\0all".to_owned(), sources };
        store.note_attempt(&Attempt { done: Some(done.clone()), ..posted.clone() }).await.unwrap();
        let other = Finished { at: later(5), report: "else".to_owned(), sources: Vec::new() };
        store.note_attempt(&Attempt { done: Some(other), closed_at: Some(later(6)), ..first }).await.unwrap();
        let done = Finished { report: "Done:\n\u{fffd}all".to_owned(), ..done };
        let all = store.attempts(&quest.id).await.unwrap();
        assert_eq!(all[0], Attempt { done: Some(done), closed_at: Some(later(6)), ..posted });
        assert_eq!((all[1].posted_at, all[1].done.clone()), (None, None), "the other one is as it was");
        assert_eq!(store.last_attempts(1).await.unwrap(), [all[1].clone()]);
    }

    async fn a_host_tends_what_is_open_and_what_it_has_to_end(world: World) {
        let store = world.store().await;
        for (at, id) in [(3, "q-1"), (2, "q-2"), (1, "q-3"), (0, "q-4")] {
            let quest = Quest { created_at: later(at), ..three(id) };
            store.add_quest(&quest).await.unwrap();
            store.begin_steps(&begins(&*store, &quest.id, later(9)).await.unwrap()).await.unwrap();
        }
        assert_eq!(tended(&*store).await, ["q-4", "q-3", "q-2", "q-1"], "the oldest first");
        for (id, state) in [("q-1", QuestState::Paused), ("q-2", QuestState::Done), ("q-3", QuestState::Cancelled)] {
            let quest = store.quest(&QuestId::new(id)).await.unwrap().unwrap();
            assert!(store.change_quest(&Quest { state, ..quest }).await.unwrap());
        }
        assert_eq!(tended(&*store).await, ["q-4", "q-3", "q-1"], "nothing is left to do for one that is done");
        let done = Some(Finished { at: later(10), report: String::new(), sources: Vec::new() });
        let of_second = store.attempts(&QuestId::new("q-2")).await.unwrap().remove(0);
        store.note_attempt(&Attempt { done, ..of_second.clone() }).await.unwrap();
        assert_eq!(tended(&*store).await, ["q-4", "q-3", "q-2", "q-1"], "but for the tick of its last step");
        store.note_attempt(&Attempt { closed_at: Some(later(11)), ..of_second }).await.unwrap();
        for attempt in store.attempts(&QuestId::new("q-3")).await.unwrap() {
            store.note_attempt(&Attempt { closed_at: Some(later(11)), ..attempt }).await.unwrap();
        }
        assert_eq!(tended(&*store).await, ["q-4", "q-1"]);
    }

    async fn a_quest_that_this_build_cannot_read_hides_no_other_and_is_paused_with_the_others(world: World) {
        let store = world.store().await;
        for id in ["q-1", "q-2", "q-3"] {
            store.add_quest(&three(id)).await.unwrap();
        }
        world.run_sql("update quests set steps = 'later' where id = 'q-1'").await;
        world.run_sql("update quests set state = 'done' where id = 'q-3'").await;
        assert_eq!(tended(&*store).await, ["q-2"]);
        assert!(store.quest(&QuestId::new("q-1")).await.is_err());
        store.begin_steps(&begins(&*store, &QuestId::new("q-2"), later(1)).await.unwrap()).await.unwrap();
        world.run_sql("update quest_attempts set allowance = -1 where step = 1").await;
        assert_eq!(steps(&store.attempts(&QuestId::new("q-2")).await.unwrap()), [(2, 1)], "nor does an attempt");
        let named = |id: &str| (QuestId::new(id), "Three things".to_owned());
        assert_eq!(store.pause_quests().await.unwrap(), [named("q-1"), named("q-2")]);
        assert!(store.pause_quests().await.unwrap().is_empty());
        let left = store.quests().await.unwrap();
        assert_eq!(left.iter().map(|quest| (quest.state, quest.revision)).collect::<Vec<_>>(), [(QuestState::Done, 1), (QuestState::Paused, 3)]);
    }
}
