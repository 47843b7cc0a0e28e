//! What the tray icon shows: idle, at work, how many questions wait, or no network.

/// What the icon shows. The first that applies, in this order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TrayState {
    /// So many questions wait for the person.
    Waiting(u64),
    /// The system reports no network.
    Offline,
    /// An agent works.
    Working,
    /// None of these.
    Idle,
}

impl TrayState {
    /// The state with so many open questions.
    pub fn of(asks: u64, is_working: bool, is_offline: bool) -> TrayState {
        match (asks, is_offline, is_working) {
            (1.., _, _) => TrayState::Waiting(asks),
            (0, true, _) => TrayState::Offline,
            (0, false, true) => TrayState::Working,
            (0, false, false) => TrayState::Idle,
        }
    }

    /// In words, for the menu and the tooltip.
    pub fn words(self) -> String {
        match self {
            TrayState::Waiting(1) => "1 question waits for you".to_owned(),
            TrayState::Waiting(count) => format!("{count} questions wait for you"),
            TrayState::Offline => "Offline".to_owned(),
            TrayState::Working => "Working".to_owned(),
            TrayState::Idle => "Idle".to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::TrayState;

    #[test]
    fn what_needs_the_person_comes_first() {
        assert_eq!(TrayState::of(2, true, true), TrayState::Waiting(2));
        assert_eq!(TrayState::of(0, true, true), TrayState::Offline);
        assert_eq!(TrayState::of(0, true, false), TrayState::Working);
        assert_eq!(TrayState::of(0, false, false).words(), "Idle");
        assert_eq!(TrayState::Waiting(1).words(), "1 question waits for you");
    }
}
