//! What a server is doing: waited for, and printed.

use crate::print::{Out, Style, sanitized_line, shortened};
use growqr_app::{AppError, Client};
use growqr_wire::{Reply, Request, ToolServer, ToolServerState, ToolTransport};
use std::time::Duration;

/// How often, and how many times, a server that is being started is looked at.
pub const POLL_PAUSE: Duration = Duration::from_millis(200);
const MAX_POLLS: usize = 1_000;

/// Waits until a server is ready, has failed or needs a sign-in; starts one that rests. Returns all servers.
pub async fn settled(client: &Client, name: &str) -> Result<Vec<ToolServer>, AppError> {
    let mut all = servers(client.send(Request::ToolServers).await?);
    for _ in 0..MAX_POLLS {
        let state = all.iter().find(|server| server.name == name && server.is_on).map(|server| &server.state);
        all = match state {
            Some(ToolServerState::Resting) => servers(client.send(Request::TestToolServer { name: name.to_owned() }).await?),
            Some(ToolServerState::Starting) => {
                tokio::time::sleep(POLL_PAUSE).await;
                servers(client.send(Request::ToolServers).await?)
            }
            _ => break,
        };
    }
    Ok(all)
}

/// The servers of a reply.
pub fn servers(reply: Reply) -> Vec<ToolServer> {
    match reply {
        Reply::ToolServers { servers } => servers,
        _ => Vec::new(),
    }
}

/// Prints a server after its test. Whether it is ready.
pub fn print_tested(out: &Out, servers: &[ToolServer], name: &str) -> bool {
    let Some(server) = servers.iter().find(|server| server.name == name) else { return false };
    out.row(server, || described(out, server));
    server.state == ToolServerState::Ready
}

/// The command line or address of a server.
pub fn way(transport: &ToolTransport) -> String {
    let text = match transport {
        ToolTransport::Program { command, args } => {
            let words = std::iter::once(command).chain(args).map(String::as_str);
            shlex::try_join(words).unwrap_or_else(|_| command.clone())
        }
        ToolTransport::Http { url } => url.clone(),
    };
    sanitized_line(&text)
}

/// A server for people.
pub fn described(out: &Out, server: &ToolServer) -> String {
    let state = match &server.state {
        _ if !server.is_on => out.style(Style::Dim, "off"),
        ToolServerState::Resting => "starts when it is called".to_owned(),
        ToolServerState::Starting => "is being started".to_owned(),
        ToolServerState::Ready => out.style(Style::Good, "ready"),
        ToolServerState::NeedsSignIn { reason } => {
            let command = format!("growqr tools sign-in {}", server.name);
            out.style(Style::Bad, &format!("needs a sign-in: {}. To sign in: {command}", sanitized_line(reason)))
        }
        ToolServerState::Failed { cause, .. } => out.style(Style::Bad, &format!("failed: {}", sanitized_line(cause))),
    };
    let mut lines = vec![format!("{}  {state}", out.style(Style::Bold, &server.name))];
    lines.push(format!("  {}", out.style(Style::Dim, &way(&server.transport))));
    if server.sign_in.is_kept {
        lines.push(format!("  {}", out.style(Style::Dim, "signed in")));
    }
    if let Some(problem) = &server.sign_in.problem {
        lines.push(format!("  {}", out.style(Style::Bad, &format!("the sign-in failed: {}", sanitized_line(problem)))));
    }
    for tool in server.tools.iter().flatten() {
        let description = shortened(&sanitized_line(&tool.description), 70);
        lines.push(format!("  {:<40} {}", tool.offered_as, out.style(Style::Dim, &description)));
    }
    for tool in &server.left_out {
        lines.push(format!("  {} is left out: {}", sanitized_line(&tool.name), sanitized_line(&tool.reason)));
    }
    lines.join("\n")
}
