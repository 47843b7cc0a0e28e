//! The `growqr tools` commands: MCP servers.

use crate::args::Tools;
use crate::print::{Out, Style, sanitized_line, time};
use crate::tool_state::{described, print_tested, servers, settled, way};
use crate::{CommandResult, new_tool_server, tool_sign_in};
use growqr_app::{AppError, Client, Environment, Profile, read_tool_servers, send_request};
use growqr_wire::{FoundToolServer, Needs, NewToolServer, Reply, Request, ToolLogLine, ToolTransport};

pub async fn tools(profile: Profile, environment: &Environment, out: &Out, command: Tools) -> CommandResult {
    match command {
        Tools::List => {
            let servers = servers(send_request(profile, environment, Request::ToolServers).await?);
            for server in &servers {
                out.row(server, || described(out, server));
            }
            if servers.is_empty() && !out.is_json() {
                out.notice("No servers of tools yet. To add one: growqr tools add NAME -- PROGRAM ARGUMENTS");
            }
        }
        Tools::Add { name, url, env, header, client_id, call_limit, trust, replace, command } => {
            let transport = transport(url, command)?;
            let values = new_tool_server::values(&env, &header)?;
            let folder = new_tool_server::folder(&transport);
            let call_limit_ms = call_limit.map(|seconds| seconds * 1_000);
            let server = NewToolServer { name, transport, values, client_id, call_limit_ms, folder, is_trusted: trust };
            return add_and_test(profile, environment, out, vec![server], replace).await;
        }
        Tools::Import { file, names, yes, replace } => {
            let chosen = import(out, &file, &names)?;
            if !yes {
                let how = "These programs run with your rights: look at each line. To add them: the same with --yes";
                out.notice(&format!("Nothing was added. {how}"));
                return Ok(true);
            }
            return add_and_test(profile, environment, out, chosen, replace).await;
        }
        Tools::Remove { name } => {
            send_request(profile, environment, Request::RemoveToolServer { name }).await?;
        }
        Tools::On { name } => {
            send_request(profile, environment, Request::SwitchToolServer { name, is_on: true }).await?;
        }
        Tools::Off { name } => {
            send_request(profile, environment, Request::SwitchToolServer { name, is_on: false }).await?;
        }
        Tools::SignIn { name, no_browser } => return tool_sign_in::sign_in(profile, environment, out, &name, no_browser).await,
        Tools::SignOut { name } => {
            send_request(profile, environment, Request::SignOutToolServer { name }).await?;
        }
        Tools::Test { name } => {
            let (client, _) = Client::open(profile, environment, Needs::Host).await?;
            let tested = async {
                client.send(Request::TestToolServer { name: name.clone() }).await?;
                settled(&client, &name).await
            };
            let tested = tested.await;
            client.close().await;
            return Ok(print_tested(out, &tested?, &name));
        }
        Tools::Logs { name } => {
            let (client, _) = Client::open(profile, environment, Request::ToolLog { name: name.clone() }.class().needs).await?;
            let lines = log(&client, &name).await;
            client.close().await;
            for line in lines? {
                out.row(&line, || {
                    let said = sanitized_line(&line.text);
                    let said = if line.is_ours { out.style(Style::Dim, &said) } else { said };
                    format!("{}  {said}", time(line.at))
                });
            }
        }
    }
    Ok(true)
}

/// What a server has said; one that does not run yet is started for it.
async fn log(client: &Client, name: &str) -> Result<Vec<ToolLogLine>, AppError> {
    settled(client, name).await?;
    match client.send(Request::ToolLog { name: name.to_owned() }).await? {
        Reply::ToolLog { lines } => Ok(lines),
        _ => Ok(Vec::new()),
    }
}

fn transport(url: Option<String>, command: Vec<String>) -> Result<ToolTransport, AppError> {
    let mut words = command.into_iter();
    match (url, words.next()) {
        (Some(url), _) => Ok(ToolTransport::Http { url }),
        (None, Some(command)) => Ok(ToolTransport::Program { command, args: words.collect() }),
        (None, None) => Err(AppError::BadRequest {
            message: "a server needs a program after --, or --url".to_owned(),
            next_step: "An example: growqr tools add time -- uvx mcp-server-time".to_owned(),
        }),
    }
}

/// Adds servers and says of each what it can do. One that is refused stops no other.
async fn add_and_test(
    profile: Profile,
    environment: &Environment,
    out: &Out,
    new: Vec<NewToolServer>,
    replace: bool,
) -> CommandResult {
    // One host for all: it starts the servers, and its process is this one unless another runs.
    let (client, _) = Client::open(profile, environment, Needs::Host).await?;
    let added = async {
        let (mut all_ready, mut refused) = (true, None);
        for server in new {
            let name = server.name.clone();
            match client.send(Request::AddToolServer { server, replace }).await {
                Ok(_) => all_ready &= print_tested(out, &settled(&client, &name).await?, &name),
                Err(error) => refused = refused.or(Some(error)),
            }
        }
        refused.map_or(Ok(all_ready), Err)
    };
    let result = added.await;
    client.close().await;
    result
}

/// Shows the servers of a configuration; returns those that can be added.
fn import(out: &Out, file: &std::path::Path, names: &[String]) -> Result<Vec<NewToolServer>, AppError> {
    let text = std::fs::read_to_string(file).map_err(|error| AppError::BadRequest {
        message: format!("{} cannot be read: {error}", file.display()),
        next_step: "Give the path of a configuration file.".to_owned(),
    })?;
    let found = read_tool_servers(&text)?;
    let is_wanted = |name: &str, title: &str| names.is_empty() || names.iter().any(|wanted| wanted == name || wanted == title);
    let mut chosen = Vec::new();
    for server in found.servers.into_iter().filter(|found| is_wanted(&found.server.name, &found.title)) {
        out.line(&shown_import(out, &server));
        if server.missing.is_empty() && !server.is_off {
            chosen.push(server.server);
        }
    }
    for entry in &found.left_out {
        out.notice(&format!("{} is left out: {}", sanitized_line(&entry.name), entry.reason));
    }
    Ok(chosen)
}

/// What would run, with the names of its values but not the values.
fn shown_import(out: &Out, found: &FoundToolServer) -> String {
    let mut line = format!("{}  {}", out.style(Style::Bold, &found.server.name), way(&found.server.transport));
    if !found.server.values.is_empty() {
        let names: Vec<&str> = found.server.values.keys().map(String::as_str).collect();
        line.push_str(&format!("  with {}", sanitized_line(&names.join(", "))));
    }
    if !found.reads.is_empty() {
        line.push_str(&format!("  (gets the values of {} from this environment)", sanitized_line(&found.reads.join(", "))));
    }
    if found.is_off {
        line.push_str("  (switched off there: not added)");
    } else if !found.missing.is_empty() {
        line.push_str(&format!("  (not added: no value for {})", sanitized_line(&found.missing.join(", "))));
    }
    line
}
