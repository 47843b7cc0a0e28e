//! What the tray icon shows: idle, at work, how much waits for the person, or no network.

/// What the icon shows. The first that applies, in this order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TrayState {
    /// Something waits for the person.
    Waiting {
        /// Open questions.
        questions: u64,
        /// Failures that the person has not seen.
        problems: u64,
    },
    /// The system reports no network.
    Offline,
    /// An agent works.
    Working,
    /// None of these.
    Idle,
}

impl TrayState {
    /// The state with so many open questions and unseen failures.
    pub fn of(questions: u64, problems: u64, is_working: bool, is_offline: bool) -> TrayState {
        if questions + problems > 0 {
            return TrayState::Waiting { questions, problems };
        }
        match (is_offline, is_working) {
            (true, _) => TrayState::Offline,
            (false, true) => TrayState::Working,
            (false, false) => TrayState::Idle,
        }
    }

    /// How much waits for the person.
    pub fn waiting(self) -> u64 {
        if let TrayState::Waiting { questions, problems } = self { questions + problems } else { 0 }
    }

    /// In words, for the menu and the tooltip.
    pub fn words(self) -> String {
        match self {
            TrayState::Waiting { questions, problems: 0 } => match questions {
                1 => "1 question waits for you".to_owned(),
                count => format!("{count} questions wait for you"),
            },
            TrayState::Waiting { questions: 0, problems } => match problems {
                1 => "1 problem needs you".to_owned(),
                count => format!("{count} problems need you"),
            },
            TrayState::Waiting { questions, problems } => {
                format!("{} and {} wait for you", counted(questions, "question"), counted(problems, "problem"))
            }
            TrayState::Offline => "Offline".to_owned(),
            TrayState::Working => "Working".to_owned(),
            TrayState::Idle => "Idle".to_owned(),
        }
    }
}

fn counted(count: u64, noun: &str) -> String {
    if count == 1 { format!("1 {noun}") } else { format!("{count} {noun}s") }
}

#[cfg(test)]
mod tests {
    use super::TrayState;

    #[test]
    fn what_needs_the_person_comes_first() {
        let waiting = TrayState::of(2, 1, true, true);
        assert_eq!((waiting.waiting(), waiting.words().as_str()), (3, "2 questions and 1 problem wait for you"));
        assert_eq!(TrayState::of(0, 0, true, true), TrayState::Offline);
        assert_eq!(TrayState::of(0, 0, true, false), TrayState::Working);
        assert_eq!(TrayState::of(0, 0, false, false).words(), "Idle");
        assert_eq!(TrayState::of(1, 0, false, false).words(), "1 question waits for you");
        assert_eq!(TrayState::of(0, 1, false, false).words(), "1 problem needs you");
    }
}
