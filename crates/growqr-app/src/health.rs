//! What keeps agents and mail from going on, as the running host knows it.

use crate::date;
use crate::host::host_connection::HostConnection;
use crate::profile::location::Profile;
use growqr_wire::{AgentTrouble, Check, CheckState, Health, HeldMail, Reply, Request};
use std::time::Duration;

/// The name of the check of agents and mail.
const AGENTS: &str = "agents";

/// How long a host may take to tell what it knows: it has it in memory.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(3);

/// What the running host of this profile knows; `None` if none runs or answers.
pub async fn health(profile: &Profile) -> Option<Health> {
    let ask = async {
        let mut host = HostConnection::connect(profile).await.ok()??;
        match host.call(Request::Health).await {
            Ok(Reply::Health { health }) => Some(health),
            Ok(_) | Err(_) => None,
        }
    };
    tokio::time::timeout(ANSWER_TIMEOUT, ask).await.ok().flatten()
}

/// The checks of the doctor about agents and mail; one that says that all is well if nothing is in trouble.
pub(crate) fn checks(health: &Health) -> Vec<Check> {
    let agents = health.agents.iter().map(agent_check);
    let checks: Vec<Check> = agents.chain(health.mail.iter().map(mail_check)).collect();
    if !checks.is_empty() {
        return checks;
    }
    vec![Check {
        name: AGENTS.to_owned(),
        state: CheckState::Ok,
        found: "all can go on; no mail is held up".to_owned(),
        next_step: None,
    }]
}

fn agent_check(trouble: &AgentTrouble) -> Check {
    let AgentTrouble { agent, error, since, has_given_up } = trouble;
    let tries = if *has_given_up {
        format!("It does not try again by itself; to try: growqr agents resume {agent}")
    } else {
        format!("It tries again until it can; to try at once: growqr agents resume {agent}")
    };
    let next_step = error.next_step.as_ref().filter(|_| !has_given_up);
    Check {
        name: AGENTS.to_owned(),
        state: CheckState::Failed,
        found: format!("{agent} cannot go on since {}: {}", time(*since), error.message),
        next_step: Some(next_step.map_or_else(|| tries.clone(), |step| format!("{step} {tries}"))),
    }
}

fn mail_check(held: &HeldMail) -> Check {
    let HeldMail { to, count, cause, since } = held;
    let mails = if *count == 1 { "1 mail waits".to_owned() } else { format!("{count} mails wait") };
    Check {
        name: "mail".to_owned(),
        state: CheckState::Missing,
        found: format!("{mails} for {to} since {}: {cause}", time(*since)),
        next_step: Some("It is kept, and delivered as soon as the receiver can record it.".to_owned()),
    }
}

fn time(ms: i64) -> String {
    let at = date(ms);
    format!("{:04}-{:02}-{:02} {:02}:{:02} UTC", at.year, at.month, at.day, at.hour, at.minute)
}

#[cfg(test)]
mod tests {
    use super::*;
    use growqr_wire::{Error, ErrorCode};

    #[test]
    fn doctor_names_the_agent_the_receiver_the_cause_and_since_when() {
        let error = Error::new(ErrorCode::DiskFull, "the disk is full").next("Make room on the disk.");
        let trouble = AgentTrouble { agent: "grow".to_owned(), error, since: 0, has_given_up: false };
        let held = HeldMail { to: "a-1".to_owned(), count: 3, cause: "the disk is full".to_owned(), since: 60_000 };
        let checks = checks(&Health { agents: vec![trouble], mail: vec![held] });
        let found: Vec<&str> = checks.iter().map(|check| check.found.as_str()).collect();
        assert_eq!(
            found,
            [
                "grow cannot go on since 1970-01-01 00:00 UTC: the disk is full",
                "3 mails wait for a-1 since 1970-01-01 00:01 UTC: the disk is full"
            ]
        );
        let step = checks[0].next_step.as_deref();
        assert_eq!(step, Some("Make room on the disk. It tries again until it can; to try at once: growqr agents resume grow"));
    }

    #[test]
    fn doctor_says_so_if_nothing_is_in_trouble() {
        assert_eq!(checks(&Health::default())[0].state, CheckState::Ok);
    }
}
