//! The person's settings: their names, their defaults, and what each value means.

use crate::error::AppError;
use crate::notify::NotificationPreferences;
use crate::profile::file_folders::{self, FILE_FOLDERS};
use crate::profile::shortcut;
use crate::skills::choice;
use crate::stack::preferences::StackPreferences;
use crate::tools::WebPreferences;
use growqr_core::journal::Store;
use growqr_core::limits::{Limits, Unpriced};
use growqr_core::money::Money;
use growqr_core::prompt::Effort;
use growqr_models::anthropic::DEFAULT_MODEL;
use growqr_models::openai::BaseUrl;
use growqr_tools::Folder;
use growqr_tools::skills::SkillChoice;
use growqr_wire::Setting;
use std::collections::BTreeMap;

/// One setting.
pub struct SettingDefinition {
    /// Its name.
    pub name: &'static str,
    /// Its value when nothing is set.
    pub default: &'static str,
    /// What it does.
    pub about: &'static str,
}

/// All settings, in the order in which they are shown.
pub const SETTINGS: [SettingDefinition; 30] = [
    SettingDefinition {
        name: "model",
        default: DEFAULT_MODEL,
        about: "the model that answers: an Anthropic model id, openai/ and a model id of an OpenAI-compatible server (with @ and its address for a server other than the next setting names), or guide (no AI). Without a choice it is the newest Opus that the key offers",
    },
    SettingDefinition {
        name: "model.window",
        default: "auto",
        about: "the context window in tokens of a model whose server does not report it; auto assumes a small one",
    },
    SettingDefinition {
        name: "openai.base_url",
        default: "auto",
        about: "the address of that server, such as http://127.0.0.1:11434/v1; auto uses OPENAI_BASE_URL, or else Ollama on this computer",
    },
    SettingDefinition {
        name: "effort",
        default: "auto",
        about: "how hard the model works: auto, low, medium, high, xhigh or max",
    },
    SettingDefinition {
        name: "budget.per_message",
        default: "2.00",
        about: "the most that one message may cost, sub-agents included, in USD",
    },
    SettingDefinition { name: "budget.per_day", default: "10.00", about: "the most that a day (UTC) may cost, in USD" },
    SettingDefinition {
        name: "budget.per_month",
        default: "none",
        about: "the most that a month (UTC) may cost, in USD, or none",
    },
    SettingDefinition { name: "limit.max_tokens", default: "16000", about: "the most tokens of one answer" },
    SettingDefinition { name: "limit.calls", default: "25", about: "model calls for one message" },
    SettingDefinition { name: "limit.children", default: "20", about: "sub-agents for one message, theirs included" },
    SettingDefinition { name: "limit.children_at_once", default: "8", about: "sub-agents at work at the same time" },
    SettingDefinition {
        name: "limit.unpriced_tokens",
        default: "2000000",
        about: "tokens of all agents for one message, with a model without a known price",
    },
    SettingDefinition {
        name: "limit.unpriced_calls",
        default: "200",
        about: "model calls of all agents for one message, with a model without a known price",
    },
    SettingDefinition {
        name: "rules.ask_after_untrusted_text",
        default: "on",
        about: "on: a risky call needs a question if the agent has read text from outside in the same turn, even if a rule allows it; off lets a web page or another program's text cause such calls. What an agent has written to memory counts as text of your own",
    },
    SettingDefinition {
        name: "web.fetch",
        default: "on",
        about: "on: agents can fetch pages of the web: those whose whole address (https://…) is in your message at once, those of other sites after your answer; or off",
    },
    SettingDefinition {
        name: "web.search",
        default: "off",
        about: "on: Claude searches the web without asking you first, up to 3 searches in one request to the model; each search costs 0.01 USD and the tokens of what it finds. Of your rules only those count that deny web_search; or off. A change counts from the next message on: work that is under way can still search",
    },
    SettingDefinition {
        name: "web.robots",
        default: "on",
        about: "on: does not fetch pages that the site's robots.txt forbids; or off",
    },
    SettingDefinition {
        name: "stack.start",
        default: "start",
        about: "when the containers that you have asked for start: start (with GrowQR), needed (when an agent or you first need them) or never (only with: growqr stack up)",
    },
    SettingDefinition {
        name: "stack.idle_stop",
        default: "never",
        about: "stops the workbench after this many minutes in which no agent has used it (5 to 10000), or never; it starts again when it is needed",
    },
    SettingDefinition {
        name: "workbench.folders",
        default: "none",
        about: "folders of this computer that sub-agents in the workbench see, as a JSON list of paths; write {\"path\": \"…\", \"write\": true} in place of a path to let them change it; none for no folder",
    },
    SettingDefinition {
        name: FILE_FOLDERS,
        default: "none",
        about: "folders of this computer whose files agents read, as a JSON list of paths; write {\"path\": \"…\", \"name\": \"notes\", \"write\": true} in place of a path to name it, or to let agents change files after they have asked you; none for no folder. Easier: growqr folders",
    },
    SettingDefinition {
        name: "skills.folders",
        default: "none",
        about: "folders of this computer with skills, as a JSON list of paths, or none; they are only read (growqr skills add FOLDER)",
    },
    SettingDefinition {
        name: "skills.off",
        default: "none",
        about: "skills that agents may not read, as a JSON list of names, or all, or none (growqr skills off NAME)",
    },
    SettingDefinition {
        name: choice::ACCEPTED,
        default: "none",
        about: "the skills in memory that agents have written or changed and that you have turned on, as a JSON object with the changes (growqr skills on NAME)",
    },
    SettingDefinition {
        name: "quick.shortcut",
        default: "CmdOrCtrl+Shift+G",
        about: "the keys that show the quick chat from any program, such as CmdOrCtrl+Shift+G, or none; a change from a terminal counts from the next start of the window",
    },
    SettingDefinition {
        name: "notifications.enabled",
        default: "on",
        about: "on: the system shows a notification when an agent asks, something fails or long work is done, unless the window shows it already; or off",
    },
    SettingDefinition {
        name: "notifications.quiet_hours",
        default: "none",
        about: "the hours without notifications in local time, such as 22:00-07:00, or none; what still waits at their end is shown then",
    },
    SettingDefinition {
        name: "notifications.show_text",
        default: "on",
        about: "on: a notification shows who it is about and the question; off: only how many things wait",
    },
    SettingDefinition {
        name: "inbox.long_work",
        default: "5",
        about: "work that takes at least this many minutes is listed in the inbox when it is done (1 to 1440)",
    },
    SettingDefinition { name: "language", default: "system", about: "the language of the window: system, en, de or hi" },
];

/// The settings as typed values.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Preferences {
    pub(crate) model: String,
    /// The context window of a model whose server reports none, in tokens.
    pub(crate) window: Option<u64>,
    /// `None`: the environment decides.
    pub(crate) openai_base: Option<BaseUrl>,
    pub(crate) effort: Option<Effort>,
    pub(crate) limits: Limits,
    pub(crate) asks_after_untrusted_text: bool,
    pub(crate) stack: StackPreferences,
    pub(crate) notifications: NotificationPreferences,
    pub(crate) web: WebPreferences,
    /// The folders whose files agents may use.
    pub(crate) files: Vec<Folder>,
    pub(crate) skills: SkillChoice,
}

/// The stored settings, by name.
pub(crate) type StoredSettings = BTreeMap<String, String>;

pub(crate) async fn stored(store: &dyn Store) -> Result<StoredSettings, AppError> {
    Ok(store.settings().await?.into_iter().collect())
}

/// All settings, to show to the person.
pub(crate) fn list(stored: &StoredSettings) -> Vec<Setting> {
    SETTINGS
        .iter()
        .map(|setting| {
            let set = stored.get(setting.name);
            Setting {
                name: setting.name.to_owned(),
                value: set.cloned().unwrap_or_else(|| setting.default.to_owned()),
                is_set: set.is_some(),
                about: setting.about.to_owned(),
            }
        })
        .collect()
}

/// The settings that send conversations to another server, show folders of this computer to agents, let text from outside cause
/// calls, or allow paid searches, with their values. Without them the defaults hold, which do none of this.
pub(crate) fn exposing(stored: &StoredSettings) -> Vec<(&'static str, &str)> {
    const NAMES: [&str; 7] = [
        "openai.base_url",
        "model",
        "rules.ask_after_untrusted_text",
        "workbench.folders",
        FILE_FOLDERS,
        choice::FOLDERS,
        "web.search",
    ];
    let is_default = |name: &str, value: &str| SETTINGS.iter().any(|setting| setting.name == name && setting.default == value);
    let exposes = |name: &str, value: &str| match name {
        "model" => ServerModel::of(value).is_some_and(|model| model.address.is_some()),
        _ => !is_default(name, value),
    };
    let set = NAMES.into_iter().filter_map(|name| Some((name, stored.get(name)?.as_str())));
    set.filter(|(name, value)| exposes(name, value)).collect()
}

/// Checks a new value, and returns it in the form in which it will be stored.
///
/// # Errors
/// [`AppError`] that says which values are valid.
pub fn check(name: &str, value: &str) -> Result<String, AppError> {
    let setting = SETTINGS.iter().find(|setting| setting.name == name).ok_or_else(|| AppError::Missing {
        what: format!("setting called {name:?}"),
        next_step: "See all settings: growqr config get".to_owned(),
    })?;
    let value = value.trim().to_owned();
    let single = StoredSettings::from([(name.to_owned(), value.clone())]);
    let parsed = Preferences::parse(&single);
    parsed.map(|_| value).map_err(|problem| {
        AppError::bad_request(format!("{name} cannot be set to that: {problem}"), format!("{name} is {}.", setting.about))
    })
}

impl Preferences {
    /// Reads stored settings. A value from an older or newer build that this build does not understand is logged, and
    /// the default is used instead; but all skills are off if it is not understood which are.
    pub(crate) fn parse_lenient(stored: &StoredSettings) -> Preferences {
        let mut understood = StoredSettings::new();
        for (name, value) in stored {
            match Preferences::parse(&StoredSettings::from([(name.clone(), value.clone())])) {
                Ok(_) => drop(understood.insert(name.clone(), value.clone())),
                Err(problem) if name == choice::OFF => {
                    tracing::warn!(name, problem, "a stored setting is not valid in this version; all skills are off");
                    understood.insert(name.clone(), "all".to_owned());
                }
                Err(problem) => {
                    tracing::warn!(name, problem, "a stored setting is not valid in this version; the default is used")
                }
            }
        }
        Preferences::parse(&understood).unwrap_or_else(|_| Preferences::default())
    }

    fn parse(stored: &StoredSettings) -> Result<Preferences, String> {
        let get = |name: &str| stored.get(name).map(String::as_str);
        let defaults = Limits::default();
        let money =
            |name, default| get(name).map_or(Ok(default), |text| text.parse::<Money>().map_err(|problem| problem.to_string()));
        let number = |name, default: u64, least: u64, most: u64| {
            let Some(text) = get(name) else { return Ok(default) };
            let found = text.parse::<u64>().ok().filter(|number| (least..=most).contains(number));
            found.ok_or_else(|| format!("write a whole number from {least} to {most}"))
        };
        let small = |name, default: u32, most: u64| {
            number(name, u64::from(default), 1, most).map(|n| u32::try_from(n).unwrap_or(default))
        };
        let per_month = match get("budget.per_month") {
            None | Some("none") => None,
            Some(text) => Some(text.parse::<Money>().map_err(|problem| format!("{problem}, or none"))?),
        };
        let unpriced = Unpriced::default();
        let asks_after_untrusted_text = match get("rules.ask_after_untrusted_text") {
            None | Some("on") => true,
            Some("off") => false,
            Some(_) => return Err("write on or off".to_owned()),
        };
        let limits = Limits {
            per_message: money("budget.per_message", defaults.per_message)?,
            per_day: money("budget.per_day", defaults.per_day)?,
            per_month,
            max_tokens: number("limit.max_tokens", defaults.max_tokens, 1_000, 128_000)?,
            calls: small("limit.calls", defaults.calls, 1_000)?,
            children: small("limit.children", defaults.children, 1_000)?,
            children_at_once: small("limit.children_at_once", defaults.children_at_once, 64)?,
            depth: defaults.depth,
            unpriced: Some(Unpriced {
                tokens: number("limit.unpriced_tokens", unpriced.tokens, 10_000, 1_000_000_000)?,
                calls: number("limit.unpriced_calls", unpriced.calls, 1, 100_000)?,
            }),
        };
        let model = get("model").unwrap_or(DEFAULT_MODEL).to_owned();
        if model.is_empty() || model.len() > 200 || !model.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err("write a model id such as claude-opus-5-5 or openai/qwen3:8b, or guide".to_owned());
        }
        let server_model = ServerModel::of(&model);
        if server_model.is_some_and(|model| model.id.is_empty()) {
            return Err("write openai/ and the model's id at the server, such as openai/qwen3:8b".to_owned());
        }
        if let Some(address) = server_model.and_then(|model| model.address) {
            BaseUrl::parse(address).map_err(|problem| problem.to_string())?;
        }
        let window = match get("model.window") {
            None | Some("auto") => None,
            Some(_) => Some(number("model.window", 0, 1_000, 100_000_000).map_err(|problem| format!("{problem}, or auto"))?),
        };
        let openai_base = match get("openai.base_url") {
            None | Some("auto") => None,
            Some(text) => Some(BaseUrl::parse(text).map_err(|problem| problem.to_string())?),
        };
        let effort = get("effort").map_or(Ok(None), effort)?;
        get("quick.shortcut").map_or(Ok(()), shortcut::check)?;
        if !matches!(get("language"), None | Some("system" | "en" | "de" | "hi")) {
            return Err("write system, en, de or hi".to_owned());
        }
        let stack = StackPreferences::parse(&get)?;
        let notifications = NotificationPreferences::parse(&get)?;
        let web = WebPreferences::parse(get)?;
        let files = get(FILE_FOLDERS).map_or(Ok(Vec::new()), file_folders::folders)?;
        let skills = choice::parse(&get)?;
        Ok(Preferences {
            model,
            window,
            openai_base,
            effort,
            limits,
            asks_after_untrusted_text,
            stack,
            notifications,
            web,
            files,
            skills,
        })
    }
}

impl Default for Preferences {
    fn default() -> Preferences {
        Preferences {
            model: DEFAULT_MODEL.to_owned(),
            window: None,
            openai_base: None,
            effort: None,
            limits: Limits::default(),
            asks_after_untrusted_text: true,
            stack: StackPreferences::default(),
            notifications: NotificationPreferences::default(),
            web: WebPreferences::default(),
            files: Vec::new(),
            skills: SkillChoice::default(),
        }
    }
}

/// A model of an OpenAI-compatible server, as the setting `model` names it: `openai/ID`, or `openai/ID@ADDRESS` for the server
/// that it was listed at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ServerModel<'a> {
    /// Its id at the server. May begin with `openai/`, as some do in LM Studio.
    pub(crate) id: &'a str,
    /// `None`: the configured server.
    pub(crate) address: Option<&'a str>,
}

impl<'a> ServerModel<'a> {
    /// `None` if the value names no model of such a server.
    pub(crate) fn of(model: &'a str) -> Option<ServerModel<'a>> {
        let id = model.strip_prefix("openai/")?;
        let at = id.rfind("@http://").or_else(|| id.rfind("@https://"));
        Some(at.map_or(ServerModel { id, address: None }, |at| ServerModel { id: &id[..at], address: Some(&id[at + 1..]) }))
    }

    /// The value of the setting.
    pub(crate) fn setting(&self) -> String {
        let address = self.address.map(|address| format!("@{address}")).unwrap_or_default();
        format!("openai/{}{address}", self.id)
    }
}

fn effort(text: &str) -> Result<Option<Effort>, String> {
    match text {
        "auto" => Ok(None),
        "low" => Ok(Some(Effort::Low)),
        "medium" => Ok(Some(Effort::Medium)),
        "high" => Ok(Some(Effort::High)),
        "xhigh" => Ok(Some(Effort::Xhigh)),
        "max" => Ok(Some(Effort::Max)),
        _ => Err("write auto, low, medium, high, xhigh or max".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_default_is_a_valid_value() {
        for setting in &SETTINGS {
            assert!(check(setting.name, setting.default).is_ok(), "{}", setting.name);
        }
        let defaults: StoredSettings =
            SETTINGS.iter().map(|setting| (setting.name.to_owned(), setting.default.to_owned())).collect();
        assert_eq!(Preferences::parse(&defaults).unwrap(), Preferences::default());
    }

    #[test]
    fn an_invalid_value_is_refused() {
        for (name, value) in [
            ("budget.per_day", "-1"),
            ("limit.calls", "0"),
            ("effort", "hard"),
            ("model", "a b"),
            ("model", "openai/"),
            ("model", "openai/m@http://example.com/v1"),
            ("model.window", "12"),
            ("openai.base_url", "http://example.com/v1"),
            ("notifications.enabled", "yes"),
            ("notifications.quiet_hours", "22-7"),
            ("inbox.long_work", "0"),
            ("inbox.seen", "[]"),
            ("language", "tlh"),
            ("web.fetch", "yes"),
            ("web.robots", "1"),
            ("web.search", "5"),
            ("colour", "red"),
        ] {
            assert!(check(name, value).is_err(), "{name} = {value}");
        }
    }

    #[test]
    fn the_model_and_the_address_of_a_server_can_be_set() {
        assert_eq!(check("model", "openai/qwen3:8b").unwrap(), "openai/qwen3:8b");
        for (setting, id, address) in [
            ("openai/openai/gpt-oss-20b", "openai/gpt-oss-20b", None),
            ("openai/a@b", "a@b", None),
            ("openai/qwen3:8b@http://127.0.0.1:8080/v1", "qwen3:8b", Some("http://127.0.0.1:8080/v1")),
        ] {
            let model = ServerModel::of(setting).unwrap();
            assert_eq!((model.id, model.address, model.setting().as_str()), (id, address, setting));
            assert!(check("model", setting).is_ok());
        }
        assert_eq!(ServerModel::of("claude-opus-5-5"), None);
        for address in ["auto", "http://localhost:1234/v1", "http://192.168.1.7:8000", "https://api.openai.com/v1"] {
            assert!(check("openai.base_url", address).is_ok(), "{address}");
        }
    }

    #[test]
    fn an_unknown_stored_value_uses_the_default_and_the_others_are_kept() {
        let stored =
            StoredSettings::from([("effort".to_owned(), "ultra".to_owned()), ("limit.calls".to_owned(), "3".to_owned())]);
        assert_eq!(Preferences::parse_lenient(&stored).limits.calls, 3);
    }

    #[test]
    fn all_skills_are_off_if_it_is_not_understood_which_are() {
        for value in ["[\"Tea\"]", "some", ""] {
            let stored = StoredSettings::from([("skills.off".to_owned(), value.to_owned())]);
            assert_eq!(Preferences::parse_lenient(&stored).skills.off, growqr_tools::skills::SkillsOff::All, "{value:?}");
        }
        assert!(Preferences::parse_lenient(&StoredSettings::new()).skills.off.is_on("tea"));
    }
}
