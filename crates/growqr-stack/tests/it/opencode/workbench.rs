//! What every test here starts: OpenCode with GrowQR's configuration, and a model that does what the prompt says.

use growqr_core::secret::Secret;
use growqr_stack::opencode::{
    AgentConfig, EventFeed, Limits, NewSession, OpenCode, OpenCodeError, PendingRequest, PermissionId, PermissionReply, Prompt,
    QuestionId, ServedModel, ServerConfig, SessionJob, SessionOutcome, SessionView, config, run_session,
};
use growqr_testkit::anthropic::{AnthropicStub, RequestView, Script, calls, says};
use growqr_testkit::opencode::OpenCodeServer;
use serde_json::Value;
use std::time::Duration;
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// For a server that starts on a busy machine.
pub const READY: Duration = Duration::from_secs(120);

pub struct Workbench {
    pub claude: AnthropicStub,
    pub server: OpenCodeServer,
    pub client: OpenCode,
}

/// What a person tells a session.
pub enum Instruction {
    /// Answers a permission request, also one of a child.
    Permission(PermissionId, PermissionReply),
    /// Answers a question request: a list of answers for each question.
    Answer(QuestionId, Vec<Vec<String>>),
    RejectQuestion(QuestionId),
    Abort,
}

/// A session that runs in a task.
pub struct Running {
    client: OpenCode,
    pub view: watch::Receiver<SessionView>,
    task: JoinHandle<Result<SessionOutcome, OpenCodeError>>,
}

pub fn server_config(gateway: &str) -> ServerConfig {
    let agent = |name: &str, is_offered: bool| AgentConfig {
        name: name.into(),
        description: "Works".into(),
        prompt: "You are a test.".into(),
        is_offered,
        steps: 20,
        rules: Vec::new(),
    };
    ServerConfig {
        gateway: gateway.into(),
        model: ServedModel {
            id: "claude-sonnet-5-5".into(),
            name: "Sonnet 5.5".into(),
            context_tokens: 1_000_000,
            output_tokens: 32_000,
            prices: [200_000_000, 1_000_000_000, 10_000_000, 250_000_000],
        },
        agents: vec![agent("grow", false), agent("helper", true)],
        allowed_commands: vec!["echo *".into()],
    }
}

/// The model: a prompt `CALL tool {input}` makes it call the tool once, anything else makes it say `done`.
pub fn obedient(view: &RequestView<'_>) -> Option<Script> {
    let text = view.last_user_text();
    let Some((tool, input)) = text.strip_prefix("CALL ").and_then(|call| call.split_once(' ')) else { return Some(says("done")) };
    let input: Value = serde_json::from_str(input).unwrap_or_else(|error| panic!("{error}: {input}"));
    Some(calls([(tool, input)]))
}

/// A prompt for the obedient model.
pub fn call(tool: &str, input: &Value) -> String {
    format!("CALL {tool} {input}")
}

impl Workbench {
    /// `None` if there is no OpenCode.
    pub async fn start() -> Option<Workbench> {
        let claude = AnthropicStub::start().await;
        claude.route(obedient);
        let server =
            OpenCodeServer::start(&config(&server_config(claude.base_url())), &[("GROWQR_GATEWAY_TOKEN", claude.key())])?;
        let client = client_of(&server);
        if let Err(error) = client.until_ready(READY).await {
            panic!("{error}\n{}", server.log());
        }
        Some(Workbench { claude, server, client })
    }

    /// A job in a directory of its own, with the title as its name.
    pub fn job(&self, title: &str, text: &str) -> SessionJob {
        SessionJob {
            session: NewSession { title: title.into(), directory: self.server.directory(title), rules: Vec::new() },
            prompt: Prompt { message: format!("msg_{title}").parse().unwrap(), agent: "grow".into(), text: text.into() },
            tracks_changes: false,
            patience: Duration::from_secs(60),
        }
    }

    /// Runs a job in a task of its own, as the app does.
    pub fn run(&self, job: SessionJob) -> Running {
        let client = self.client.clone();
        let (shown, view) = watch::channel(SessionView::default());
        let driven = client.clone();
        let task = tokio::spawn(async move {
            let feed = EventFeed::start(&driven);
            run_session(&driven, &feed, &job, &shown).await
        });
        Running { client, view, task }
    }

    /// Runs a job that needs no reply.
    pub async fn finish(&self, job: SessionJob) -> SessionOutcome {
        self.run(job).outcome().await
    }
}

pub fn client_of(server: &OpenCodeServer) -> OpenCode {
    OpenCode::new(&server.address(), &Secret::new(server.password()), Limits::default()).unwrap()
}

impl Running {
    pub async fn outcome(self) -> SessionOutcome {
        self.task.await.unwrap().unwrap()
    }

    /// Waits until the view satisfies a condition.
    pub async fn until(&mut self, condition: impl FnMut(&SessionView) -> bool) -> SessionView {
        self.view.wait_for(condition).await.unwrap().clone()
    }

    /// Waits until something waits for a reply.
    pub async fn pending(&mut self) -> PendingRequest {
        self.until(|view| !view.pending.is_empty()).await.pending.remove(0)
    }

    pub async fn tell(&self, instruction: Instruction) -> Result<(), OpenCodeError> {
        let session = self.view.borrow().session.clone().expect("the session is open");
        let (client, directory) = (&self.client, &session.directory);
        match instruction {
            Instruction::Permission(id, reply) => client.reply_permission(directory, &id, &reply).await,
            Instruction::Answer(id, answers) => client.reply_question(directory, &id, &answers).await,
            Instruction::RejectQuestion(id) => client.reject_question(directory, &id).await,
            Instruction::Abort => client.stop(&session, READY).await,
        }
    }

    /// Ends the driver, as the app's death does. The session goes on.
    pub async fn forget(self) {
        self.task.abort();
        let _ = self.task.await;
    }
}
