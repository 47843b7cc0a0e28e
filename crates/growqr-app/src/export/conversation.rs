//! The events of one agent as Markdown.

use super::safe_text::{address, fenced, html, inline, quoted};
use crate::date;
use growqr_wire::event::{
    AskAnswer, Block, ChildRequested, Event, MailBody, ModelReply, ScheduledWorkStarted, SettledBy, Source, ToolFinished,
    ToolStarted, Verdict,
};
use growqr_wire::{Attachment, Author, EventLine};
use std::collections::{HashMap, HashSet};

/// The most bytes of a tool's input or result that are written.
const PART_BYTES: usize = 20_000;

/// What later events change about earlier ones.
#[derive(Default)]
pub(super) struct Changes {
    edited: HashMap<u64, String>,
    withdrawn: HashSet<u64>,
    /// The messages that were written anew, each with how often.
    again: HashMap<u64, usize>,
    /// The messages that were not read before a fresh start, by its event: the agent reads them after it.
    after_fresh: HashMap<u64, Vec<u64>>,
    /// The messages that no model call has included yet.
    unread: Vec<u64>,
    /// The request for a fresh start that has not taken effect: later messages wait for it.
    fresh_from: Option<u64>,
}

impl Changes {
    pub(super) fn note(&mut self, line: &EventLine) {
        match line.event() {
            Some(Event::MessageEdited(body)) => drop(self.edited.insert(body.message, body.text)),
            Some(Event::MessageWithdrawn(body)) => drop(self.withdrawn.insert(body.message)),
            Some(Event::SaidAgain(body)) => {
                *self.again.entry(body.message).or_default() += 1;
                self.unread.push(line.seq);
            }
            Some(Event::UserSaid(_)) => self.unread.push(line.seq),
            Some(Event::ModelRequested(body)) if body.attempt == 1 && !body.holds_messages => {
                self.unread.retain(|seq| self.fresh_from.is_some_and(|from| *seq > from));
            }
            Some(Event::FreshRequested(_)) => self.fresh_from = Some(line.seq),
            Some(Event::FreshStarted(_)) => {
                self.fresh_from = None;
                self.after_fresh.insert(line.seq, std::mem::take(&mut self.unread));
            }
            _ => {}
        }
    }

    /// Whether this message belongs below a later fresh start.
    fn is_moved(&self, message: u64) -> bool {
        self.after_fresh.values().any(|messages| messages.contains(&message))
    }
}

/// Writes the events of one agent in their order.
pub(super) struct Conversation {
    id: String,
    name: String,
    names: HashMap<String, String>,
    changes: Changes,
    /// Calls without a result, by effect id.
    calls: HashMap<String, ToolStarted>,
    /// Messages that wait for their fresh start, as Markdown.
    moved: HashMap<u64, String>,
}

impl Conversation {
    pub(super) fn new(id: &str, name: &str, names: HashMap<String, String>, changes: Changes) -> Conversation {
        Conversation { id: id.to_owned(), name: name.to_owned(), names, changes, calls: HashMap::new(), moved: HashMap::new() }
    }

    pub(super) fn head(&self) -> String {
        format!("# Conversation with {}\n\nAll times are UTC.\n", self.own_name())
    }

    /// The agent as a speaker. A model has chosen the name of a sub-agent, so its id stands beside it.
    fn own_name(&self) -> String {
        if self.id == "grow" { inline(&self.name) } else { self.agent(&self.id) }
    }

    /// One event; an empty text if it says nothing to a reader.
    pub(super) fn event(&mut self, line: &EventLine) -> String {
        let Some(event) = line.event() else { return String::new() };
        let folds = self.changes.again.get(&line.seq).copied().unwrap_or_default();
        let set_aside = fold_begins("Set aside: sent again later, changed").repeat(folds);
        let text = match event {
            Event::AgentCreated(body) => match body.birth {
                Some(birth) => {
                    let from = self.speaker(&Author::Agent(body.parent.unwrap_or_else(|| "grow".to_owned())));
                    said(&format!("Task from {from}"), line.at, &birth.task)
                }
                None => String::new(),
            },
            Event::UserSaid(body) if self.changes.is_moved(line.seq) => {
                let text = format!("{set_aside}{}", self.person_said(line, body.text, &body.attachments));
                self.moved.insert(line.seq, text);
                return String::new();
            }
            Event::UserSaid(body) => self.person_said(line, body.text, &body.attachments),
            Event::SaidAgain(body) => {
                return format!("{FOLD_ENDS}{set_aside}{}", self.person_said(line, body.text, &body.attachments));
            }
            Event::MailReceived(body) => match body.mail.body {
                MailBody::Say { text, by_person: true, .. } => self.person_said(line, text, &[]),
                MailBody::Say { text, .. } => said(&format!("Message from {}", self.agent(&body.mail.from)), line.at, &text),
                MailBody::Report(report) => {
                    let who = format!("Report of the sub-agent {} ({})", inline(&report.name), inline(&body.mail.from));
                    said(&who, line.at, &report.text)
                }
                _ => String::new(),
            },
            Event::ModelAnswered(body) if !matches!(body.verdict, Some(Verdict::Void { .. })) => self.answered(line, &body.reply),
            Event::SessionEnded(body) if !body.words.trim().is_empty() => said(&self.own_name(), line.at, &body.words),
            Event::ToolStarted(body) => {
                self.calls.insert(body.effect.clone(), body);
                String::new()
            }
            Event::ToolFinished(body) => match self.calls.remove(&body.effect) {
                Some(call) => tool(&call, Some(&body)),
                None => String::new(),
            },
            Event::ChildRequested(ChildRequested { mail, .. })
            | Event::ScheduledWorkStarted(ScheduledWorkStarted { mail, .. }) => match &mail.body {
                MailBody::Spawn(birth) => {
                    let what = format!("Sub-agent {} ({}) begins", birth.name, mail.to);
                    format!("{}{}{FOLD_ENDS}", fold_begins(&what), quoted(&birth.task))
                }
                _ => String::new(),
            },
            Event::AskRaised(body) => {
                let options = body.ask.options.iter().map(|option| format!("\n- {}", option.label)).collect::<String>();
                said(&format!("{} asks you", self.own_name()), line.at, &format!("{}\n{options}", body.ask.text))
            }
            Event::AskSettled(body) => match (body.by, body.answer) {
                (SettledBy::Person, Some(answer)) => said("You answer", line.at, &answer_text(&answer)),
                (SettledBy::Gitea, Some(answer)) => said("You decide in Gitea", line.at, &answer_text(&answer)),
                _ => String::new(),
            },
            Event::FreshStarted(_) => {
                let unread = self.changes.after_fresh.get(&line.seq).into_iter().flatten();
                let unread: String = unread.filter_map(|message| self.moved.remove(message)).collect();
                format!("\n* * *\n\n*Fresh start · {}. The agent reads nothing of what is above.*\n{unread}", time(line.at))
            }
            Event::TurnEnded(body) => match body.ended.ending_text(body.shortfall, &self.id) {
                Some(ending) => format!("\n*{}*\n", inline(&ending.text())),
                None => String::new(),
            },
            _ => String::new(),
        };
        format!("{set_aside}{text}")
    }

    /// What is still open at the end.
    pub(super) fn end(&mut self) -> String {
        let mut open: Vec<ToolStarted> = self.calls.drain().map(|(_, call)| call).collect();
        open.sort_by(|one, other| one.effect.cmp(&other.effect));
        open.iter().map(|call| tool(call, None)).collect()
    }

    /// A message of the person. Of its files only the names are written.
    fn person_said(&self, line: &EventLine, text: String, files: &[Attachment]) -> String {
        if self.changes.withdrawn.contains(&line.seq) {
            return String::new();
        }
        let text = self.changes.edited.get(&line.seq).unwrap_or(&text);
        let files: String = files.iter().map(|file| format!("\nAttached: {}\n", inline(&file.words()))).collect();
        match files.is_empty() || !text.trim().is_empty() {
            true => format!("{}{files}", said("You", line.at, text)),
            false => format!("\n### You · {}\n{files}", time(line.at)),
        }
    }

    fn answered(&self, line: &EventLine, reply: &ModelReply) -> String {
        let thought = |block| match block {
            Block::Thinking { thinking, .. } if !thinking.trim().is_empty() => Some(thinking),
            _ => None,
        };
        let thoughts: Vec<String> = reply.blocks().into_iter().filter_map(thought).collect();
        let words = reply.text();
        let mut text = String::new();
        if !thoughts.is_empty() {
            text += &format!("{}{}{FOLD_ENDS}", fold_begins("Thought process"), quoted(&thoughts.join("\n\n")));
        }
        if !words.is_empty() {
            text += &said(&self.own_name(), line.at, &words);
        }
        let searches: String = reply.searches().iter().map(|query| format!("\nSearched the web: {}\n", inline(query))).collect();
        text += &searches;
        let source = |source: Source| format!("- [{}](<{}>)\n", inline(&source.title), address(&source.url));
        let sources: String = reply.sources().into_iter().map(source).collect();
        if !sources.is_empty() {
            text += &format!("\nSources:\n\n{sources}");
        }
        text
    }

    fn speaker(&self, author: &Author) -> String {
        match author {
            Author::Person => "You".to_owned(),
            Author::Agent(id) if id == "grow" => self.names.get(id).map_or_else(|| "Grow Agent".to_owned(), |name| inline(name)),
            Author::Agent(id) => self.agent(id),
        }
    }

    /// A sub-agent with its id: several may have one name.
    fn agent(&self, id: &str) -> String {
        match self.names.get(id) {
            Some(name) => format!("{} ({})", inline(name), inline(id)),
            None => inline(id),
        }
    }
}

const FOLD_ENDS: &str = "\n</details>\n";

fn fold_begins(summary: &str) -> String {
    format!("\n<details><summary>{}</summary>\n\n", html(summary))
}

fn said(who: &str, at: i64, text: &str) -> String {
    format!("\n### {who} · {}\n\n{}", time(at), quoted(text))
}

fn tool(call: &ToolStarted, result: Option<&ToolFinished>) -> String {
    let fields = ["path", "prefix", "query", "url", "id", "name", "command"];
    let about = fields.iter().find_map(|field| call.input.field(field)).unwrap_or_default();
    let about: String = about.chars().take(80).collect();
    let how = match result {
        Some(result) if result.is_error => " · failed",
        Some(_) => "",
        None => " · not finished",
    };
    let result = result.map(|result| result.content.plain());
    let result = result.map_or_else(String::new, |text| format!("\n\nResult:\n\n{}", fenced(&shortened(&text), "")));
    let summary = format!("Tool: {} {about}", call.name);
    format!(
        "{}Input:\n\n{}{result}\n{FOLD_ENDS}",
        fold_begins(&format!("{}{how}", summary.trim_end())),
        fenced(&shortened(call.input.text()), "json")
    )
}

fn shortened(text: &str) -> String {
    if text.len() <= PART_BYTES {
        return text.to_owned();
    }
    let end = text.floor_char_boundary(PART_BYTES);
    format!("{}\n({} bytes left out)", &text[..end], text.len() - end)
}

fn answer_text(answer: &AskAnswer) -> String {
    let parts: Vec<&str> = [answer.option.as_deref(), answer.text.as_deref()].into_iter().flatten().collect();
    parts.join(": ")
}

fn time(ms: i64) -> String {
    let at = date(ms);
    format!("{:04}-{:02}-{:02} {:02}:{:02}", at.year, at.month, at.day, at.hour, at.minute)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The export of these events.
    fn exported(events: &[(&str, &str)]) -> String {
        let lines: Vec<EventLine> = events
            .iter()
            .zip(1..)
            .map(|((kind, data), seq)| EventLine {
                position: seq,
                agent: "grow".to_owned(),
                seq,
                at: 0,
                kind: (*kind).to_owned(),
                data: serde_json::value::RawValue::from_string((*data).to_owned()).unwrap(),
            })
            .collect();
        let mut changes = Changes::default();
        lines.iter().for_each(|line| changes.note(line));
        let mut conversation = Conversation::new("grow", "Grow Agent", HashMap::new(), changes);
        lines.iter().map(|line| conversation.event(line)).collect()
    }

    #[test]
    fn the_files_of_a_message_are_named_below_it() {
        let file = r#"[{"hash":"ab","name":"a](x)<b>\n# b.png","kind":"image","media_type":"image/png","bytes":1500}]"#;
        let text = exported(&[
            ("user_said", &format!(r#"{{"id":"m-1","text":"look","attachments":{file}}}"#)),
            ("user_said", &format!(r#"{{"id":"m-2","text":"","attachments":{file}}}"#)),
        ]);
        let named = "\nAttached: a\\](x)&lt;b&gt; \\# b.png (picture, 2 kB)\n";
        let head = "\n### You · 1970-01-01 00:00\n";
        assert_eq!(text, format!("{head}\n> look\n{named}{head}{named}"));
    }

    #[test]
    fn a_message_that_was_not_read_before_a_fresh_start_stands_below_it() {
        let requested = r#"{"attempt":1,"request_hash":"","max_tokens":1,"reservation":null}"#;
        let text = exported(&[
            ("user_said", r#"{"id":"m-1","text":"read"}"#),
            ("model_requested", requested),
            ("user_said", r#"{"id":"m-2","text":"not read"}"#),
            ("fresh_requested", r#"{"id":"f-1"}"#),
            ("fresh_started", "{}"),
            ("user_said", r#"{"id":"m-3","text":"next"}"#),
        ]);
        let (above, below) = text.split_once("Fresh start").unwrap();
        assert!(above.contains("> read\n") && !above.contains("not read"), "{text}");
        assert!(below.find("> not read\n").unwrap() < below.find("> next\n").unwrap(), "{text}");
    }
}
