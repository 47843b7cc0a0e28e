//! Asks, rules and spendings: views of the journal, and the person's own lines.

use super::on_both;
use crate::fixtures::{NOW, World, append, local, said, say, view};
use growqr_core::ask::{Answer, Ask, AskDetail, AskKind, AskScope, SettledBy};
use growqr_core::clock::Timestamp;
use growqr_core::event::{AskRaised, AskSettled, Event, MessageEdited, MessageWithdrawn};
use growqr_core::id::{AgentId, AskId, EffectId, Position, ProfileId, Seq};
use growqr_core::journal::{AgentView, AskView, Head, Settlement, SpendingBy, SpendingView, View};
use growqr_core::limits::Raise;
use growqr_core::memory::CommitPlan;
use growqr_core::money::Money;
use growqr_core::rebuild::ReplayedPage;
use growqr_core::rules::RuleOrigin;
use std::collections::BTreeSet;
use std::sync::Arc;

const DAY: i64 = 86_400_000;

fn ask(id: &str) -> Ask {
    Ask {
        id: AskId::new(id),
        kind: AskKind::Question,
        text: "which\0one?".to_owned(),
        detail: None,
        options: Vec::new(),
        scopes: Vec::new(),
        deadline: Some(Timestamp(7)),
        default: None,
    }
}

fn raised(id: &str, seq: u64) -> (Event, View) {
    let view = AskView {
        agent: AgentId::grow(),
        seq: Seq(seq),
        ask: ask(id),
        raised_at: Timestamp(NOW.0 + i64::from(seq as u32)),
        settled: None,
    };
    (AskRaised { ask: Box::new(ask(id)), notices: Vec::new() }.into(), View::Ask(Box::new(view)))
}

/// An ask about a held change with this commit, with the reason of its agent.
fn about_change(id: &str, commit: &str, message: &str) -> Ask {
    let held = CommitPlan {
        path: "a.md".to_owned(),
        base_head: None,
        old_blob: None,
        new_blob: None,
        commit: commit.to_owned(),
        merged: false,
    };
    let detail = AskDetail::Review {
        effect: EffectId::new(id),
        turn: 1,
        held: Box::new(held),
        message: message.to_owned(),
        rule: "hold commit_memory".to_owned(),
        untrusted: Vec::new(),
        base: None,
        problem: None,
        edited: None,
        remark: None,
    };
    Ask { kind: AskKind::Review, detail: Some(detail), ..ask(id) }
}

fn settlement(rule: Option<&str>) -> Settlement {
    let answer = Some(Answer { text: Some("this".to_owned()), scope: AskScope::Always, ..Answer::default() });
    Settlement { by: SettledBy::Person, answer, rule: rule.map(str::to_owned), at: NOW }
}

fn settled(id: &str, rule: Option<&str>) -> (Event, Vec<View>) {
    let Settlement { by, answer, rule, .. } = settlement(rule);
    let mut views = vec![View::AskSettled(AskId::new(id), settlement(rule.as_deref()))];
    views.extend(rule.clone().map(|line| View::Rule { ask: AskId::new(id), line, at: NOW }));
    let (ask, merged, notices) = (AskId::new(id), None, Vec::new());
    let settled =
        AskSettled { ask, by, answer, rule, outcome: None, merged, commented_by: None, notices, counts_with_work: false };
    (settled.into(), views)
}

on_both! {
    async fn an_ask_is_open_until_it_is_settled(world: World) {
        let (store, grow) = (world.store().await, AgentId::grow());
        let (first, first_view) = raised("ask-1", 1);
        let (second, second_view) = raised("ask-2", 2);
        let mut both = append(&grow, Head::default(), vec![first, second]);
        both.views.extend([first_view, second_view]);
        let head = store.append(both).await.unwrap().head;
        let open: Vec<String> = store.open_asks().await.unwrap().iter().map(|view| view.ask.id.to_string()).collect();
        assert_eq!(open, ["ask-1", "ask-2"], "oldest first");
        let (event, views) = settled("ask-1", None);
        let mut answered = append(&grow, head, vec![event]);
        answered.views.extend(views);
        store.append(answered).await.unwrap();
        assert_eq!(store.open_asks().await.unwrap().len(), 1);
        let one = store.ask(&AskId::new("ask-1")).await.unwrap().unwrap();
        assert_eq!((one.ask, one.settled), (ask("ask-1"), Some(settlement(None))), "also its NUL character");
        assert_eq!(store.settled_asks(10).await.unwrap().len(), 1);
        assert_eq!(store.ask(&AskId::new("ask-3")).await.unwrap(), None);
    }

    async fn asks_about_a_held_change_are_found_by_its_commit_the_open_ones_first(world: World) {
        let (store, grow) = (world.store().await, AgentId::grow());
        let about = |id: &str, seq: u64, commit: &str, message: &str| {
            let (_, mut view) = raised(id, seq);
            if let View::Ask(view) = &mut view {
                view.ask = about_change(id, commit, message);
            }
            let ask = Box::new(about_change(id, commit, message));
            (Event::from(AskRaised { ask, notices: Vec::new() }), view)
        };
        let decoy = format!("\"commit\":\"{}\0", "a".repeat(40));
        let all = [
            about("ask-1", 1, &"a".repeat(40), "first"),
            about("ask-2", 2, &"a".repeat(40), "again"),
            about("ask-3", 3, &"b".repeat(40), &decoy),
            raised("ask-4", 4),
        ];
        let (events, views): (Vec<Event>, Vec<View>) = all.into_iter().unzip();
        let mut first = append(&grow, Head::default(), events);
        first.views.extend(views);
        let head = store.append(first).await.unwrap().head;
        let (event, views) = settled("ask-1", None);
        let mut second = append(&grow, head, vec![event]);
        second.views.extend(views);
        store.append(second).await.unwrap();
        let found = async |beginning: &str| {
            let views = store.asks_about_commit(beginning).await.unwrap();
            views.into_iter().map(|view| (view.ask.id.to_string(), view.settled.is_some())).collect::<Vec<_>>()
        };
        assert_eq!(found(&"a".repeat(12)).await, [("ask-2".to_owned(), false), ("ask-1".to_owned(), true)]);
        assert_eq!(found(&"b".repeat(12)).await, [("ask-3".to_owned(), false)], "what an agent has written names no commit");
        assert_eq!(found("c").await, []);
    }

    async fn a_refused_append_settles_no_ask_and_adds_no_rule(world: World) {
        let (store, grow) = (world.store().await, AgentId::grow());
        let (event, view) = raised("ask-1", 1);
        let mut first = append(&grow, Head::default(), vec![event]);
        first.views.push(view);
        store.append(first).await.unwrap();
        let (event, views) = settled("ask-1", Some("allow act"));
        let mut late = append(&grow, Head::default(), vec![event]);
        late.views.extend(views);
        store.append(late).await.unwrap_err();
        assert_eq!(store.open_asks().await.unwrap().len(), 1);
        assert_eq!(store.rules().await.unwrap(), []);
    }

    async fn a_removed_line_does_not_come_back(world: World) {
        let (store, grow) = (world.store().await, AgentId::grow());
        let (event, view) = raised("ask-1", 1);
        let (answer, views) = settled("ask-1", Some("allow act"));
        let mut both = append(&grow, Head::default(), vec![event, answer]);
        both.views.push(view);
        both.views.extend(views.clone());
        let later = Timestamp(NOW.0 + 1);
        for line in ["deny a", "ask b"] {
            store.add_rule(line, later).await.unwrap();
        }
        store.append(both).await.unwrap();
        let rules = store.rules().await.unwrap();
        assert!(store.remove_rule(&rules[0].id, later).await.unwrap());
        assert!(store.remove_rule(&rules[2].id, later).await.unwrap());
        assert!(!store.remove_rule(&rules[2].id, later).await.unwrap(), "once");
        assert_ne!(store.add_rule("deny c", later).await.unwrap(), rules[0].id, "ids are not used again");
        let head = store.entries(&grow, Seq(0), 10).await.unwrap().1.unwrap();
        let mut again = append(&grow, head, vec![said("x")]);
        again.views.extend(views.into_iter().filter(|view| matches!(view, View::Rule { .. })));
        store.append(again).await.unwrap();
        assert!(store.rules().await.unwrap().iter().all(|rule| rule.origin == RuleOrigin::Person));
    }

    async fn lines_stay_in_the_order_of_adding_whoever_added_them_and_whatever_the_clock_says(world: World) {
        let (store, grow) = (world.store().await, AgentId::grow());
        let always = |ask: &str, line: &str, at| View::Rule { ask: AskId::new(ask), line: line.to_owned(), at: Timestamp(at) };
        let mut head = Head::default();
        let first = store.add_rule("deny a", Timestamp(9)).await.unwrap();
        for (text, rules) in [("x", ["allow b", "allow c"]), ("y", ["allow f", "allow g"])] {
            let mut answered = append(&grow, head, vec![said(text)]);
            answered.views.extend(rules.map(|line| always(&format!("ask-{line}"), line, 5)));
            head = store.append(answered).await.unwrap().head;
            if text == "x" {
                store.add_rule("deny d", Timestamp(5)).await.unwrap();
                store.add_rule("deny e", Timestamp(1)).await.unwrap();
            }
        }
        let lines = async || store.rules().await.unwrap().into_iter().map(|rule| rule.line).collect::<Vec<_>>();
        let in_order = ["deny a", "allow b", "allow c", "deny d", "deny e", "allow f", "allow g"];
        assert_eq!(lines().await, in_order);
        let origins: Vec<_> = store.rules().await.unwrap().iter().map(|rule| rule.origin == RuleOrigin::Person).collect();
        assert_eq!(origins, [true, false, false, true, true, false, false]);
        assert_eq!((first, store.rules().await.unwrap()[0].added_at), (store.rules().await.unwrap()[0].id.clone(), Timestamp(9)));

        // A rebuild adds the lines that are missing at the end and moves no other line.
        world.run_sql("delete from rules where line = 'allow b'").await;
        let views = world.db().await.views(&local());
        let mut rebuild = views.rebuild(&grow).await.unwrap();
        let entries = store.events(Position(0), None, 10).await.unwrap();
        let entries: Vec<_> = entries.iter().map(|event| (event.position, event.entry().unwrap())).collect();
        let again = ["allow g", "allow c", "allow b", "allow f"].map(|line| always(&format!("ask-{line}"), line, 5));
        let page = ReplayedPage { entries, views: again.into(), ..ReplayedPage::default() };
        rebuild.add_page(page).await.unwrap();
        assert_eq!(rebuild.finish(head).await.unwrap().rules, 1);
        assert_eq!(lines().await, ["deny a", "allow c", "deny d", "deny e", "allow f", "allow g", "allow b"]);
    }

    async fn lines_that_are_added_at_the_same_time_have_ids_of_their_own(world: World) {
        let (one, other) = (world.store().await, world.store().await);
        let adds = (0..20).map(|n| {
            let store = if n % 2 == 0 { Arc::clone(&one) } else { Arc::clone(&other) };
            tokio::spawn(async move { store.add_rule(&format!("deny {n}"), NOW).await.unwrap() })
        });
        let mut ids = BTreeSet::new();
        for add in adds.collect::<Vec<_>>() {
            ids.insert(add.await.unwrap());
        }
        let stored: BTreeSet<String> = one.rules().await.unwrap().into_iter().map(|rule| rule.id).collect();
        assert_eq!((ids.len(), ids), (20, stored));
    }

    async fn the_lines_of_another_profile_are_neither_listed_nor_removed(world: World) {
        let (store, db) = (world.store().await, world.db().await);
        let other = db.profile(&ProfileId::new("other"), NOW).await.unwrap();
        let id = store.add_rule("deny a", NOW).await.unwrap();
        assert!(!other.remove_rule(&id, NOW).await.unwrap());
        assert_eq!((store.rules().await.unwrap().len(), other.rules().await.unwrap().len()), (1, 0));
    }

    async fn no_number_of_a_provider_stops_an_append_or_a_sum(world: World) {
        let (store, grow) = (world.store().await, AgentId::grow());
        let events = (0..40).map(|n| said(&format!("{n}"))).collect();
        let mut all = append(&grow, Head::default(), events);
        let huge = Money(u64::MAX);
        all.views = vec![View::Agent(AgentView { spent: huge, unknown: huge, reserved: huge, allowance: Some(huge), ..view(&grow) })];
        all.views.extend((1..=40).map(|seq| View::Spending(SpendingView {
            seq: Seq(seq),
            at: NOW,
            purpose: "m".to_owned(),
            cost: huge,
            unknown: huge,
            input_tokens: u64::MAX,
            cached_tokens: u64::MAX - 1,
            output_tokens: i64::MAX as u64 + 1,
            is_estimate: true,
        })));
        store.append(all).await.unwrap();
        assert_eq!(store.agent(&grow).await.unwrap().unwrap().spent, Money(i64::MAX as u64));
        for by in [SpendingBy::Agent, SpendingBy::Model, SpendingBy::Day] {
            let sums = store.spendings(by, Timestamp(0)).await.unwrap();
            assert_eq!((sums.len(), sums[0].calls, sums[0].input_tokens), (1, 40, 40_000_000_000_000));
            assert_eq!(sums[0].estimates, 40);
            assert!(sums[0].cost > Money::usd(1_000_000));
        }
    }

    async fn a_message_that_is_taken_back_or_changed_is_found_only_as_it_is_now(world: World) {
        let (store, grow) = (world.store().await, AgentId::grow());
        let head = say(&*store, &grow, Head::default(), "buy milk").await.unwrap().head;
        let head = say(&*store, &grow, head, "buy bread").await.unwrap().head;
        let mut changed = append(
            &grow,
            head,
            vec![MessageEdited { message: Seq(1), text: "buy cheese".to_owned() }.into(), MessageWithdrawn { message: Seq(2), raised: Raise::default() }.into()],
        );
        changed.views.push(View::MessageEdited { message: Seq(1), text: "buy cheese".to_owned() });
        changed.views.push(View::MessageWithdrawn(Seq(2)));
        store.append(changed).await.unwrap();
        let messages = store.messages(&grow, None, 10).await.unwrap();
        assert_eq!(messages.iter().map(|message| message.text.as_str()).collect::<Vec<_>>(), ["buy cheese"]);
        for (text, count) in [("milk", 0), ("bread", 0), ("cheese", 1), ("buy", 1)] {
            assert_eq!(store.search(text, None, 10).await.unwrap().len(), count, "{text}");
        }
    }

    async fn spendings_are_summed_by_agent_model_and_day(world: World) {
        let (store, grow, scout) = (world.store().await, AgentId::grow(), AgentId::new("a-1"));
        let spending = |seq, at, purpose: &str, cost| SpendingView {
            seq: Seq(seq),
            at: Timestamp(at),
            purpose: purpose.to_owned(),
            cost: Money(cost),
            unknown: Money(1),
            input_tokens: 10,
            cached_tokens: 4,
            output_tokens: 2,
            is_estimate: false,
        };
        for (agent, rows) in [
            (&grow, vec![spending(1, 0, "m", 5), spending(2, DAY, "web search", 7)]),
            (&scout, vec![spending(1, DAY, "m", 30)]),
        ] {
            let events = rows.iter().map(|row| said(&format!("{agent} {}", row.seq))).collect();
            let mut all = append(agent, Head::default(), events);
            all.views.extend(rows.into_iter().map(View::Spending));
            store.append(all).await.unwrap();
        }
        let sums = async |by, since| {
            let sums = store.spendings(by, Timestamp(since)).await.unwrap();
            sums.into_iter().map(|sum| (sum.key, sum.calls, sum.cost.0, sum.cached_tokens)).collect::<Vec<_>>()
        };
        let key = str::to_owned;
        assert_eq!(sums(SpendingBy::Agent, 0).await, [(key("a-1"), 1, 30, 4), (key("grow"), 2, 12, 8)]);
        assert_eq!(sums(SpendingBy::Model, 0).await, [(key("m"), 2, 35, 8), (key("web search"), 1, 7, 4)]);
        assert_eq!(sums(SpendingBy::Day, 0).await, [(key("1970-01-02"), 2, 37, 8), (key("1970-01-01"), 1, 5, 4)]);
        assert_eq!(sums(SpendingBy::Day, DAY).await, [(key("1970-01-02"), 2, 37, 8)]);
    }
}
