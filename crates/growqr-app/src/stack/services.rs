//! The two services behind the containers: what their containers are made of, and what is done once they answer.

use crate::SystemClock;
use crate::error::AppError;
use crate::profile::location::Profile;
use crate::stack::config::StackConfig;
use crate::stack::credentials::Credentials;
use crate::stack::deps::{GITEA_USER, REPOSITORY, StackDeps};
use crate::stack::gateway::Payers;
use crate::stack::gitea_commands::GiteaExec;
use crate::stack::ports;
use crate::stack::preferences::StackPreferences;
use crate::stack::running_gateway::RunningGateway;
use crate::stack::workbench::WorkbenchSlot;
use growqr_core::clock::Clock;
use growqr_core::secret::Secret;
use growqr_core::stack::StackPart;
use growqr_memory::Remote;
use growqr_stack::gitea_server::GiteaServer;
use growqr_stack::opencode::{self, AgentConfig, OpenCode, ServedModel, ServerConfig};
use growqr_stack::{
    ContainerSpec, Daemon, Exec, Folder, GiteaSettings, OpenCodeSettings, RealContainer, Stack, WORK_USER, gitea_spec,
    opencode_spec,
};
use std::path::Path;
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

/// A service that is ready.
pub(crate) struct Prepared {
    /// Its version.
    pub(crate) version: String,
    service: Service,
}

enum Service {
    Gitea(Remote),
    OpenCode(Box<ReadyWorkbench>),
}

struct ReadyWorkbench {
    client: OpenCode,
    daemon: Daemon,
    container: String,
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
            running.stop().await;
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
    pub(crate) async fn gitea_spec(&self, image: &str, taken: &[u16]) -> Result<ContainerSpec, AppError> {
        let port = self.port(StackPart::Gitea, taken).await?;
        let settings = GiteaSettings::new(port, self.credentials().await?.gitea_secret_key);
        Ok(gitea_spec(&GiteaSettings { image: image.to_owned(), ..settings }))
    }

    /// What OpenCode's container is made of. Starts the gateway: its port is part of it.
    ///
    /// # Errors
    /// If no port is free or the credentials cannot be read.
    pub(crate) async fn opencode_spec(
        &mut self,
        daemon: &Daemon,
        taken: &[u16],
        preferences: &StackPreferences,
    ) -> Result<ContainerSpec, AppError> {
        let credentials = self.credentials().await?;
        let port = self.port(StackPart::OpenCode, taken).await?;
        let running = self.start_gateway(daemon, &credentials, taken).await?;
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
        if !settings.folders.is_empty() {
            settings.user = folder_user(daemon, &self.deps.profile);
        }
        Ok(opencode_spec(&settings))
    }

    /// Starts the gateway unless it runs. A port that another program has on one of the addresses is given up, also later: Docker's
    /// bridge may get another address.
    async fn start_gateway(
        &mut self,
        daemon: &Daemon,
        credentials: &Credentials,
        taken: &[u16],
    ) -> Result<&RunningGateway, AppError> {
        let bridge = daemon.host_gateway().await.unwrap_or_else(|error| {
            tracing::debug!(%error, "the address of the bridge cannot be read");
            None
        });
        let mut refused = taken.to_vec();
        // It stays in its place while this waits: the round may be given up.
        if let Some(running) = &mut self.gateway
            && !running.listen_on(bridge).await
        {
            refused.push(running.port);
            running.stop().await;
            self.gateway = None;
        }
        while self.gateway.is_none() {
            let port = self.port(StackPart::Gateway, &refused).await?;
            let StackDeps { host, store, setups, profile, .. } = &self.deps;
            let payers = Payers::new(host.clone(), store.clone(), setups.clone(), &profile.folder());
            self.gateway = RunningGateway::start(payers, &credentials.gateway_token, port, bridge).await;
            refused.push(port);
        }
        self.gateway.as_ref().ok_or_else(|| AppError::Internal("the gateway was not started".to_owned()))
    }

    /// Waits for Gitea and makes user, token and repository if they are missing.
    pub(crate) fn prepare_gitea(
        &mut self,
        stack: &Stack,
        container: &RealContainer,
    ) -> impl Future<Output = Result<Prepared, AppError>> + Send + use<> {
        self.gitea = None;
        let url = format!("http://127.0.0.1:{}", container.port.unwrap_or_default());
        let commands = GiteaExec::new(stack.daemon().clone(), container.id.clone());
        let credentials = self.deps.credentials.clone();
        async move {
            let server = GiteaServer::new(&url, GITEA_USER)?;
            server.until_ready(GITEA_START).await?;
            let stored = credentials.load().await?.gitea_token;
            let token = server.ensure_token(&commands, stored.clone()).await?;
            if stored.as_ref() != Some(&token) {
                credentials.save_token(token.clone()).await?;
            }
            let version = server.version(&token).await?;
            let repository = server.ensure_repository(&token, REPOSITORY).await?;
            let remote = Remote { url: repository.git_url, user: GITEA_USER.to_owned(), token };
            Ok(Prepared { version: version.to_string(), service: Service::Gitea(remote) })
        }
    }

    /// Waits for OpenCode, and checks that it reaches the gateway.
    pub(crate) fn prepare_opencode(
        &mut self,
        stack: &Stack,
        container: &RealContainer,
    ) -> impl Future<Output = Result<Prepared, AppError>> + Send + use<> {
        self.workbench.clear("it is starting");
        let route = self.gateway.as_ref().map(|running| (running.name.clone(), running.port));
        let url = format!("http://127.0.0.1:{}", container.port.unwrap_or_default());
        let (daemon, container) = (stack.daemon().clone(), container.id.clone());
        let credentials = self.deps.credentials.clone();
        async move {
            let credentials = credentials.load().await?;
            let client = OpenCode::new(&url, &credentials.opencode_password, opencode::Limits::default())?;
            let version = client.until_ready(OPENCODE_START).await?;
            if let Some((name, port)) = route {
                test_route(&daemon, &container, &credentials.gateway_token, &name, port).await?;
            }
            Ok(Prepared { version, service: Service::OpenCode(Box::new(ReadyWorkbench { client, daemon, container })) })
        }
    }

    /// Uses a service that is ready.
    pub(crate) fn take(&mut self, prepared: Prepared) {
        match prepared.service {
            Service::Gitea(remote) => self.gitea = Some(remote),
            Service::OpenCode(ready) => self.workbench.set(ready.client, ready.daemon, ready.container),
        }
    }
}

/// Calls the gateway from inside the container.
async fn test_route(daemon: &Daemon, container: &str, token: &Secret, gateway: &str, port: u16) -> Result<(), AppError> {
    // The shell of the image may be bash, which needs no other program, or that of busybox, which has wget.
    let with_bash = "exec 3<>\"/dev/tcp/$NAME/$PORT\" && \
                     printf 'GET /growqr/self-test HTTP/1.0\\r\\nhost: gateway\\r\\nx-api-key: %s\\r\\n\\r\\n' \"$TOKEN\" >&3 && cat <&3";
    let shell = "if command -v bash >/dev/null; then exec bash -c \"$SCRIPT\"; fi; \
                 wget -q -T 5 -O - --header \"x-api-key: $TOKEN\" \"http://$NAME:$PORT/growqr/self-test\"";
    let plain = |name: &str, value: &str| (name.to_owned(), Secret::new(value));
    let exec = Exec {
        environment: vec![
            plain("SCRIPT", with_bash),
            plain("NAME", HOST_NAME),
            plain("PORT", &port.to_string()),
            ("TOKEN".to_owned(), token.clone()),
        ],
        limit: Duration::from_secs(10),
        ..Exec::new(["sh", "-c", shell])
    };
    let done = daemon.exec(container, &exec).await?;
    if done.code == 0 && done.output.contains(gateway) {
        return Ok(());
    }
    let facts = daemon.facts();
    Err(AppError::Docker {
        message: format!("the workbench cannot reach GrowQR on this computer at {HOST_NAME}:{port}: {}", blocked(&done.error)),
        retryable: true,
        next_step: format!(
            "Allow connections from Docker's network to port {port} in the firewall or VPN of this computer. With a rootless \
             Docker ({}), allow containers to reach the host's loopback address.",
            facts.name
        ),
    })
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

/// The user of a container that sees a folder of the person's own. On Linux, files there belong to whoever made them, so it is the
/// person, who owns the data folder; Docker Desktop translates by itself. Never root.
fn folder_user(daemon: &Daemon, profile: &Profile) -> (u32, u32) {
    let person = if daemon.facts().is_on_this_system() { owner(profile.root()) } else { None };
    person.filter(|(user, _)| *user != 0).unwrap_or(WORK_USER)
}

#[cfg(target_os = "linux")]
fn owner(folder: &Path) -> Option<(u32, u32)> {
    use std::os::unix::fs::MetadataExt;
    let data = std::fs::metadata(folder).ok()?;
    Some((data.uid(), data.gid()))
}

/// Elsewhere the daemon runs in a virtual machine.
#[cfg(not(target_os = "linux"))]
fn owner(_: &Path) -> Option<(u32, u32)> {
    None
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
