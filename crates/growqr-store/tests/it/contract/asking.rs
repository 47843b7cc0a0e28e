//! Asks, rules and spendings: views of the journal, and the person's own lines.

use super::on_both;
use crate::fixtures::{NOW, World, append, said, say};
use growqr_core::ask::{Answer, Ask, AskKind, AskScope, SettledBy};
use growqr_core::clock::Timestamp;
use growqr_core::event::{AskRaised, AskSettled, Event, MessageEdited, MessageWithdrawn};
use growqr_core::id::{AgentId, AskId, Seq};
use growqr_core::journal::{AskView, Head, Settlement, SpendingBy, SpendingView, View};
use growqr_core::money::Money;
use growqr_core::rules::RuleOrigin;

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
    (AskRaised { ask: ask(id), notices: Vec::new() }.into(), View::Ask(view))
}

fn settlement(rule: Option<&str>) -> Settlement {
    let answer = Some(Answer { text: Some("this".to_owned()), scope: AskScope::Always, ..Answer::default() });
    Settlement { by: SettledBy::Person, answer, rule: rule.map(str::to_owned), at: NOW }
}

fn settled(id: &str, rule: Option<&str>) -> (Event, Vec<View>) {
    let Settlement { by, answer, rule, .. } = settlement(rule);
    let mut views = vec![View::AskSettled(AskId::new(id), settlement(rule.as_deref()))];
    views.extend(rule.clone().map(|line| View::Rule { ask: AskId::new(id), line, at: NOW }));
    (AskSettled { ask: AskId::new(id), by, answer, rule, raise: None, notices: Vec::new() }.into(), views)
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

    async fn rules_of_the_person_come_first_and_a_removed_line_does_not_come_back(world: World) {
        let (store, grow) = (world.store().await, AgentId::grow());
        let (event, view) = raised("ask-1", 1);
        let (answer, views) = settled("ask-1", Some("allow act"));
        let mut both = append(&grow, Head::default(), vec![event, answer]);
        both.views.push(view);
        both.views.extend(views.clone());
        store.append(both).await.unwrap();
        let later = Timestamp(NOW.0 + 1);
        for line in ["deny a", "ask b"] {
            store.add_rule(line, later).await.unwrap();
        }
        let rules = store.rules().await.unwrap();
        let lines: Vec<(&str, RuleOrigin)> = rules.iter().map(|rule| (rule.line.as_str(), rule.origin)).collect();
        assert_eq!(lines, [("deny a", RuleOrigin::Person), ("ask b", RuleOrigin::Person), ("allow act", RuleOrigin::Answer)]);
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

    async fn a_message_that_is_taken_back_or_changed_is_found_only_as_it_is_now(world: World) {
        let (store, grow) = (world.store().await, AgentId::grow());
        let head = say(&*store, &grow, Head::default(), "buy milk").await.unwrap().head;
        let head = say(&*store, &grow, head, "buy bread").await.unwrap().head;
        let mut changed = append(
            &grow,
            head,
            vec![MessageEdited { message: Seq(1), text: "buy cheese".to_owned() }.into(), MessageWithdrawn { message: Seq(2) }.into()],
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
