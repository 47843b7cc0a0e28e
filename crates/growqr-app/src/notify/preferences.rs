//! The person's settings about the inbox and notifications.

use crate::notify::quiet::QuietHours;
use std::time::Duration;

/// The settings as typed values.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotificationPreferences {
    /// Whether notifications are shown.
    pub enabled: bool,
    /// The hours without notifications.
    pub quiet_hours: Option<QuietHours>,
    /// Whether a notification says what it is about.
    pub show_text: bool,
    /// Work that takes at least this long is news when it ends.
    pub long_work: Duration,
}

impl Default for NotificationPreferences {
    fn default() -> NotificationPreferences {
        let long_work = Duration::from_secs(5 * 60);
        NotificationPreferences { enabled: true, quiet_hours: None, show_text: true, long_work }
    }
}

impl NotificationPreferences {
    /// Reads the stored settings through `get`.
    pub(crate) fn parse<'a>(get: &impl Fn(&str) -> Option<&'a str>) -> Result<NotificationPreferences, String> {
        let defaults = NotificationPreferences::default();
        let is_on = |name, default| match get(name) {
            None => Ok(default),
            Some("on") => Ok(true),
            Some("off") => Ok(false),
            Some(_) => Err("write on or off".to_owned()),
        };
        let quiet_hours = match get("notifications.quiet_hours") {
            None | Some("none") => None,
            Some(text) => Some(QuietHours::parse(text)?),
        };
        let long_work = match get("inbox.long_work") {
            None => defaults.long_work,
            Some(text) => {
                let minutes = text.parse::<u64>().ok().filter(|minutes| (1..=1_440).contains(minutes));
                Duration::from_secs(60 * minutes.ok_or("write a number of minutes from 1 to 1440")?)
            }
        };
        Ok(NotificationPreferences {
            enabled: is_on("notifications.enabled", defaults.enabled)?,
            quiet_hours,
            show_text: is_on("notifications.show_text", defaults.show_text)?,
            long_work,
        })
    }
}
