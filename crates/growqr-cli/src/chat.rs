//! Talking: one message, or a prompt loop.

use crate::Done;
use crate::args::Chat;
use crate::print::{Look, Out};
use crate::prompt::{Line, Prompt};
use crate::transcript::{Ending, Transcript};
use growqr_app::{AppError, Client, Environment, Events, Home, Library, MESSAGE_LIMIT, new_message_id};
use growqr_wire::{Agent, Needs, Push, Reply, Request};
use std::collections::BTreeSet;
use std::io::Read;

/// The main conversation.
const MAIN: &str = "grow";

pub async fn run(home: Home, environment: &Environment, out: &Out, chat: Chat) -> Done {
    let conversation = chat.conversation.unwrap_or_else(|| MAIN.to_owned());
    if conversation != MAIN {
        return Err(AppError::Missing {
            what: format!("conversation {conversation:?}"),
            next_step: "The one there is is called grow. To speak to a sub-agent: growqr agents say ID TEXT".to_owned(),
        });
    }
    match chat.message {
        None => prompt_loop(home, environment, out).await,
        Some(message) => {
            let text = if message == "-" { read_stdin()? } else { message };
            tell(home, environment, out, MAIN, say(text)).await
        }
    }
}

fn say(text: String) -> Request {
    Request::Say { agent: MAIN.to_owned(), id: new_message_id(), text }
}

/// Reads a little more than is taken, so that too much is told apart from just enough.
fn read_stdin() -> Result<String, AppError> {
    let mut bytes = Vec::new();
    let unreadable = |source| AppError::File { doing: "read", path: "standard input".into(), source };
    std::io::stdin().take(MESSAGE_LIMIT as u64 * 64).read_to_end(&mut bytes).map_err(unreadable)?;
    String::from_utf8(bytes)
        .map_err(|_| AppError::BadRequest { message: "this is not text".to_owned(), next_step: "Send UTF-8 text.".to_owned() })
}

/// Sends one request to an agent and shows what happens until its turn ends.
pub async fn tell(home: Home, environment: &Environment, out: &Out, target: &str, request: Request) -> Done {
    let mut session = Session::open(home, environment, out, target).await?;
    let ended = session.tell(request).await;
    let left = session.close().await;
    let ended = ended?;
    if left > 0 {
        out.notice(&format!("{left} at work still: it goes on when GrowQR runs again"));
    }
    Ok(told(out, &ended))
}

/// Tells the person how a turn ended, if it did not end as wished. Whether it did.
fn told(out: &Out, ended: &Ending) -> bool {
    match ended {
        Ending::Done => true,
        Ending::Left => {
            out.notice("growqr: left; the turn goes on when GrowQR runs again");
            false
        }
        Ending::Otherwise(text) => {
            out.notice(&format!("growqr: {text}"));
            false
        }
    }
}

async fn prompt_loop(home: Home, environment: &Environment, out: &Out) -> Done {
    let mut prompt = Prompt::start(home.prompt_history());
    let mut session = Session::open_and_look(home, environment, out, MAIN).await?;
    if prompt.is_interactive() {
        out.notice(&out.style(Look::Dim, "Ctrl-C stops an answer, Ctrl-D leaves. Sub-agents work while this runs."));
    }
    let mut well = true;
    let mut above = prompt.printer();
    loop {
        // What happens while a person types is shown above their line, not in the middle of it.
        if let Some(printer) = above.take() {
            out.above(printer);
        }
        let line = session.while_typing(&mut prompt).await;
        above = out.below();
        match line? {
            Line::End => break,
            Line::Text(text) if text.trim().is_empty() => {}
            Line::Text(text) => {
                let went_well = match session.tell(say(text)).await {
                    Ok(Ending::Left) => {
                        told(out, &Ending::Left);
                        session.close().await;
                        return Ok(false);
                    }
                    Ok(ended) => told(out, &ended),
                    Err(error) => {
                        out.error(error);
                        false
                    }
                };
                // A person sees it and goes on; a script must learn of it.
                well &= went_well || prompt.is_interactive();
            }
        }
    }
    if !prompt.is_interactive() {
        well &= session.settle().await?;
    }
    session.close().await;
    Ok(well)
}

/// A client that shows what happens, and knows who is at work.
struct Session<'a> {
    client: Client,
    events: Events,
    home: Home,
    target: String,
    transcript: Transcript<'a>,
    at_work: BTreeSet<String>,
}

impl<'a> Session<'a> {
    async fn open(home: Home, environment: &Environment, out: &'a Out, target: &str) -> Result<Session<'a>, AppError> {
        let (client, events) = Client::open(home.clone(), environment, Needs::Host).await?;
        let transcript = Transcript::new(out, target);
        Ok(Session { client, events, home, target: target.to_owned(), transcript, at_work: BTreeSet::new() })
    }

    /// The same, knowing from the start what an earlier stop left open.
    async fn open_and_look(home: Home, environment: &Environment, out: &'a Out, target: &str) -> Result<Session<'a>, AppError> {
        // As it was before this process took it up, unless another runs the agents: then as it is once we listen.
        let before = who_is_at_work(&home).await?;
        let mut session = Session::open(home, environment, out, target).await?;
        session.at_work = if session.client.is_attached() { who_is_at_work(&session.home).await? } else { before };
        Ok(session)
    }

    /// Shows the next thing that happens. False once the host has ended.
    async fn show_next(&mut self) -> Result<bool, AppError> {
        let push = self.events.next().await?;
        let is_open = push.is_some();
        if let Some(push) = push {
            self.show(&push).await?;
        }
        Ok(is_open)
    }

    /// Shows what happens until a line is entered.
    async fn while_typing(&mut self, prompt: &mut Prompt) -> Result<Line, AppError> {
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

    /// Shows one thing. Some if the target's turn ended with it.
    async fn show(&mut self, push: &Push) -> Result<Option<Ending>, AppError> {
        match push {
            Push::Recorded { agent, .. } if agent.is_at_work() => drop(self.at_work.insert(agent.id.clone())),
            Push::Recorded { agent, .. } => drop(self.at_work.remove(&agent.id)),
            Push::Stopped { agent, .. } => drop(self.at_work.remove(agent)),
            Push::Delta { .. } | Push::MemoryChanged => {}
            // Too much came too fast to show; how things stand is in the store.
            Push::Missed => self.at_work = who_is_at_work(&self.home).await?,
        }
        let ended = self.transcript.show(push);
        let has_missed_it = *push == Push::Missed && !self.at_work.contains(&self.target);
        Ok(ended.or(has_missed_it.then_some(Ending::Done)))
    }

    /// Sends one request and shows what happens until the target's turn ends. Ctrl-C stops the turn; a second one
    /// leaves at once, and the turn goes on at the next start.
    async fn tell(&mut self, request: Request) -> Result<Ending, AppError> {
        let Reply::Said { agent: said } = self.client.ask(request).await? else {
            return Err(AppError::Protocol { problem: "answered something else".to_owned() });
        };
        let mut stopping = false;
        loop {
            let push = tokio::select! {
                push = self.events.next() => push?,
                _ = tokio::signal::ctrl_c() => {
                    self.transcript.break_line();
                    if stopping {
                        return Ok(Ending::Left);
                    }
                    stopping = true;
                    self.client.ask(Request::Cancel { agent: self.target.clone() }).await?;
                    continue;
                }
            };
            let Some(push) = push else {
                return Ok(Ending::Otherwise("the running GrowQR has ended; the turn goes on when it runs again".to_owned()));
            };
            // What this agent did before it heard the message does not end the turn that the message began.
            let is_earlier = matches!(&push, Push::Recorded { agent, .. } if agent.id == said.id && agent.seq < said.seq);
            if let Some(ending) = self.show(&push).await?
                && !is_earlier
            {
                return Ok(ending);
            }
        }
    }

    /// Shows what is still under way, such as a turn that an earlier stop interrupted, to its end.
    async fn settle(&mut self) -> Done {
        while !self.at_work.is_empty() {
            let goes_on = tokio::select! {
                shown = self.show_next() => shown?,
                _ = tokio::signal::ctrl_c() => false,
            };
            if !goes_on {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Ends in good order. How many sub-agents stop in mid-work because their host ends with this process.
    async fn close(self) -> usize {
        let left = if self.client.is_attached() { 0 } else { self.at_work.iter().filter(|id| *id != MAIN).count() };
        self.client.close().await;
        left
    }
}

async fn who_is_at_work(home: &Home) -> Result<BTreeSet<String>, AppError> {
    let agents = Library::open(home.clone()).await?.agents().await?;
    Ok(agents.into_iter().filter(Agent::is_at_work).map(|agent| agent.id).collect())
}
