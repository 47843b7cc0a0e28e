//! Turns as their journals record them, and what the parts and sums say about them.

use super::*;
use growqr_core::event::{Entry, Event, SCHEMA_VERSION};
use growqr_core::id::Seq;
use growqr_wire::TimelinePartState;
use serde_json::{Value, json};

const SECOND: i64 = 1_000;

/// A fold of events at these seconds.
fn folded(events: &[(i64, &str, Value)]) -> TurnFold {
    let mut fold = TurnFold::default();
    for (seq, (at, kind, body)) in events.iter().enumerate() {
        let event = Event::decode(kind, SCHEMA_VERSION, body.to_string().as_bytes()).unwrap();
        fold.apply(&Entry { seq: Seq(seq as u64 + 1), at: Timestamp(at * SECOND), event });
    }
    fold
}

fn grow() -> AgentView {
    AgentView {
        agent: AgentId::grow(),
        name: "Grow Agent".to_owned(),
        parent: None,
        depth: 0,
        task: None,
        status: Status::Working,
        model: String::new(),
        mind: growqr_core::workbench::Mind::Model,
        why: None,
        turn: 1,
        spent: Default::default(),
        unknown: Default::default(),
        allowance: None,
        reserved: Default::default(),
        asks: 0,
        created_at: Timestamp(0),
        updated_at: Timestamp(0),
        limits: None,
        seq: Seq(1),
    }
}

/// The turn at this second.
fn at(second: i64, events: &[(i64, &str, Value)]) -> Timeline {
    let fold = folded(events);
    let turn = timeline(&grow(), (1, 1), &fold, &HashMap::new(), Timestamp(second * SECOND));
    let length = turn.until - turn.began_at;
    assert_eq!(turn.sums.iter().map(|sum| sum.time).sum::<i64>(), length, "the times add up to the turn: {turn:?}");
    turn
}

/// Kind, state, label, from and to in seconds.
fn parts(turn: &Timeline) -> Vec<(PartKind, TimelinePartState, &str, i64, Option<i64>)> {
    let shown = |part: &wire::TimelinePart| part.to.map(|to| to / SECOND);
    turn.parts.iter().map(|part| (part.kind, part.state, part.label.as_str(), part.from / SECOND, shown(part))).collect()
}

/// The seconds of each kind that took any.
fn seconds(turn: &Timeline) -> Vec<(PartKind, i64)> {
    turn.sums.iter().filter(|sum| sum.time > 0).map(|sum| (sum.kind, sum.time / SECOND)).collect()
}

fn said() -> Value {
    json!({"id": "m-1", "text": "go"})
}

fn started() -> Value {
    json!({"turn": 1, "limits": {"per_message": 1, "per_day": 1, "per_month": null, "max_tokens": 1, "calls": 1, "children": 1,
        "children_at_once": 1, "depth": 1}})
}

fn asked_model() -> Value {
    json!({"attempt": 1, "request_hash": "h", "max_tokens": 9, "reservation": 500})
}

fn answered(cost: u64) -> Value {
    json!({"reply": {"content": [], "stop": "end_turn", "model": "claude-x", "request_id": null, "cost": cost, "usage":
        {"input_tokens": 1, "output_tokens": 1, "cache_read_tokens": 0, "cache_write_5m_tokens": 0, "cache_write_1h_tokens": 0}}})
}

fn call(effect: &str, name: &str, input: Value) -> Value {
    json!({"call": effect, "name": name, "input": input, "effect": effect})
}

fn result(effect: &str) -> Value {
    json!({"effect": effect, "content": "ok", "is_error": false})
}

fn ended() -> Value {
    json!({"turn": 1, "ended": "done", "reports": []})
}

fn failed(unknown: u64) -> Value {
    json!({"failure": {"kind": "interrupted", "message": "GrowQR stopped", "request_id": null}, "unknown": unknown})
}

fn spawn(id: &str, name: &str) -> Value {
    let spawn = json!({"name": name, "task": "Read", "allowance": 9, "depth": 1});
    json!({"effect": id, "mail": {"id": id, "from": "grow", "to": id, "body": {"spawn": spawn}}})
}

fn report(id: &str, spent: u64) -> Value {
    let report = json!({"name": id, "ending": "done", "text": "", "spent": spent, "returned": 0, "up_to": 1});
    json!({"mail": {"id": format!("r-{id}"), "from": id, "to": "grow", "body": {"report": report}}})
}

#[test]
fn a_turn_is_its_model_calls_and_tools_with_their_times_and_costs() {
    let turn = at(
        99,
        &[
            (0, "user_said", said()),
            (0, "turn_started", started()),
            (0, "model_requested", asked_model()),
            (4, "model_answered", answered(70)),
            (4, "tool_started", call("e1", "read_memory", json!({"path": "goals/rust.md"}))),
            (5, "tool_finished", result("e1")),
            (5, "model_requested", asked_model()),
            (8, "model_answered", answered(30)),
            (9, "turn_ended", ended()),
        ],
    );
    use PartKind::{Model, Other, Tool};
    let done = TimelinePartState::Done;
    assert_eq!(
        parts(&turn),
        [
            (Model, done, "Model call (claude-x)", 0, Some(4)),
            (Tool, done, "Read goals/rust.md", 4, Some(5)),
            (Model, done, "Model call (claude-x)", 5, Some(8)),
        ]
    );
    assert_eq!(seconds(&turn), [(Model, 7), (Tool, 1), (Other, 1)]);
    assert_eq!((turn.began_at, turn.ended_at, turn.sums[0].cost, turn.sums[0].parts), (0, Some(9_000), 100, 2));
}

#[test]
fn the_time_of_sub_agents_side_by_side_counts_once_and_the_cost_of_each() {
    let turn = at(
        99,
        &[
            (0, "turn_started", started()),
            (0, "child_requested", spawn("a-1", "Scout")),
            (1, "child_requested", spawn("a-2", "Reader")),
            (11, "mail_received", report("a-1", 40)),
            (21, "mail_received", report("a-2", 2)),
            (21, "turn_ended", ended()),
        ],
    );
    let costs: Vec<_> = turn.parts.iter().map(|part| (part.label.as_str(), part.cost)).collect();
    assert_eq!(costs, [("Scout", Some(40)), ("Reader", Some(2))]);
    assert_eq!(seconds(&turn), [(PartKind::SubAgent, 21)]);
    assert_eq!(turn.sums[0].cost, 42);
}

#[test]
fn time_with_the_model_counts_for_the_model_though_a_sub_agent_works_beside_it() {
    let turn = at(
        10,
        &[
            (0, "turn_started", started()),
            (0, "child_requested", spawn("a-1", "Scout")),
            (2, "model_requested", asked_model()),
            (5, "model_answered", answered(1)),
            (5, "tool_started", call("e1", "wait_for_sub_agents", json!({}))),
        ],
    );
    assert_eq!(seconds(&turn), [(PartKind::Model, 3), (PartKind::Waiting, 5), (PartKind::SubAgent, 2)]);
    let open: Vec<_> = turn.parts.iter().filter(|part| part.to.is_none()).map(|part| part.label.as_str()).collect();
    assert_eq!(open, ["Scout", "Waiting for sub-agents"]);
    assert_eq!((turn.ended_at, turn.until), (None, 10 * SECOND), "it runs");
}

#[test]
fn a_call_that_waits_for_permission_waits_for_the_person_and_runs_afterwards() {
    let ask = json!({"ask": {"id": "q1", "kind": "permission", "text": "May it write?"}});
    let mut held = call("e1", "commit_memory", json!({"path": "a.md"}));
    held["ask"] = json!("q1");
    let turn = at(
        99,
        &[
            (0, "turn_started", started()),
            (0, "tool_started", held),
            (0, "ask_raised", ask),
            (30, "ask_settled", json!({"ask": "q1", "by": "person"})),
            (30, "tool_resumed", json!({"effect": "e1"})),
            (32, "tool_finished", result("e1")),
            (32, "turn_ended", ended()),
        ],
    );
    assert_eq!(seconds(&turn), [(PartKind::Tool, 2), (PartKind::Person, 30)]);
    assert_eq!(turn.parts[0].label, "Waited for you: May it write?");
}

#[test]
fn a_model_call_that_a_kill_has_cut_counts_apart_up_to_the_next_start() {
    let turn = at(
        99,
        &[
            (0, "turn_started", started()),
            (0, "model_requested", asked_model()),
            (60, "model_failed", failed(500)),
            (60, "model_requested", asked_model()),
            (65, "model_answered", answered(7)),
            (65, "turn_ended", ended()),
        ],
    );
    assert_eq!(parts(&turn)[0].1, TimelinePartState::Cut);
    assert_eq!(seconds(&turn), [(PartKind::Model, 5), (PartKind::Cut, 60)]);
    assert_eq!(turn.sums[1].unknown, 500);
}

#[test]
fn the_time_while_growqr_was_closed_in_the_middle_of_a_turn_counts_apart() {
    let turn = at(
        99,
        &[
            (0, "turn_started", started()),
            (0, "model_requested", asked_model()),
            (3, "model_failed", failed(5)),
            (60, "model_requested", asked_model()),
            (65, "model_answered", answered(7)),
            (65, "turn_ended", ended()),
        ],
    );
    assert_eq!(seconds(&turn), [(PartKind::Model, 5), (PartKind::Cut, 60)]);
    assert_eq!(parts(&turn)[1].2, "GrowQR was closed");
}

#[test]
fn a_turn_that_the_person_stops_is_stopped_and_not_cut() {
    let turn = at(
        99,
        &[
            (0, "turn_started", started()),
            (0, "model_requested", asked_model()),
            (3, "cancel_requested", json!({"by_person": true})),
            (3, "model_failed", failed(5)),
            (3, "turn_ended", json!({"turn": 1, "ended": "cancelled", "reports": []})),
        ],
    );
    assert_eq!(parts(&turn), [(PartKind::Model, TimelinePartState::Stopped, "Model call", 0, Some(3))]);
}

#[test]
fn a_message_that_waits_for_its_turn_is_a_part_before_the_turn_begins_and_afterwards() {
    let before = at(7, &[(2, "user_said", said())]);
    assert_eq!(parts(&before), [(PartKind::Queue, TimelinePartState::Running, "Waiting for its turn", 2, None)]);
    let turn = at(99, &[(2, "user_said", said()), (9, "turn_started", started()), (10, "turn_ended", ended())]);
    assert_eq!(parts(&turn), [(PartKind::Queue, TimelinePartState::Done, "Waited for its turn", 2, Some(9))]);
    assert_eq!(turn.began_at, 2 * SECOND);
}

#[test]
fn a_sub_agent_that_outlives_the_turn_goes_on_and_the_next_turn_begins_without_its_parts() {
    let mut events = vec![
        (0, "turn_started", started()),
        (0, "child_requested", spawn("a-1", "Scout")),
        (5, "turn_ended", ended()),
        (8, "mail_received", report("a-1", 40)),
    ];
    let turn = at(99, &events);
    assert_eq!(parts(&turn), [(PartKind::SubAgent, TimelinePartState::GoesOn, "Scout", 0, Some(5))]);
    assert_eq!(turn.sums[0].cost, 40, "its cost is known before the next turn begins");
    events.push((9, "user_said", said()));
    assert!(folded(&events).parts.is_empty());
}

#[test]
fn the_step_of_an_agent_is_what_waits_for_the_person_then_its_tool_then_its_model() {
    let step_of = |events: &[(i64, &str, Value)]| step(&grow(), &folded(events)).unwrap();
    let mut events = vec![(0, "turn_started", started()), (1, "model_requested", asked_model())];
    assert_eq!(step_of(&events).label, "Thinking");
    events
        .extend([(2, "model_answered", answered(1)), (2, "tool_started", call("e1", "search_memory", json!({"query": "Mara"})))]);
    let tool = step_of(&events);
    assert_eq!((tool.kind, tool.label.as_str(), tool.since), (PartKind::Tool, "Searching memory for Mara", 2 * SECOND));
    events.push((3, "ask_raised", json!({"ask": {"id": "q1", "kind": "question", "text": "Which Mara?"}})));
    assert_eq!(step_of(&events).label, "Waiting for you: Which Mara?");
    events.extend([(4, "ask_settled", json!({"ask": "q1", "by": "person"})), (5, "tool_finished", result("e1"))]);
    assert_eq!(step_of(&events).label, "Between two steps");
}
