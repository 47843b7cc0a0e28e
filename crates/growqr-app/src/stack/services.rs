//! The two services behind the containers: what their containers are made of, and what is done once they answer.

use crate::SystemClock;
use crate::error::AppError;
use crate::stack::config::StackConfig;
use crate::stack::credentials::Credentials;
use crate::stack::deps::{GITEA_USER, REPOSITORY, StackDeps};
use crate::stack::gateway::{self, Payers};
use crate::stack::gitea_commands::GiteaExec;
use crate::stack::ports;
use crate::stack::preferences::StackPreferences;
use crate::stack::workbench::WorkbenchSlot;
use growqr_core::clock::Clock;
use growqr_core::secret::Secret;
use growqr_core::stack::StackPart;
use growqr_gateway::Gateway;
use growqr_memory::Remote;
use growqr_stack::gitea_server::GiteaServer;
use growqr_stack::opencode::{self, AgentConfig, OpenCode, ServedModel, ServerConfig};
use growqr_stack::{
    ContainerSpec, Daemon, Exec, Folder, GiteaSettings, OpenCodeSettings, RealContainer, Stack, gitea_spec, opencode_spec,
};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::Duration;

/// How long Gitea may take for its first start, with the migration of its database.
const GITEA_START: Duration = Duration::from_secs(120);

/// How long OpenCode may take to answer.
const OPENCODE_START: Duration = Duration::from_secs(60);

/// The name under which containers reach this computer.
const HOST_NAME: &str = "host.docker.internal";

/// The model that OpenCode asks for. The gateway puts the chosen model in its place.
const MODEL: &str = "growqr";

/// Steps of one prompt, after which the model is asked to finish.
const STEPS: u32 = 60;

/// Shell commands that only look at files of the workbench. They run without a question. None of git: it runs programs that a
/// repository's configuration names (`core.fsmonitor`, `diff.external`), and a session may write that file.
const HARMLESS: [&str; 7] = ["ls", "ls *", "pwd", "cat *", "head *", "tail *", "wc *"];

/// Gitea, OpenCode and the gateway.
pub(crate) struct Services {
    deps: StackDeps,
    config: StackConfig,
    gateway: Option<RunningGateway>,
    gitea: Option<Remote>,
    workbench: WorkbenchSlot,
}

struct RunningGateway {
    gateway: Gateway,
    /// Its answer to a self-test has this random name, so that no other program on its port is taken for it.
    name: String,
    port: u16,
    /// The addresses on which it listens besides the loopback address.
    bridges: Vec<IpAddr>,
}

impl Services {
    pub(crate) fn new(deps: StackDeps, config: StackConfig) -> Services {
        let workbench = deps.workbench.clone();
        Services { deps, config, gateway: None, gitea: None, workbench }
    }

    /// How to reach the memory's copy; `None` while Gitea does not answer.
    pub(crate) fn gitea(&self) -> Option<&Remote> {
        self.gitea.as_ref()
    }

    /// The containers do not run any more.
    /// `reason`: why the workbench cannot be used, the end of a sentence.
    pub(crate) fn forget_containers(&mut self, reason: &str) {
        self.gitea = None;
        self.workbench.clear(reason);
    }

    /// Gitea refuses what was made for this program: it is prepared anew.
    pub(crate) fn forget_gitea(&mut self) {
        self.gitea = None;
    }

    /// Stops the gateway.
    pub(crate) async fn stop(&mut self) {
        self.forget_containers("GrowQR is stopping");
        if let Some(running) = self.gateway.take() {
            running.gateway.stop().await;
        }
    }

    async fn port(&self, part: StackPart, taken: &[u16]) -> Result<u16, AppError> {
        ports::reserve(&*self.deps.store, part, &self.config.ports, taken, SystemClock.now()).await
    }

    async fn credentials(&self) -> Result<Credentials, AppError> {
        self.deps.credentials.load().await
    }

    /// What Gitea's container is made of.
    ///
    /// # Errors
    /// If no port is free or the credentials cannot be read.
    pub(crate) async fn gitea_spec(&self, taken: &[u16]) -> Result<ContainerSpec, AppError> {
        let port = self.port(StackPart::Gitea, taken).await?;
        let settings = GiteaSettings::new(port, self.credentials().await?.gitea_secret_key);
        Ok(gitea_spec(&GiteaSettings { image: self.config.gitea_image.clone(), ..settings }))
    }

    /// What OpenCode's container is made of. Starts the gateway: its port is part of it.
    ///
    /// # Errors
    /// If no port is free or the credentials cannot be read.
    pub(crate) async fn opencode_spec(
        &mut self,
        taken: &[u16],
        preferences: &StackPreferences,
    ) -> Result<ContainerSpec, AppError> {
        let credentials = self.credentials().await?;
        let port = self.port(StackPart::OpenCode, taken).await?;
        let running = self.start_gateway(&credentials, taken).await?;
        let server = ServerConfig {
            gateway: format!("http://{HOST_NAME}:{}", running.port),
            model: served_model(),
            agents: vec![grow_agent()],
            allowed_commands: HARMLESS.map(str::to_owned).into(),
        };
        let config = opencode::config(&server);
        let mut settings = OpenCodeSettings::new(port, credentials.opencode_password.clone(), Secret::new(config.to_string()));
        self.config.opencode_image.clone_into(&mut settings.image);
        settings.variables = vec![(opencode::TOKEN_VARIABLE.to_owned(), credentials.gateway_token.clone())];
        settings.folders = preferences.folders.iter().map(folder).collect();
        Ok(opencode_spec(&settings))
    }

    async fn start_gateway(&mut self, credentials: &Credentials, taken: &[u16]) -> Result<&RunningGateway, AppError> {
        if self.gateway.is_none() {
            let payers = Payers::new(self.deps.host.clone(), self.deps.store.clone(), self.deps.setups.clone());
            let settings = growqr_gateway::Settings::new(self.deps.process, rand::random());
            let name = settings.run_name();
            let gateway = Gateway::new(gateway::ports(payers), settings);
            gateway.tokens().register_existing(gateway::CONTAINER, &credentials.gateway_token);
            let mut refused = taken.to_vec();
            let port = loop {
                let port = self.port(StackPart::Gateway, &refused).await?;
                match gateway.listen((Ipv4Addr::LOCALHOST, port).into()).await {
                    Ok(_) => break port,
                    Err(_) => refused.push(port),
                }
            };
            self.gateway = Some(RunningGateway { gateway, name, port, bridges: Vec::new() });
        }
        self.gateway.as_ref().ok_or_else(|| AppError::Internal("the gateway was not started".to_owned()))
    }

    /// Waits for Gitea and makes user, token and repository if they are missing. Returns its version.
    ///
    /// # Errors
    /// [`AppError::Docker`].
    pub(crate) async fn prepare_gitea(&mut self, stack: &Stack, container: &RealContainer) -> Result<String, AppError> {
        self.gitea = None;
        let url = format!("http://127.0.0.1:{}", container.port.unwrap_or_default());
        let server = GiteaServer::new(&url, GITEA_USER)?;
        server.until_ready(GITEA_START).await?;
        let stored = self.credentials().await?.gitea_token;
        let commands = GiteaExec::new(stack.daemon().clone(), container.id.clone());
        let token = server.ensure_token(&commands, stored.clone()).await?;
        if stored.as_ref() != Some(&token) {
            self.deps.credentials.save_token(token.clone()).await?;
        }
        let version = server.version(&token).await?;
        let repository = server.ensure_repository(&token, REPOSITORY).await?;
        self.gitea = Some(Remote { url: repository.git_url, user: GITEA_USER.to_owned(), token });
        Ok(version.to_string())
    }

    /// Waits for OpenCode, and checks that it reaches the gateway. Returns its version.
    ///
    /// # Errors
    /// [`AppError::Docker`].
    pub(crate) async fn prepare_opencode(&mut self, stack: &Stack, container: &RealContainer) -> Result<String, AppError> {
        self.workbench.clear("it is starting");
        let credentials = self.credentials().await?;
        let url = format!("http://127.0.0.1:{}", container.port.unwrap_or_default());
        let client = OpenCode::new(&url, &credentials.opencode_password, opencode::Limits::default())?;
        let version = client.until_ready(OPENCODE_START).await?;
        self.listen_on_bridge(stack.daemon()).await;
        self.test_route(stack.daemon(), container, &credentials.gateway_token).await?;
        self.workbench.set(client, stack.daemon().clone(), container.id.clone());
        Ok(version)
    }

    /// Containers of an engine on this computer reach it at the address of Docker's bridge. Where the engine runs in a virtual
    /// machine that address is not one of this computer: there the loopback address is reached.
    async fn listen_on_bridge(&mut self, daemon: &Daemon) {
        let Some(running) = &mut self.gateway else { return };
        match daemon.host_gateway().await {
            Ok(Some(bridge)) if !running.bridges.contains(&bridge) => {
                match running.gateway.listen(SocketAddr::new(bridge, running.port)).await {
                    Ok(_) => running.bridges.push(bridge),
                    Err(error) => tracing::debug!(%error, %bridge, "the gateway does not listen on the bridge"),
                }
            }
            Ok(_) => {}
            Err(error) => tracing::debug!(%error, "the address of the bridge cannot be read"),
        }
    }

    /// Calls the gateway from inside the container.
    async fn test_route(&self, daemon: &Daemon, container: &RealContainer, token: &Secret) -> Result<(), AppError> {
        let Some(running) = &self.gateway else { return Ok(()) };
        // The shell of the image may be bash, which needs no other program, or that of busybox, which has wget.
        let with_bash = "exec 3<>\"/dev/tcp/$NAME/$PORT\" && \
                         printf 'GET /growqr/self-test HTTP/1.0\\r\\nhost: gateway\\r\\nx-api-key: %s\\r\\n\\r\\n' \"$TOKEN\" >&3 && cat <&3";
        let shell = "if command -v bash >/dev/null; then exec bash -c \"$SCRIPT\"; fi; \
                     wget -q -T 5 -O - --header \"x-api-key: $TOKEN\" \"http://$NAME:$PORT/growqr/self-test\"";
        let port = running.port.to_string();
        let plain = |name: &str, value: &str| (name.to_owned(), Secret::new(value));
        let exec = Exec {
            environment: vec![
                plain("SCRIPT", with_bash),
                plain("NAME", HOST_NAME),
                plain("PORT", &port),
                ("TOKEN".to_owned(), token.clone()),
            ],
            limit: Duration::from_secs(10),
            ..Exec::new(["sh", "-c", shell])
        };
        let done = daemon.exec(&container.id, &exec).await?;
        if done.code == 0 && done.output.contains(&running.name) {
            return Ok(());
        }
        let facts = daemon.facts();
        Err(AppError::Docker {
            message: format!(
                "the workbench cannot reach GrowQR on this computer at {HOST_NAME}:{port}: {}",
                blocked(&done.error)
            ),
            retryable: true,
            next_step: format!(
                "Allow connections from Docker's network to port {port} in the firewall or VPN of this computer. With a rootless \
                 Docker ({}), allow containers to reach the host's loopback address.",
                facts.name
            ),
        })
    }
}

/// The model as OpenCode knows it. Its sizes do not follow the chosen model: they are part of the container, and another container
/// would end the sessions that are at work. Most models take this much; a smaller one refuses a prompt that is too long, and
/// OpenCode then shortens it.
fn served_model() -> ServedModel {
    ServedModel {
        id: MODEL.to_owned(),
        name: "GrowQR".to_owned(),
        context_tokens: 200_000,
        output_tokens: 16_000,
        prices: [0; 4],
    }
}

/// The reason in one line.
fn blocked(error: &str) -> String {
    let line = error.lines().map(str::trim).rfind(|line| !line.is_empty()).unwrap_or("no answer");
    line.chars().filter(|c| !c.is_control()).take(200).collect()
}

fn folder(shared: &crate::stack::preferences::SharedFolder) -> Folder {
    let name = shared.path.file_name().map_or_else(|| "folder".to_owned(), |name| name.to_string_lossy().into_owned());
    Folder { path: shared.path.clone(), name, writable: shared.writable }
}

fn grow_agent() -> AgentConfig {
    AgentConfig {
        name: crate::stack::workbench::AGENT.to_owned(),
        description: "Works on one task in its own folder".to_owned(),
        prompt: crate::model_setup::system_prompts::WORKBENCH.to_owned(),
        is_offered: false,
        steps: STEPS,
        rules: Vec::new(),
    }
}
