//! Talking: one message, or a prompt loop.

use crate::Done;
use crate::args::Chat;
use crate::print::{Look, Out};
use crate::prompt::{Line, Prompt};
use crate::transcript::{Ending, Transcript};
use growqr_app::{AppError, Client, Environment, Home, Library, MESSAGE_LIMIT, new_message_id};
use growqr_wire::{Agent, Push, Reply, Request};
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
            let request = Request::Say { agent: MAIN.to_owned(), id: new_message_id(), text };
            tell(home, environment, out, MAIN, request).await
        }
    }
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
    let mut client = Client::hosting(home.clone(), environment).await?;
    let mut transcript = Transcript::new(out, target);
    let ended = follow(&mut client, &home, &mut transcript, target, request).await;
    let left = if client.is_attached() { 0 } else { children_at_work(&home).await };
    client.close().await;
    let ended = ended?;
    if left > 0 {
        out.notice(&format!("{left} at work still: it goes on when GrowQR runs again"));
    }
    match ended {
        Ending::Done => Ok(true),
        Ending::Otherwise(text) => {
            out.notice(&format!("growqr: {text}"));
            Ok(false)
        }
    }
}

async fn children_at_work(home: &Home) -> usize {
    let Ok(library) = Library::open(home.clone()).await else { return 0 };
    let agents = library.agents().await.unwrap_or_default();
    agents.iter().filter(|agent| agent.depth > 0 && agent.is_at_work()).count()
}

/// Ctrl-C stops the turn; a second one leaves at once, and the turn goes on at the next start.
async fn follow(
    client: &mut Client,
    home: &Home,
    transcript: &mut Transcript<'_>,
    target: &str,
    request: Request,
) -> Result<Ending, AppError> {
    let said = match client.ask(request).await? {
        Reply::Said { agent } => agent,
        _ => return Err(AppError::Protocol { problem: "answered something else".to_owned() }),
    };
    let mut stopping = false;
    loop {
        let push = tokio::select! {
            push = client.next() => push?,
            _ = tokio::signal::ctrl_c() => {
                transcript.break_line();
                if stopping {
                    return Ok(Ending::Otherwise("left; the turn goes on when GrowQR runs again".to_owned()));
                }
                stopping = true;
                client.ask(Request::Cancel { agent: target.to_owned() }).await?;
                continue;
            }
        };
        let Some(push) = push else {
            return Ok(Ending::Otherwise("the running GrowQR has ended; the turn goes on when it runs again".to_owned()));
        };
        if push == Push::Missed {
            // Too much came too fast to show; whether the turn has ended stands in the store.
            let agent = Library::open(home.clone()).await?.agent(target).await?;
            if !agent.is_at_work() {
                return Ok(Ending::Done);
            }
            continue;
        }
        // What this agent did before it heard the message does not end the turn that the message began.
        let is_earlier = matches!(&push, Push::Recorded { agent, .. } if agent.id == said.id && agent.seq < said.seq);
        if let Some(ending) = transcript.show(&push)
            && !is_earlier
        {
            return Ok(ending);
        }
    }
}

/// Follows what is still under way, such as a turn that an earlier stop interrupted, to its end.
async fn settle(client: &mut Client, home: &Home, transcript: &mut Transcript<'_>) -> Done {
    loop {
        let agents = Library::open(home.clone()).await?.agents().await?;
        if !agents.iter().any(Agent::is_at_work) {
            return Ok(true);
        }
        match client.next().await? {
            Some(push) => drop(transcript.show(&push)),
            None => return Ok(false),
        }
    }
}

async fn prompt_loop(home: Home, environment: &Environment, out: &Out) -> Done {
    let mut client = Client::hosting(home.clone(), environment).await?;
    let mut prompt = Prompt::start(home.prompt_history());
    if prompt.is_interactive() {
        out.notice(&out.style(Look::Dim, "Ctrl-C stops an answer, Ctrl-D leaves. Sub-agents work while this runs."));
    }
    let mut well = true;
    let mut transcript = Transcript::new(out, MAIN);
    loop {
        let line = loop {
            tokio::select! {
                line = prompt.line() => break line,
                push = client.next() => match push? {
                    Some(push) => drop(transcript.show(&push)),
                    None => break Line::End,
                },
            }
        };
        match line {
            Line::End if prompt.is_interactive() => break,
            Line::End => {
                well &= settle(&mut client, &home, &mut transcript).await?;
                break;
            }
            Line::Text(text) if text.trim().is_empty() => {}
            Line::Text(text) => {
                let request = Request::Say { agent: MAIN.to_owned(), id: new_message_id(), text };
                match follow(&mut client, &home, &mut transcript, MAIN, request).await {
                    Ok(Ending::Done) => {}
                    Ok(Ending::Otherwise(text)) => {
                        well = prompt.is_interactive();
                        out.notice(&format!("growqr: {text}"));
                    }
                    Err(error) => {
                        well = prompt.is_interactive();
                        out.error(error);
                    }
                }
            }
        }
    }
    client.close().await;
    Ok(well)
}
