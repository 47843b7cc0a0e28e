//! `growqr chat`: sends one message, or runs the prompt loop.

use crate::CommandResult;
use crate::args::{Chat, Scope};
use crate::asks;
use crate::attach::{self, NextFiles};
use crate::auth;
use crate::fresh;
use crate::print::{Out, Style};
use crate::progress::Progress;
use crate::prompt::{Line, Prompt};
use crate::transcript::{Ending, Transcript, ending};
use growqr_app::{AppError, Client, Environment, Events, Library, MESSAGE_LIMIT, Profile, new_message_id};
use growqr_wire::event::Event;
use growqr_wire::{Agent, Needs, Push, Reply, Request};
use std::collections::BTreeSet;
use std::io::Read;
use std::time::Duration;

/// Id of the main conversation.
const MAIN: &str = "grow";

/// After this time without an event, the store is asked which agents are still at work.
const SILENCE: Duration = Duration::from_secs(2);

pub async fn run(profile: Profile, environment: &Environment, out: &Out, chat: Chat) -> CommandResult {
    let conversation = chat.conversation.unwrap_or_else(|| MAIN.to_owned());
    if conversation != MAIN {
        return Err(AppError::Missing {
            what: format!("conversation {conversation:?}"),
            next_step: "The only conversation is grow. To write to a sub-agent: growqr agents say ID TEXT".to_owned(),
        });
    }
    match chat.message {
        None => {
            let kept = profile.clone();
            auth::keeping_sign_in(&kept, environment, prompt_loop(profile, environment, out)).await
        }
        Some(message) => {
            let text = if message == "-" { read_stdin()? } else { message };
            let attachments = attach::store(&profile, environment, &chat.attach).await?;
            let request = match chat.again {
                Some(message) => Request::SayAgain { message, id: new_message_id(), text, attachments },
                None => say_request(text, attachments),
            };
            send_and_print(profile, environment, out, MAIN, request).await
        }
    }
}

const PROMPT_HELP: &str = "Ctrl-C cancels the answer, Ctrl-D exits, /fresh starts afresh, /attach FILE attaches a file to the next \
                           message, ! and an answer (such as !allow) answers the question above. Sub-agents work as long as this \
                           program runs.";

/// What people write to leave a prompt.
fn is_exit(line: &str) -> bool {
    matches!(line.trim(), "exit" | "quit" | "/exit" | "/quit")
}

fn say_request(text: String, attachments: Vec<String>) -> Request {
    Request::Say { agent: MAIN.to_owned(), id: new_message_id(), text, attachments }
}

/// Reads standard input. The read limit is above the message limit, so that a message that is too large is an error and
/// not silently cut.
fn read_stdin() -> Result<String, AppError> {
    let mut bytes = Vec::new();
    let unreadable = |source| AppError::File { doing: "read", path: "standard input".into(), source };
    std::io::stdin().take(MESSAGE_LIMIT as u64 * 64).read_to_end(&mut bytes).map_err(unreadable)?;
    String::from_utf8(bytes).map_err(|_| AppError::BadRequest {
        message: "standard input is not text".to_owned(),
        next_step: "Send UTF-8 text.".to_owned(),
    })
}

/// Sends one request to an agent and prints events until the agent's turn ends.
pub async fn send_and_print(
    profile: Profile,
    environment: &Environment,
    out: &Out,
    target: &str,
    request: Request,
) -> CommandResult {
    let mut session = ChatSession::open(profile, environment, out, target).await?;
    let ending = session.send_and_print(request).await;
    let interrupted = session.close().await;
    let ending = ending?;
    if interrupted > 0 {
        out.notice(&format!("sub-agents interrupted: {interrupted}; they continue when GrowQR runs again"));
    }
    Ok(report_ending(out, &ending))
}

/// Prints a notice if the turn did not end normally. Returns true if it did.
fn report_ending(out: &Out, ending: &Ending) -> bool {
    match ending {
        Ending::Done => true,
        Ending::Detached => {
            out.notice("growqr: no longer waiting; the turn continues when GrowQR runs again");
            false
        }
        Ending::NeedsAnswer => {
            out.notice("growqr: the work waits for your answer, see above; it continues after it");
            false
        }
        Ending::Abnormal(text) => {
            out.notice(&format!("growqr: {text}"));
            false
        }
    }
}

async fn prompt_loop(profile: Profile, environment: &Environment, out: &Out) -> CommandResult {
    let mut prompt = Prompt::start(profile.prompt_history());
    let mut session = ChatSession::open_with_running_agents(profile, environment, out, MAIN).await?;
    if prompt.is_interactive() {
        out.notice(&out.style(Style::Dim, PROMPT_HELP));
    }
    session.print_open_asks().await?;
    let (mut all_succeeded, mut files) = (true, NextFiles::default());
    let mut printer = prompt.printer();
    loop {
        let shown = session.transcript.open_asks();
        // While a line is being edited, events are printed above it and not in the middle of it.
        if let Some(line_printer) = printer.take() {
            out.begin_above_prompt(line_printer);
        }
        let line = session.next_line(&mut prompt).await;
        printer = out.end_above_prompt();
        match line? {
            Line::End => break,
            Line::Text(text) if text.trim().is_empty() => {}
            Line::Text(text) if text == fresh::IN_CHAT => {
                if let Err(error) = session.start_fresh().await {
                    out.error(error);
                    all_succeeded &= prompt.is_interactive();
                }
            }
            Line::Text(text) if prompt.is_interactive() && is_exit(&text) => break,
            Line::Text(text) if prompt.is_interactive() && text.trim() == "/help" => out.notice(PROMPT_HELP),
            // Only for a person: a script may send words of others, which must not name files of this computer.
            Line::Text(text) if prompt.is_interactive() && NextFiles::is_command(&text) => {
                if let Err(error) = files.command(&session.client, out, &text).await {
                    out.error(error);
                }
            }
            Line::Text(text) => {
                let request = match text.strip_prefix('!') {
                    Some(message) if message.starts_with('!') => Ok(say_request(message.to_owned(), files.hashes())),
                    Some(answer) => session.answer_request(answer.trim(), &shown).await,
                    None => Ok(say_request(text, files.hashes())),
                };
                let sent = match request {
                    Ok(request) => session.send_with_files_and_print(request, &mut files).await,
                    Err(error) => Err(error),
                };
                let succeeded = match sent {
                    Ok(Ending::Detached) => {
                        report_ending(out, &Ending::Detached);
                        session.close().await;
                        return Ok(false);
                    }
                    Ok(ending) => report_ending(out, &ending),
                    Err(error) => {
                        out.error(error);
                        false
                    }
                };
                // At a terminal the person has seen the error; a script learns of it by the exit code.
                all_succeeded &= succeeded || prompt.is_interactive();
            }
        }
    }
    if !prompt.is_interactive() {
        all_succeeded &= session.print_until_idle().await?;
    }
    session.close().await;
    Ok(all_succeeded)
}

/// A client that prints the event stream and knows which agents are at work.
struct ChatSession<'a> {
    client: Client,
    events: Events,
    profile: Profile,
    target: String,
    transcript: Transcript<'a>,
    progress: Progress,
    at_work: BTreeSet<String>,
    /// The agents with open asks.
    asking: BTreeSet<String>,
}

impl<'a> ChatSession<'a> {
    async fn open(profile: Profile, environment: &Environment, out: &'a Out, target: &str) -> Result<ChatSession<'a>, AppError> {
        let (client, events) = Client::open(profile.clone(), environment, Needs::Host).await?;
        let transcript = Transcript::new(out, target);
        let asking = Library::open(profile.clone()).await?.asks().await?.into_iter().map(|row| row.agent).collect();
        let target = target.to_owned();
        let progress = Progress::default();
        Ok(ChatSession { client, events, profile, target, transcript, progress, at_work: BTreeSet::new(), asking })
    }

    /// Like [`ChatSession::open`], but `at_work` starts with the agents whose turns an earlier stop interrupted.
    async fn open_with_running_agents(
        profile: Profile,
        environment: &Environment,
        out: &'a Out,
        target: &str,
    ) -> Result<ChatSession<'a>, AppError> {
        // If this process becomes the host, opening resumes interrupted turns, which may end at once: so the store is
        // read before. If another process is the host, the store is read again after subscribing, so that no change in
        // between is missed.
        let before = agents_at_work(&profile).await?;
        let mut session = ChatSession::open(profile, environment, out, target).await?;
        session.at_work = if session.client.is_attached() { agents_at_work(&session.profile).await? } else { before };
        Ok(session)
    }

    /// Prints events until a line is entered.
    async fn next_line(&mut self, prompt: &mut Prompt) -> Result<Line, AppError> {
        loop {
            let push = tokio::select! {
                line = prompt.line() => return Ok(line),
                push = self.events.next() => push?,
                _ = tokio::signal::ctrl_c() => None,
            };
            let Some(push) = push else { return Ok(Line::End) };
            self.show(&push).await?;
        }
    }

    /// Prints one event and updates `at_work`. Returns `Some` if the target agent's turn ended with the event.
    async fn show(&mut self, push: &Push) -> Result<Option<Ending>, AppError> {
        self.progress.clear();
        match push {
            Push::Recorded { agent, .. } if agent.is_at_work() => drop(self.at_work.insert(agent.id.clone())),
            Push::Recorded { agent, .. } => drop(self.at_work.remove(&agent.id)),
            Push::Stopped { agent, .. } => drop(self.at_work.remove(agent)),
            Push::MemoryProgress { done, total } => self.progress.show(*done, *total),
            Push::Delta { .. } | Push::MemoryChanged | Push::StackChanged { .. } | Push::HealthChanged { .. } => {}
            // Events were dropped because this client was too slow. The store has the current state.
            Push::Missed => self.at_work = agents_at_work(&self.profile).await?,
        }
        if let Push::Recorded { agent, .. } = push {
            if agent.asks > 0 {
                self.asking.insert(agent.id.clone());
            } else {
                self.asking.remove(&agent.id);
            }
        }
        let ended = self.transcript.show(push);
        asks::print_file_changes(&self.profile, self.transcript.out(), self.transcript.take_writes()).await;
        if *push == Push::Missed && !self.at_work.contains(&self.target) {
            return Ok(Some(last_ending(&self.profile, &self.target).await?));
        }
        let is_pause = matches!(push, Push::Recorded { agent, .. } if agent.status == "waiting");
        if ended.is_none() && is_pause && self.at_work.contains(&self.target) && self.waits_for_person().await? {
            self.print_open_asks().await?;
            return Ok(Some(Ending::NeedsAnswer));
        }
        Ok(ended)
    }

    /// Prints the open asks that were not printed yet.
    async fn print_open_asks(&mut self) -> Result<(), AppError> {
        if !self.asking.is_empty() {
            let asks = Library::open(self.profile.clone()).await?.asks().await?;
            asks.iter().for_each(|row| self.transcript.print_ask_once(&row.agent_name, &row.ask));
        }
        asks::print_file_changes(&self.profile, self.transcript.out(), self.transcript.take_writes()).await;
        Ok(())
    }

    /// Says that the message is read once the open questions are answered, with the commands for that.
    async fn say_what_message_waits_for(&self) -> Result<(), AppError> {
        let mut open = Library::open(self.profile.clone()).await?.asks().await?;
        open.sort_by_key(|row| row.agent != self.target);
        if let Some(text) = asks::what_message_waits_for(&self.target, &open) {
            self.transcript.out().notice(&text);
        }
        Ok(())
    }

    /// Whether agents are at work and none of them can go on without an answer of the person.
    async fn waits_for_person(&self) -> Result<bool, AppError> {
        if self.asking.is_empty() {
            return Ok(false);
        }
        let agents = Library::open(self.profile.clone()).await?.agents().await?;
        let mut at_work = agents.iter().filter(|agent| agent.is_at_work()).peekable();
        Ok(at_work.peek().is_some()
            && agents.iter().any(|agent| agent.is_at_work() && agent.asks > 0)
            && at_work.all(|agent| agent.status == "waiting"))
    }

    /// The request that answers the open ask with this text. It must be the only one, and have been on the screen when the person
    /// began to write: the answer is not meant for a question that has come since. `shown` are the ids of those.
    async fn answer_request(&mut self, answer: &str, shown: &[String]) -> Result<Request, AppError> {
        self.print_open_asks().await?;
        let open = self.transcript.open_asks();
        let bad_request =
            |message: String, next_step: &str| Err(AppError::BadRequest { message, next_step: next_step.to_owned() });
        let id = match &open[..] {
            [] => {
                return bad_request("nothing waits for an answer".to_owned(), "To begin a message with ! write it twice: !!");
            }
            [id] if open == shown => id,
            [_] => {
                return bad_request("the question has only now come up".to_owned(), "Read it above, then answer it.");
            }
            several => {
                let message = format!("{} questions wait for an answer", several.len());
                return bad_request(message, "Answer each with its own command, shown with it, in another terminal.");
            }
        };
        if answer.is_empty() {
            return bad_request("an answer is missing".to_owned(), "Write it after the exclamation mark, such as !allow");
        }
        let row = Library::open(self.profile.clone()).await?.ask(id).await?;
        let answer = asks::parse_answer(&row.ask, answer.to_owned(), None, Scope::Once, None)?;
        Ok(Request::AnswerAsk { ask: row.ask.id.clone(), answer: Some(answer) })
    }

    /// Starts the conversation afresh. The divider is printed with its event.
    async fn start_fresh(&mut self) -> Result<(), AppError> {
        let out = self.transcript.out();
        match self.client.send(fresh::request()).await? {
            Reply::Said { agent } if !out.is_json() => out.notice(&out.style(Style::Dim, fresh::when(&agent))),
            _ => {}
        }
        Ok(())
    }

    /// Sends one request and prints events until the target agent's turn ends.
    async fn send_and_print(&mut self, request: Request) -> Result<Ending, AppError> {
        self.send_with_files_and_print(request, &mut NextFiles::default()).await
    }

    /// Like [`ChatSession::send_and_print`]. The files have gone once a message is recorded, however its turn ends.
    async fn send_with_files_and_print(&mut self, request: Request, files: &mut NextFiles) -> Result<Ending, AppError> {
        let is_message = matches!(request, Request::Say { .. });
        let Reply::Said { agent } = self.client.send(request).await? else {
            return Err(AppError::Protocol { problem: "sent an unexpected answer".to_owned() });
        };
        if is_message {
            files.clear();
        }
        self.print_turn(&agent, is_message).await
    }

    /// Prints events until the turn of the target agent ends. `recorded`: the agent when the request was recorded. The first Ctrl-C
    /// cancels the turn. The second one leaves at once, and the turn continues at the next start.
    async fn print_turn(&mut self, recorded: &Agent, is_message: bool) -> Result<Ending, AppError> {
        // The answer to an agent that works in the background starts no turn of this conversation.
        if recorded.id != self.target && !self.at_work.contains(&self.target) {
            return Ok(Ending::Done);
        }
        // It may have waited before.
        if recorded.is_at_work() && self.waits_for_person().await? {
            self.print_open_asks().await?;
            if is_message {
                self.say_what_message_waits_for().await?;
            }
            return Ok(Ending::NeedsAnswer);
        }
        let mut is_cancelling = false;
        loop {
            let push = tokio::select! {
                push = self.events.next() => push?,
                _ = tokio::signal::ctrl_c() => {
                    self.transcript.break_line();
                    if is_cancelling {
                        return Ok(Ending::Detached);
                    }
                    is_cancelling = true;
                    self.client.send(Request::Cancel { agent: self.target.clone(), tree: true }).await?;
                    continue;
                }
            };
            let Some(push) = push else {
                return Ok(Ending::Abnormal(
                    "the running GrowQR has ended; the turn continues when GrowQR runs again".to_owned(),
                ));
            };
            // An ending that was recorded before the message belongs to an earlier turn.
            let is_earlier = matches!(&push, Push::Recorded { agent, .. } if agent.id == recorded.id && agent.seq < recorded.seq);
            if let Some(ending) = self.show(&push).await?
                && !is_earlier
            {
                return Ok(ending);
            }
        }
    }

    /// Prints events until no agent is at work, for example until a turn that an earlier stop interrupted has ended.
    async fn print_until_idle(&mut self) -> CommandResult {
        while !self.at_work.is_empty() {
            if self.waits_for_person().await? {
                self.print_open_asks().await?;
                return Ok(report_ending(self.transcript.out(), &Ending::NeedsAnswer));
            }
            let push = tokio::select! {
                biased;
                push = self.events.next() => push?,
                _ = tokio::signal::ctrl_c() => None,
                // No event comes of a turn whose end was on its way to the database when its process was killed.
                () = tokio::time::sleep(SILENCE) => {
                    // The database may be away for a while; the agents wait for it too.
                    if let Ok(at_work) = agents_at_work(&self.profile).await {
                        self.at_work.retain(|agent| at_work.contains(agent));
                    }
                    continue;
                }
            };
            let Some(push) = push else { return Ok(false) };
            self.show(&push).await?;
        }
        Ok(true)
    }

    /// Closes the client. Returns how many sub-agents stop in the middle of their work because this process was their
    /// host.
    async fn close(self) -> usize {
        let interrupted = if self.client.is_attached() { 0 } else { self.at_work.iter().filter(|id| *id != MAIN).count() };
        self.client.close().await;
        interrupted
    }
}

/// How the last turn of an agent ended, as its journal says.
async fn last_ending(profile: &Profile, agent: &str) -> Result<Ending, AppError> {
    let library = Library::open(profile.clone()).await?;
    let (mut before, page) = (None, 100);
    loop {
        let events = library.events_before(Some(agent), before, page).await?;
        let ended = events.iter().rev().find_map(|line| match line.event() {
            Some(Event::TurnEnded(body)) => Some(ending(&body, agent)),
            _ => None,
        });
        match (ended, events.first()) {
            (Some(ended), _) => return Ok(ended),
            (None, Some(first)) => before = Some(first.position),
            (None, None) => return Ok(Ending::Done),
        }
    }
}

async fn agents_at_work(profile: &Profile) -> Result<BTreeSet<String>, AppError> {
    let agents = Library::open(profile.clone()).await?.agents().await?;
    Ok(agents.into_iter().filter(Agent::is_at_work).map(|agent| agent.id).collect())
}
