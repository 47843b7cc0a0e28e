//! `growqr tools sign-in`: prints the page, and waits for the browser to come back.

use crate::print::Out;
use crate::tool_state::{POLL_PAUSE, print_tested, servers, settled};
use crate::{CommandResult, browser};
use growqr_app::{AppError, Client, Environment, Profile};
use growqr_wire::{Needs, Reply, Request, ToolSignIn};

/// Signs in at a server, and says what it can do.
pub async fn sign_in(profile: Profile, environment: &Environment, out: &Out, name: &str, no_browser: bool) -> CommandResult {
    // The host waits for the browser; its process is this one unless another runs.
    let (client, _) = Client::open(profile, environment, Needs::Host).await?;
    let signed_in = tokio::select! {
        signed_in = with_browser(&client, out, name, no_browser) => signed_in,
        _ = tokio::signal::ctrl_c() => {
            let stopped = client.send(Request::StopToolSignIn { name: name.to_owned() }).await;
            stopped.map(|_| {
                out.notice("The sign-in was stopped.");
                false
            })
        }
    };
    client.close().await;
    signed_in
}

async fn with_browser(client: &Client, out: &Out, name: &str, no_browser: bool) -> CommandResult {
    let Reply::ToolSignIn { page } = client.send(Request::SignInToolServer { name: name.to_owned() }).await? else {
        return Ok(false);
    };
    out.notice(&format!("To sign in, open this in a browser on this computer (Ctrl-C to stop):\n{page}"));
    if !no_browser {
        browser::open(out, &page);
    }
    let mut last = attempt(client, name).await?;
    while last.is_waiting {
        tokio::time::sleep(POLL_PAUSE).await;
        last = attempt(client, name).await?;
    }
    if let Some(problem) = last.problem {
        return Err(AppError::BadRequest {
            message: format!("signing in at {name} failed: {problem}"),
            next_step: format!("Try again: growqr tools sign-in {name}"),
        });
    }
    Ok(print_tested(out, &settled(client, name).await?, name))
}

/// The attempt at a server as its host knows it.
async fn attempt(client: &Client, name: &str) -> Result<ToolSignIn, AppError> {
    let all = servers(client.send(Request::ToolServers).await?);
    Ok(all.into_iter().find(|server| server.name == name).map(|server| server.sign_in).unwrap_or_default())
}
