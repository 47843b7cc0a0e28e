//! The request handler: answers every request in the process that holds the profile lock, for callers in this process
//! and on the socket.
//!
//! It may be called concurrently. With agents it belongs to a host. Without agents, the process holds the profile lock
//! only for one request, and no agent wakes.

use crate::check_key::check_key;
use crate::error::AppError;
use crate::host::adoption::AdoptionProgress;
use crate::host::host_events::HostEvents;
use crate::host::open_profile::OpenProfile;
use crate::inbox::{HostFacts, Inbox};
use crate::log::{self, HostLog, LogQuery};
use crate::profile::file_folders::FILE_FOLDERS;
use crate::profile::location::Profile;
use crate::profile::settings::{self, Preferences};
use crate::stack::control::StackControl;
use crate::{
    SystemClock, agents, asks, attachments, convert, files, folder_changes, memory, memory_link, memory_undo, quests, rules,
    schedules, skills, stack, tools,
};
use growqr_actors::{Host, Setups as _};
use growqr_core::agent::Input;
use growqr_core::attachment::Attachment;
use growqr_core::clock::Clock;
use growqr_core::id::{AgentId, Seq};
use growqr_wire::event::AskScope;
use growqr_wire::{Changes, FolderChange, Reply, Request, SkillChange, VERSION};
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::watch;
use tokio::task::JoinSet;

/// Answers requests about one profile.
pub(crate) struct Handler {
    profile: OpenProfile,
    /// `None` if this process holds the profile lock and runs no agents.
    host: Option<Host>,
    /// The task that waits for the person to unlock the keychain; at most one. Aborted when the handler is dropped.
    unlocking: Mutex<JoinSet<()>>,
    /// Held while the rules are read from the store and put in force.
    loading_rules: tokio::sync::Mutex<()>,
    /// Held while a setting is changed and all are put in force, so that what was stored last is what counts.
    changing_settings: tokio::sync::Mutex<()>,
    /// Marked as changed whenever the person has changed memory.
    memory_changes: watch::Sender<()>,
    /// How far a long adoption of hand edits is.
    adoption: watch::Sender<AdoptionProgress>,
    /// The person's containers.
    stack: StackControl,
    /// What waits for the person besides the asks.
    inbox: Inbox,
    /// What the log says besides the journals, and a random number that tells this host from others.
    log: Arc<HostLog>,
    run: u64,
}

impl Handler {
    /// A handler in a process that holds the profile lock and runs no agents.
    pub(crate) fn without_agents(profile: OpenProfile) -> Handler {
        Handler::new(profile, None, watch::Sender::new(()), watch::Sender::default())
    }

    /// A handler in a host. `memory_changes` is marked as changed whenever the person has changed memory; `adoption` tells how far
    /// a long adoption of hand edits is.
    pub(crate) fn with_agents(
        profile: OpenProfile,
        host: Host,
        memory_changes: watch::Sender<()>,
        adoption: watch::Sender<AdoptionProgress>,
    ) -> Handler {
        Handler::new(profile, Some(host), memory_changes, adoption)
    }

    fn new(
        profile: OpenProfile,
        host: Option<Host>,
        memory_changes: watch::Sender<()>,
        adoption: watch::Sender<AdoptionProgress>,
    ) -> Handler {
        let (unlocking, loading_rules, changing_settings) = (Mutex::default(), Default::default(), Default::default());
        let stack = StackControl::new(profile.stack_deps(memory_changes.clone()));
        let (inbox, log, run) = (Inbox::default(), Arc::default(), u64::from(rand::random::<u32>()) + 1);
        Handler { profile, host, unlocking, loading_rules, changing_settings, memory_changes, adoption, stack, inbox, log, run }
    }

    /// Answers one request.
    ///
    /// # Errors
    /// [`AppError`]; then nothing was changed.
    pub(crate) async fn answer(&self, request: Request) -> Result<Reply, AppError> {
        let changes = request.class().changes;
        let reply = self.perform(request).await?;
        if changes == Changes::Memory {
            self.memory_changes.send_replace(());
        }
        Ok(reply)
    }

    async fn perform(&self, request: Request) -> Result<Reply, AppError> {
        let (profile, at) = (&self.profile, SystemClock.now());
        match request {
            Request::Hello { version, .. } => hello(version, profile.library.profile()),
            Request::Say { agent, id, text, attachments } if attachments.is_empty() => {
                agents::say(self.host()?, agent, id, text).await
            }
            Request::Say { agent, id, text, attachments } => {
                if agent != AgentId::grow().as_str() {
                    return Err(AppError::bad_request(
                        "files can be attached to messages to the Grow Agent only",
                        "Attach them to a message to the Grow Agent, or send this one without them.",
                    ));
                }
                let message = self.checked_message(text, &attachments).await?;
                let reply = agents::say_with_files(self.host()?, id, message).await?;
                attachments::note_used(&*profile.store, &attachments).await;
                Ok(reply)
            }
            Request::Attach { name, content_base64 } => attachments::attach(&*profile.store, &name, &content_base64, at).await,
            Request::Attachment { hash } => attachments::read(Some(&*profile.store), hash).await,
            Request::AttachmentLimits => Ok(attachments::limits(&profile.setups.setup(0).0)),
            Request::StartFresh { id } => agents::start_fresh(&profile.library, self.host.as_ref(), &profile.ports(), id).await,
            Request::SayAgain { message, id, text, attachments } => {
                let text = self.checked_message(text, &attachments).await?;
                let reply = agents::say_again(self.host()?, &*profile.store, message, id, text).await?;
                attachments::note_used(&*profile.store, &attachments).await;
                Ok(reply)
            }
            Request::Resume { agent, id } => agents::resume(&profile.library, self.host()?, agent, id).await,
            Request::Cancel { agent, tree } => self.control(agent, Input::Cancel { tree }).await,
            Request::Finish { agent, tree } => self.control(agent, Input::Finish { tree }).await,
            Request::WithdrawMessage { agent, message } => {
                self.change_message(agent, Input::WithdrawMessage { message: Seq(message) }).await
            }
            Request::EditMessage { agent, message, text } => {
                attachments::check_edit(&*profile.store, &agent, message, &text).await?;
                self.change_message(agent, Input::EditMessage { message: Seq(message), text }).await
            }
            Request::AnswerAsk { ask, answer } => {
                let adds_rule = answer.as_ref().is_some_and(|answer| answer.scope != AskScope::Once);
                let reply = asks::answer(self.host.as_ref(), &profile.ports(), &ask, answer).await?;
                // The answer is recorded, so its rule counts at the next start at the latest.
                if adds_rule && let Err(error) = self.apply_rules().await {
                    tracing::warn!(%error, "the rule of an answer is not in force yet");
                }
                Ok(reply)
            }
            Request::AddRule { line } => {
                rules::add(&*profile.store, &line).await?;
                self.apply_rules().await
            }
            Request::RemoveRule { id } => {
                rules::remove(&*profile.store, &id).await?;
                self.apply_rules().await
            }
            Request::AddSchedule { schedule } => self.changed(schedules::add(&*profile.store, schedule).await),
            Request::PauseSchedule { id } => self.changed(schedules::pause(&*profile.store, &id).await),
            Request::ResumeSchedule { id } => self.changed(schedules::resume(&*profile.store, &id).await),
            Request::RemoveSchedule { id } => self.changed(schedules::remove(&*profile.store, &id).await),
            Request::RunSchedule { id } => self.changed(schedules::run_now(&*profile.store, &id).await),
            Request::StartQuest { quest } => {
                self.quest_changed(quests::start(&profile.library, &*profile.store, &profile.memory, quest).await)
            }
            Request::PauseQuest { id } => self.quest_changed(quests::pause(&profile.library, &*profile.store, &id).await),
            Request::ResumeQuest { id } => self.quest_changed(quests::resume(&profile.library, &*profile.store, &id).await),
            Request::CancelQuest { id } => self.quest_changed(quests::cancel(&profile.library, &*profile.store, &id).await),
            Request::RetryStep { id, step } => {
                self.quest_changed(quests::try_again(&profile.library, &*profile.store, &id, step).await)
            }
            Request::SkipStep { id, step } => {
                self.quest_changed(quests::skip(&profile.library, &*profile.store, &id, step).await)
            }
            Request::SetQuestBudget { id, budget } => {
                self.quest_changed(quests::set_budget(&profile.library, &*profile.store, &id, budget).await)
            }
            Request::ToolServers => self.tool_servers().await,
            Request::AddToolServer { server, replace } => {
                profile.tool_servers.add(server, replace).await?;
                self.tools_changed().await
            }
            Request::ToolConfigurations => tools::list_configurations().await,
            Request::ImportToolServers { path, version, titles } => {
                let imported = profile.tool_servers.import(path, version, titles).await;
                // Some may have been added although one was refused.
                let listed = self.tools_changed().await?;
                imported.map(|()| listed)
            }
            Request::RemoveToolServer { name } => {
                profile.tool_servers.remove(&name).await?;
                self.tools_changed().await
            }
            Request::SwitchToolServer { name, is_on } => {
                profile.tool_servers.switch(&name, is_on).await?;
                self.tools_changed().await
            }
            Request::TestToolServer { name } => {
                profile.tool_servers.test(&name).await?;
                self.tool_servers().await
            }
            Request::ToolLog { name } => profile.tool_servers.log(&name),
            Request::SignInToolServer { name } => Arc::clone(&profile.tool_servers).sign_in(&name).await,
            Request::StopToolSignIn { name } => {
                profile.tool_servers.stop_sign_in(&name);
                self.tool_servers().await
            }
            Request::SignOutToolServer { name } => {
                profile.tool_servers.sign_out(&name).await?;
                self.tool_servers().await
            }
            Request::Skills => skills::list(&profile.skills).await,
            Request::Skill { name } => skills::show(&profile.skills, name).await,
            Request::ChangeSkills { change } => {
                self.change_skills(change).await?;
                skills::list(&profile.skills).await
            }
            Request::ChangeFolders { change } => self.change_folders(change).await,
            Request::Follow => self.host().map(|_| Reply::Done),
            Request::Health => Ok(Reply::Health { health: self.health() }),
            Request::Inbox => {
                let entries = self.inbox.entries(&profile.library, &self.facts(), at).await?;
                Ok(Reply::Inbox { entries })
            }
            Request::Log { channel, filter, after, before, limit } => {
                let known = self.host.as_ref().map(|_| (&*self.log, self.run));
                let page = log::read(&profile.library, known, LogQuery { channel, filter, after, before, limit }).await?;
                Ok(Reply::Log { page })
            }
            Request::SeeInbox { entries } => {
                self.inbox.see(&profile.library, &self.facts(), &entries, at).await?;
                Ok(Reply::Done)
            }
            Request::SeeConversation { agent, seq } => {
                agents::see_conversation(&*profile.store, &agent, seq, at).await?;
                Ok(Reply::Done)
            }
            Request::WriteMemory { path, text, base } => memory::write(&profile.memory, path, text, base, at).await,
            Request::DeleteMemory { path, base } => memory::delete(&profile.memory, path, base, at).await,
            Request::RestoreMemory { rev } => memory::restore(&profile.memory, rev, at).await,
            Request::UndoMemory { agent, turn, seen } => {
                memory_undo::undo_all(&profile.library, &profile.memory, (agent, turn), seen, at).await
            }
            Request::ConfirmMemory => memory_link::confirm(profile.library.profile(), &*profile.store, &profile.memory, at).await,
            Request::SetSetting { name, value } => self.set_setting(&name, value).await,
            Request::SetKey { name, value } => self.set_key(&name, value.as_ref().map(|value| value.0.as_str())).await,
            Request::CheckKey { name, value } => Ok(Reply::KeyChecked {
                check: check_key(profile.library.profile(), &profile.environment, &name, &value.0).await?,
            }),
            Request::Keys => {
                profile.setups.refresh_keys().await;
                Ok(self.keys().await)
            }
            Request::UnlockKeychain => {
                profile.setups.unlock_keys().await;
                Ok(self.keys().await)
            }
            Request::LocalServers => Ok(Reply::LocalServers { servers: profile.setups.local_servers().await }),
            Request::StackStatus => Ok(Reply::Stack { stack: self.stack.status().await }),
            Request::StackUp { agreed } => Ok(Reply::Stack { stack: self.stack.up(agreed).await? }),
            Request::StackDown => Ok(Reply::Stack { stack: self.stack.down().await? }),
            Request::StackReset { profile } => Ok(Reply::Stack { stack: self.stack.reset(&profile).await? }),
            Request::StackRemoveOrphans { orphans } => Ok(Reply::Stack { stack: self.stack.remove_orphans(orphans) }),
            Request::SyncMemory { join } => Ok(Reply::Stack { stack: self.stack.sync(join) }),
            Request::StackLog { part, lines } => stack::log(profile.library.profile(), &profile.environment, &part, lines).await,
            Request::GiteaLogin => stack::gitea_login(profile.library.profile(), &profile.environment).await,
            Request::WorkFiles { agent } => self.stack.work_files(&agent).await,
            Request::ReadWorkFile { agent, path } => {
                stack::work_files::read(profile.library.profile(), &profile.environment, &agent, &path).await
            }
        }
    }

    /// The text and the files of a message to the Grow Agent, once they are checked.
    async fn checked_message(&self, text: String, files: &[String]) -> Result<(String, Vec<Attachment>), AppError> {
        let setup = self.profile.setups.setup(0).0;
        attachments::message(&*self.profile.store, &setup, (text, files), SystemClock.now()).await
    }

    /// The log's lines besides those of the journals.
    pub(crate) fn log(&self) -> Arc<HostLog> {
        Arc::clone(&self.log)
    }

    /// After a change of a schedule: the host looks at it.
    fn changed(&self, changed: Result<Reply, AppError>) -> Result<Reply, AppError> {
        self.profile.schedules_changed.notify_one();
        changed
    }

    /// After a change of a quest: the host looks at it.
    fn quest_changed(&self, changed: Result<Reply, AppError>) -> Result<Reply, AppError> {
        self.profile.quests_changed.notify_one();
        changed
    }

    async fn tool_servers(&self) -> Result<Reply, AppError> {
        self.profile.tool_servers.list().await
    }

    /// After a change of a server of tools: what was allowed an earlier one has ended, and questions about tools that are gone are
    /// withdrawn.
    async fn tools_changed(&self) -> Result<Reply, AppError> {
        self.apply_rules().await?;
        // The change has loaded all servers.
        if self.host.is_none()
            && let Err(error) = growqr_actors::record_rules_changed(&self.profile.ports()).await
        {
            tracing::warn!(%error, "the open asks could not be checked against the tools; the next start does");
        }
        self.tool_servers().await
    }

    /// Without agents nothing is in trouble.
    fn health(&self) -> growqr_wire::Health {
        self.host.as_ref().map(|host| convert::health(&host.health().borrow())).unwrap_or_default()
    }

    /// What the inbox lists besides the turns of agents. Asks Docker nothing.
    fn facts(&self) -> HostFacts {
        let stack = self.host.as_ref().map(|_| self.stack.subscribe().borrow().clone());
        HostFacts { health: self.health(), stack }
    }

    fn host(&self) -> Result<&Host, AppError> {
        self.host.as_ref().ok_or_else(|| AppError::Internal("this request needs a host".to_owned()))
    }

    /// Brings an agent an input of the person. Without a host it is recorded, and takes effect when the agent wakes.
    async fn control(&self, agent: String, input: Input) -> Result<Reply, AppError> {
        agents::control(&self.profile.library, self.host.as_ref(), &self.profile.ports(), agent, input)
            .await
            .map(|(reply, _)| reply)
    }

    async fn change_message(&self, agent: String, input: Input) -> Result<Reply, AppError> {
        let ports = self.profile.ports();
        match agents::control(&self.profile.library, self.host.as_ref(), &ports, agent, input).await? {
            (reply, true) => Ok(reply),
            (_, false) => Err(AppError::MessageRead),
        }
    }

    /// Reads the rules again, and settles the asks that they decide now.
    async fn apply_rules(&self) -> Result<Reply, AppError> {
        self.load_rules().await?;
        self.check_asks().await;
        Ok(Reply::Done)
    }

    /// Puts the stored rules in force.
    async fn load_rules(&self) -> Result<(), AppError> {
        let OpenProfile { store, setups, .. } = &self.profile;
        // The rules that are read last must be those that are set last.
        let _one_at_a_time = self.loading_rules.lock().await;
        setups.set_rules(rules::load(&**store).await?);
        Ok(())
    }

    /// Checks the open asks against the rules in force. One that is not checked now still waits for the person.
    async fn check_asks(&self) {
        if let Some(host) = &self.host
            && let Err(error) = host.rules_changed().await
        {
            tracing::warn!(%error, "the open asks could not be checked against the rules");
        }
    }

    async fn set_setting(&self, name: &str, value: Option<String>) -> Result<Reply, AppError> {
        let value = value.map(|value| settings::check(name, &value)).transpose()?;
        if !settings::SETTINGS.iter().any(|setting| setting.name == name) {
            settings::check(name, "")?;
        }
        let one_at_a_time = self.changing_settings.lock().await;
        self.store_setting(name, value.as_deref()).await?;
        drop(one_at_a_time);
        let setups = &self.profile.setups;
        // Another model may need another key, which is in the keychain.
        if matches!(name, "model" | "openai.base_url") {
            setups.load_keys().await;
            setups.probe_server().await;
        }
        Ok(Reply::Done)
    }

    /// Stores a checked value, and puts all settings in force.
    async fn store_setting(&self, name: &str, value: Option<&str>) -> Result<(), AppError> {
        let OpenProfile { store, setups, skills, .. } = &self.profile;
        let profile = self.profile.library.profile();
        if name == FILE_FOLDERS {
            files::before_change(profile, &**store, value.unwrap_or("none")).await?;
        }
        store.set(name, value, SystemClock.now()).await?;
        let stored = settings::stored(&**store).await?;
        let preferences = Preferences::parse_lenient(&stored);
        skills.choose(preferences.skills);
        self.profile.tool_servers.choose_web(preferences.web);
        let folders = (name == FILE_FOLDERS).then(|| files::of(profile, &stored));
        setups.set_stored(stored);
        if let Some(folders) = folders {
            // What was allowed in other folders must be gone before new ones can be reached.
            self.load_rules().await?;
            self.profile.set_file_folders(folders);
        }
        if matches!(name, FILE_FOLDERS | "web.fetch") {
            // Also withdraws questions about tools that are gone.
            self.check_asks().await;
        }
        Ok(())
    }

    async fn change_folders(&self, change: FolderChange) -> Result<Reply, AppError> {
        let checked = folder_changes::check(change).await?;
        // Until the reply is read too: whoever adds a folder looks for it at the end of the list.
        let _one_at_a_time = self.changing_settings.lock().await;
        let stored = settings::stored(&*self.profile.store).await?;
        let value = folder_changes::changed(&stored, checked)?;
        self.store_setting(FILE_FOLDERS, value.as_deref()).await?;
        Ok(Reply::Folders { folders: self.profile.library.file_folders().await? })
    }

    async fn change_skills(&self, change: SkillChange) -> Result<(), AppError> {
        let checked = skills::check(&self.profile.skills, change).await?;
        let _one_at_a_time = self.changing_settings.lock().await;
        let stored = settings::stored(&*self.profile.store).await?;
        for (name, value) in skills::changed(&stored, checked)? {
            self.store_setting(name, value.as_deref()).await?;
        }
        Ok(())
    }

    async fn set_key(&self, name: &str, value: Option<&str>) -> Result<Reply, AppError> {
        let result = self.profile.setups.set_key(name, value).await;
        let reply = match result {
            Ok(()) => Ok(self.keys().await),
            Err(error) => Err(error),
        };
        self.unlock_keychain_if_needed().await;
        reply
    }

    async fn keys(&self) -> Reply {
        let keys = self.profile.setups.keys();
        Reply::Keys { keys: keys.list(), keychain: keys.keychain().await }
    }

    /// If a key is only in memory because the keychain is locked, lets the system ask the person to unlock it. Returns
    /// at once. Does nothing without a host: a process that holds the lock only for one request would end before the
    /// person has answered.
    async fn unlock_keychain_if_needed(&self) {
        if self.host.is_none() || !self.profile.setups.keys().is_waiting_for_unlock().await {
            return;
        }
        let setups = Arc::clone(&self.profile.setups);
        let mut unlocking = self.unlocking.lock().unwrap_or_else(PoisonError::into_inner);
        while unlocking.try_join_next().is_some() {}
        if unlocking.is_empty() {
            unlocking.spawn(async move { setups.unlock_keys().await });
        }
    }

    /// Subscribes to everything that happens from now on. `None` if no agents run.
    pub(crate) fn subscribe(&self) -> Option<HostEvents> {
        let events = |host: &Host| {
            let (changes, adoption) = (self.memory_changes.subscribe(), self.adoption.subscribe());
            HostEvents::new(host.subscribe(), changes, adoption, self.stack.subscribe(), host.health())
        };
        self.host.as_ref().map(events)
    }

    /// Starts the task that keeps the person's containers, if they have ever asked for them.
    pub(crate) async fn keep_containers(&self) {
        if let Some(host) = &self.host {
            self.stack.attach(host.clone()).await;
        }
    }

    /// Stops all agents where they are. Open work continues at the next start. Containers stay as they are.
    pub(crate) async fn stop_agents(&self) {
        let agents = async {
            if let Some(host) = &self.host {
                host.stop().await;
            }
        };
        stop_in_order(self.profile.claim.is_lost(), agents, self.stack.close()).await;
    }

    /// Closes the profile.
    pub(crate) async fn close(self) {
        let Handler { profile, host, unlocking, stack, .. } = self;
        stack.close().await;
        drop((unlocking, stack));
        drop(host);
        profile.close().await;
    }
}

/// The model gateway of the stack settles its calls in the journals of the agents, so the agents stop last. Once the claim is lost
/// nothing can be recorded, so they stop first: their calls must not wait for Docker.
async fn stop_in_order(claim_is_lost: bool, agents: impl Future<Output = ()>, stack: impl Future<Output = ()>) {
    if claim_is_lost {
        agents.await;
        stack.await;
    } else {
        stack.await;
        agents.await;
    }
}

/// Answers [`Request::Hello`]: checks the version of the protocol.
pub(crate) fn hello(version: u32, profile: &Profile) -> Result<Reply, AppError> {
    if version != VERSION {
        let problem = format!("uses version {VERSION} of the local protocol, and this program uses version {version}");
        return Err(AppError::Protocol { problem });
    }
    Ok(Reply::Hello { version: VERSION, pid: std::process::id(), profile: profile.id().to_string() })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The order in which both stop.
    async fn order(claim_is_lost: bool) -> Vec<&'static str> {
        let stopped = Mutex::new(Vec::new());
        let stop = async |what| stopped.lock().unwrap().push(what);
        stop_in_order(claim_is_lost, stop("agents"), stop("stack")).await;
        stopped.into_inner().unwrap()
    }

    #[tokio::test]
    async fn calls_are_settled_before_the_agents_stop_unless_nothing_can_be_recorded() {
        assert_eq!(order(false).await, ["stack", "agents"]);
        assert_eq!(order(true).await, ["agents", "stack"]);
    }
}
