//! Inputs that cross from one process to another.

use crate::agent::{ChargeBounds, Input, State};
use crate::clock::Timestamp;
use crate::id::{AgentId, AskId, EffectId, MessageId, ScheduleId, Seq};
use crate::mail::{Mail, MailBody};
use crate::memory::DecidedInGitea;
use crate::money::Money;
use crate::schedule::DueWork;

#[test]
fn what_others_bring_to_an_agent_arrives_as_it_was_sent() {
    let (agent, id) = (AgentId::new("a-1"), MessageId::new("m1"));
    let text = "Grüße \u{0} \u{1F331}".to_owned();
    let work = DueWork {
        schedule: ScheduleId::new("s-1"),
        due: Timestamp(i64::MAX),
        name: "news".to_owned(),
        task: text.clone(),
        budget: Money(7),
        by_agent: Some(agent.clone()),
    };
    let inputs = [
        Input::Said { id: id.clone(), text: text.clone(), attachments: Vec::new() },
        Input::SayAgain {
            id: id.clone(),
            message: Seq(u64::MAX),
            text: text.clone(),
            attachments: Vec::new(),
            before: Box::new(State::new(AgentId::grow())),
            as_of: Seq(7),
        },
        Input::Tell { agent: agent.clone(), id, text },
        Input::Mail(Mail { id: EffectId::new("e"), from: AgentId::grow(), to: agent, body: MailBody::Cancel }),
        Input::Reserve {
            charge: EffectId::new("c"),
            purpose: "a search".to_owned(),
            most: ChargeBounds { money: Some(Money(u64::MAX)), ..ChargeBounds::default() },
        },
        Input::Answer { ask: AskId::new("ask-1"), answer: None },
        Input::DecidedInGitea { ask: AskId::new("ask-1"), decided: DecidedInGitea::Closed { comment: None } },
        Input::Due { work: Box::new(work), asks: true },
        Input::Quote,
        Input::Cancel { tree: true },
    ];
    for input in inputs {
        let sent = serde_json::to_string(&input).unwrap();
        assert_eq!(serde_json::from_str::<Input>(&sent).unwrap(), input, "{sent}");
    }
}

#[test]
fn what_a_runner_finds_itself_cannot_come_from_outside() {
    assert!(serde_json::to_string(&Input::Stopping).is_err());
    for text in [r#""stopping""#, r#""created""#, r#"{"woken":{"started":1,"process":2}}"#, r#"{"finished":{"effect":"e"}}"#] {
        assert!(serde_json::from_str::<Input>(text).is_err(), "{text}");
    }
}
