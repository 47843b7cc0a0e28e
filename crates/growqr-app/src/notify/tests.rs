//! The table of decisions.

use super::*;

const NOON: Timestamp = Timestamp(12 * 3_600_000);

fn arrival(id: &str, kind: ArrivalKind) -> Arrival {
    let place = format!("#/agents/{id}");
    Arrival {
        id: id.to_owned(),
        kind,
        place,
        name: format!("Name {id}"),
        title: format!("Title {id}"),
        text: Some(format!("Text {id}")),
    }
}

fn questions(ids: &[&str]) -> Vec<Arrival> {
    ids.iter().map(|id| arrival(id, ArrivalKind::Question)).collect()
}

fn at<'a>(preferences: &'a NotificationPreferences, shown: Option<&'a str>, now: Timestamp) -> Situation<'a> {
    Situation { preferences, shown, now, offset_minutes: 0 }
}

/// A notifier that has seen an empty inbox.
fn begun(preferences: &NotificationPreferences) -> Notifier {
    let mut notifier = Notifier::default();
    assert_eq!(notifier.decide(&[], &at(preferences, None, NOON)), Decision::default());
    notifier
}

fn titles(decision: &Decision) -> Option<(&str, &str, &str)> {
    decision.notice.as_ref().map(|notice| (notice.title.as_str(), notice.body.as_str(), notice.place.as_str()))
}

#[test]
fn one_arrival_is_announced_once_with_its_place() {
    let preferences = NotificationPreferences::default();
    let mut notifier = begun(&preferences);
    let decision = notifier.decide(&questions(&["a"]), &at(&preferences, None, NOON));
    assert_eq!(titles(&decision), Some(("Title a", "Text a", "#/agents/a")));
    assert_eq!(notifier.decide(&questions(&["a"]), &at(&preferences, None, NOON)), Decision::default());
}

#[test]
fn what_waited_at_the_start_is_not_announced() {
    let preferences = NotificationPreferences::default();
    let mut notifier = Notifier::default();
    for _ in 0..2 {
        assert_eq!(notifier.decide(&questions(&["a"]), &at(&preferences, None, NOON)), Decision::default());
    }
}

#[test]
fn what_waited_at_a_start_in_quiet_hours_is_announced_at_their_end() {
    let quiet_hours = Some(QuietHours::parse("22:00-07:00").unwrap());
    let preferences = NotificationPreferences { quiet_hours, ..NotificationPreferences::default() };
    let mut notifier = Notifier::default();
    let (night, morning) = (Timestamp(3 * 3_600_000), Timestamp(7 * 3_600_000));
    let decision = notifier.decide(&questions(&["a"]), &at(&preferences, None, night));
    assert_eq!(decision, Decision { notice: None, again_in: Some(Duration::from_secs(4 * 3_600)) });
    let decision = notifier.decide(&questions(&["a"]), &at(&preferences, None, morning));
    assert_eq!(titles(&decision), Some(("Title a", "Text a", "#/agents/a")));
}

#[test]
fn nothing_is_announced_that_is_on_the_screen_or_if_notifications_are_off() {
    let on = NotificationPreferences::default();
    let off = NotificationPreferences { enabled: false, ..on.clone() };
    let table = [
        (&on, Some("#/inbox"), false),
        (&on, Some("#/agents/a?at=tool"), false),
        (&on, Some("#/memory"), true),
        (&on, None, true),
        (&off, None, false),
    ];
    for (preferences, shown, expected) in table {
        let mut notifier = begun(&on);
        let decision = notifier.decide(&questions(&["a"]), &at(preferences, shown, NOON));
        assert_eq!(decision.notice.is_some(), expected, "{shown:?}");
        let later = notifier.decide(&questions(&["a"]), &at(&on, None, NOON));
        assert_eq!(later, Decision::default(), "it was seen, or the person wants no notifications: {shown:?}");
    }
}

#[test]
fn what_arrives_at_once_is_one_notification_with_numbers() {
    let preferences = NotificationPreferences::default();
    let decision = begun(&preferences).decide(&questions(&["a", "b", "c", "d", "e"]), &at(&preferences, None, NOON));
    assert_eq!(titles(&decision), Some(("5 questions wait", "Name a, Name b, Name c and 2 more", "#/inbox")));
    let mixed = [arrival("a", ArrivalKind::Question), arrival("b", ArrivalKind::Problem), arrival("c", ArrivalKind::News)];
    let decision = begun(&preferences).decide(&mixed, &at(&preferences, None, NOON));
    let title = "1 question waits, 1 problem needs you, 1 piece of work is done";
    assert_eq!(titles(&decision), Some((title, "Name a, Name b, Name c", "#/inbox")));
}

#[test]
fn what_arrives_soon_after_a_notification_is_collected() {
    let preferences = NotificationPreferences::default();
    let mut notifier = begun(&preferences);
    notifier.decide(&questions(&["a"]), &at(&preferences, None, NOON));
    let soon = Timestamp(NOON.0 + 4_000);
    let held = notifier.decide(&questions(&["a", "b", "c"]), &at(&preferences, None, soon));
    assert_eq!(held, Decision { notice: None, again_in: Some(Duration::from_secs(6)) });
    let later = Timestamp(NOON.0 + 10_000);
    let decision = notifier.decide(&questions(&["a", "b", "c"]), &at(&preferences, None, later));
    assert_eq!(titles(&decision).map(|(title, ..)| title), Some("2 questions wait"));
    let set_back = Timestamp(NOON.0 - 3_600_000);
    let decision = notifier.decide(&questions(&["d"]), &at(&preferences, None, set_back));
    assert_eq!(titles(&decision).map(|(title, ..)| title), Some("Title d"), "the clock was set back");
}

#[test]
fn what_arrives_in_quiet_hours_is_announced_at_their_end_if_it_still_waits() {
    let quiet_hours = Some(QuietHours::parse("22:00-07:00").unwrap());
    let preferences = NotificationPreferences { quiet_hours, ..NotificationPreferences::default() };
    let mut notifier = begun(&preferences);
    let night = Timestamp(23 * 3_600_000);
    let decision = notifier.decide(&questions(&["a", "b"]), &at(&preferences, None, night));
    assert_eq!(decision, Decision { notice: None, again_in: Some(Duration::from_secs(8 * 3_600)) });
    let morning = Timestamp(31 * 3_600_000);
    let decision = notifier.decide(&questions(&["b"]), &at(&preferences, None, morning));
    assert_eq!(titles(&decision).map(|(title, ..)| title), Some("Title b"), "the other was answered meanwhile");
}

#[test]
fn without_text_a_notification_says_only_what_kind_of_thing_waits() {
    let preferences = NotificationPreferences { show_text: false, ..NotificationPreferences::default() };
    let decision = begun(&preferences).decide(&questions(&["a"]), &at(&preferences, None, NOON));
    assert_eq!(titles(&decision), Some(("1 question waits", "Open GrowQR to see more.", "#/agents/a")));
    let decision = begun(&preferences).decide(&questions(&["a", "b"]), &at(&preferences, None, NOON));
    assert_eq!(titles(&decision), Some(("2 questions wait", "Open GrowQR to see more.", "#/inbox")));
}

#[test]
fn what_has_ended_and_begins_again_is_announced_again() {
    let preferences = NotificationPreferences::default();
    let mut notifier = begun(&preferences);
    let stack = [arrival("stack:gitea", ArrivalKind::Problem)];
    assert!(notifier.decide(&stack, &at(&preferences, None, NOON)).notice.is_some());
    assert!(notifier.decide(&[], &at(&preferences, None, NOON)).notice.is_none());
    let later = Timestamp(NOON.0 + 60_000);
    assert!(notifier.decide(&stack, &at(&preferences, None, later)).notice.is_some());
}

#[test]
fn what_does_not_wait_for_a_moment_is_not_announced_again() {
    let preferences = NotificationPreferences::default();
    let mut notifier = begun(&preferences);
    let stack = [arrival("stack:gitea", ArrivalKind::Problem)];
    let after = |seconds: i64| Timestamp(NOON.0 + seconds * 1_000);
    assert!(notifier.decide(&stack, &at(&preferences, None, NOON)).notice.is_some());
    for seconds in [20, 40, 60, 80] {
        assert_eq!(notifier.decide(&[], &at(&preferences, None, after(seconds))), Decision::default());
        assert_eq!(notifier.decide(&stack, &at(&preferences, None, after(seconds + 10))), Decision::default(), "{seconds}");
    }
}
