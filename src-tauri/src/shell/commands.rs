//! The commands that the page can call. Each is one line that calls `growqr-app`; every error is a [`wire::Error`].

use super::account;
use super::desktop::Desktop;
use super::dropped::{self, Dropped, DroppedFile};
use super::following::{self, Followers};
use super::incoming_links::{self, IncomingLinks, Place};
use super::shortcut::{self, Shortcut};
use super::{link, login, quick, tray_updates, window};
use growqr_wire as wire;
use std::path::Path;
use tauri::ipc::{Channel, Invoke};
use tauri::{AppHandle, Manager, State, WebviewWindow, Wry};
use tauri_plugin_opener::OpenerExt;

type Response<T> = Result<T, wire::Error>;
type DesktopState<'a> = State<'a, Desktop>;

/// Expands the list in `commands.in` to the command handler.
macro_rules! commands {
    ($($name:ident),* $(,)?) => { tauri::generate_handler![$($name),*] };
}

/// All commands.
pub fn all() -> impl Fn(Invoke<Wry>) -> bool + Send + Sync + 'static {
    include!("commands.in")
}

#[tauri::command]
fn about(desktop: DesktopState<'_>) -> Response<wire::About> {
    Ok(desktop.profile()?.about())
}

#[tauri::command]
async fn ask(window: WebviewWindow, desktop: DesktopState<'_>, request: wire::Request) -> Response<wire::Reply> {
    let (sets_shortcut, changes_tray) = (shortcut::is_set_by(&request), tray_updates::is_changed_by(&request));
    let reply = desktop.session_for(window.label(), &request).await?.client().send(request).await?;
    if sets_shortcut {
        shortcut::apply(window.app_handle(), true).await;
    }
    if changes_tray {
        tray_updates::refresh(window.app_handle());
    }
    Ok(reply)
}

#[tauri::command]
async fn follow(
    window: WebviewWindow,
    desktop: DesktopState<'_>,
    followers: State<'_, Followers>,
    channel: Channel<wire::Push>,
) -> Response<()> {
    following::begin(window.label(), desktop, followers, channel).await
}

#[tauri::command]
async fn agents(desktop: DesktopState<'_>) -> Response<Vec<wire::Agent>> {
    Ok(desktop.session().await?.library().agents().await?)
}

#[tauri::command]
async fn agent_steps(desktop: DesktopState<'_>) -> Response<Vec<wire::AgentStep>> {
    Ok(desktop.session().await?.library().agent_steps().await?)
}

#[tauri::command]
async fn timeline(desktop: DesktopState<'_>, agent: String, turn: Option<u64>) -> Response<wire::Timeline> {
    Ok(desktop.session().await?.library().timeline(&agent, turn).await?)
}

#[tauri::command]
async fn messages(desktop: DesktopState<'_>, agent: String, before: Option<u64>, limit: u32) -> Response<Vec<wire::Message>> {
    Ok(desktop.session().await?.library().messages(&agent, before, limit).await?)
}

#[tauri::command]
async fn events(desktop: DesktopState<'_>, agent: Option<String>, since: u64, limit: u32) -> Response<Vec<wire::EventLine>> {
    Ok(desktop.session().await?.library().events(agent.as_deref(), since, limit).await?)
}

#[tauri::command]
async fn events_before(
    desktop: DesktopState<'_>,
    agent: Option<String>,
    before: Option<u64>,
    limit: u32,
) -> Response<Vec<wire::EventLine>> {
    Ok(desktop.session().await?.library().events_before(agent.as_deref(), before, limit).await?)
}

#[tauri::command]
async fn schedules(desktop: DesktopState<'_>) -> Response<Vec<wire::Schedule>> {
    Ok(desktop.session().await?.library().schedules().await?)
}

#[tauri::command]
async fn schedule_runs(desktop: DesktopState<'_>, schedule: Option<String>, limit: u32) -> Response<Vec<wire::ScheduleRun>> {
    Ok(desktop.session().await?.library().schedule_runs(schedule.as_deref(), limit).await?)
}

#[tauri::command]
fn schedule_preview(words: String, zone: Option<String>) -> Response<wire::SchedulePreview> {
    Ok(growqr_app::preview_schedule(&words, zone.as_deref())?)
}

#[tauri::command]
async fn quests(desktop: DesktopState<'_>) -> Response<Vec<wire::Quest>> {
    Ok(desktop.session().await?.library().quests().await?)
}

#[tauri::command]
async fn quest_plan(desktop: DesktopState<'_>, path: String) -> Response<wire::QuestPlan> {
    Ok(desktop.session().await?.read_memory(move |library| library.quest_plan(&path)).await?)
}

#[tauri::command]
async fn quest_plans(desktop: DesktopState<'_>) -> Response<Vec<wire::QuestPlan>> {
    Ok(desktop.session().await?.read_memory(|library| library.quest_plans()).await?)
}

#[tauri::command]
async fn search(desktop: DesktopState<'_>, text: String, agent: Option<String>, limit: u32) -> Response<Vec<wire::Message>> {
    Ok(desktop.session().await?.library().search(&text, agent.as_deref(), limit).await?)
}

#[tauri::command]
async fn settings(desktop: DesktopState<'_>) -> Response<Vec<wire::Setting>> {
    Ok(desktop.session().await?.library().settings().await?)
}

#[tauri::command]
fn models() -> Vec<wire::ModelRow> {
    growqr_app::models()
}

#[tauri::command]
async fn budget(desktop: DesktopState<'_>) -> Response<wire::Budget> {
    Ok(desktop.session().await?.library().budget().await?)
}

#[tauri::command]
async fn queued(desktop: DesktopState<'_>, agent: String) -> Response<Vec<wire::Message>> {
    Ok(desktop.session().await?.library().queued(&agent).await?)
}

#[tauri::command]
async fn asks(desktop: DesktopState<'_>) -> Response<Vec<wire::AskRow>> {
    Ok(desktop.session().await?.library().asks().await?)
}

#[tauri::command]
async fn settled_asks(desktop: DesktopState<'_>, limit: u32) -> Response<Vec<wire::AskRow>> {
    Ok(desktop.session().await?.library().settled_asks(limit).await?)
}

/// One ask. The name `ask` is taken by the command that sends a request.
#[tauri::command]
async fn ask_by_id(desktop: DesktopState<'_>, id: String) -> Response<wire::AskRow> {
    Ok(desktop.session().await?.library().ask(&id).await?)
}

#[tauri::command]
async fn rules(desktop: DesktopState<'_>) -> Response<Vec<wire::RuleRow>> {
    Ok(desktop.session().await?.library().rules().await?)
}

#[tauri::command]
async fn test_rules(desktop: DesktopState<'_>, tool: String, input: String, agent: Option<String>) -> Response<wire::RuleTest> {
    Ok(desktop.session().await?.library().test_rules(&tool, &input, agent.as_deref()).await?)
}

#[tauri::command]
async fn spending(desktop: DesktopState<'_>, by: wire::SpendingBy, since: i64) -> Response<Vec<wire::SpendingRow>> {
    Ok(desktop.session().await?.library().spending(by, since).await?)
}

#[tauri::command]
async fn memory_notice(desktop: DesktopState<'_>) -> Response<Option<wire::MemoryNotice>> {
    Ok(desktop.session().await?.library().memory_notice().await?)
}

#[tauri::command]
async fn memory_list(desktop: DesktopState<'_>, prefix: String, after: Option<String>) -> Response<wire::PageRows> {
    Ok(desktop.session().await?.read_memory(move |library| library.memory_list(&prefix, after.as_deref())).await?)
}

#[tauri::command]
async fn memory_read(desktop: DesktopState<'_>, path: String) -> Response<wire::Page> {
    Ok(desktop.session().await?.read_memory(move |library| library.memory_read(&path)).await?)
}

#[tauri::command]
async fn memory_search(desktop: DesktopState<'_>, text: String) -> Response<Vec<wire::Found>> {
    Ok(desktop.session().await?.read_memory(move |library| library.memory_search(&text)).await?)
}

#[tauri::command]
async fn memory_log(desktop: DesktopState<'_>, path: Option<String>) -> Response<Vec<wire::Change>> {
    Ok(desktop.session().await?.read_memory(move |library| library.memory_log(path.as_deref())).await?)
}

#[tauri::command]
async fn memory_diff(desktop: DesktopState<'_>, rev: String) -> Response<wire::Text> {
    Ok(desktop.session().await?.read_memory(move |library| library.memory_diff(&rev)).await?)
}

/// A held change beside its page as it is now.
#[tauri::command]
async fn held_change(desktop: DesktopState<'_>, held: wire::event::CommitPlan) -> Response<wire::HeldChange> {
    Ok(desktop.session().await?.read_memory(move |library| library.held_change(&held)).await?)
}

/// What a call of `write_file` that an ask is about would change now.
#[tauri::command]
async fn file_change(desktop: DesktopState<'_>, ask: String) -> Response<wire::FileChange> {
    Ok(desktop.session().await?.library().file_change(&ask).await?)
}

/// What undoing all changes of a turn, or of an agent, would do now.
#[tauri::command]
async fn memory_undo_preview(desktop: DesktopState<'_>, agent: String, turn: Option<u64>) -> Response<wire::UndoPreview> {
    let session = desktop.session().await?;
    let of = session.library().changes_of(&agent, turn).await?;
    Ok(session.read_memory(move |library| library.memory_undo_preview(&of)).await?)
}

/// The page as it is after a change.
#[tauri::command]
async fn memory_page_at(desktop: DesktopState<'_>, path: String, rev: String) -> Response<wire::Page> {
    Ok(desktop.session().await?.read_memory(move |library| library.memory_page_at(&path, &rev)).await?)
}

#[tauri::command]
async fn memory_blame(desktop: DesktopState<'_>, path: String) -> Response<Vec<wire::BlamedLine>> {
    Ok(desktop.session().await?.read_memory(move |library| library.memory_blame(&path)).await?)
}

/// The sign-in view. The following sign-in commands return it as well, after their change.
#[tauri::command]
async fn sign_in_view(app: AppHandle) -> Response<wire::SignIn> {
    account::view(&app).await
}

#[tauri::command(rename_all = "snake_case")]
async fn sign_in(app: AppHandle, someone_else: bool, by_port: bool) -> Response<wire::SignIn> {
    account::begin(&app, someone_else, by_port).await
}

#[tauri::command]
async fn sign_in_cancel(app: AppHandle) -> Response<wire::SignIn> {
    account::cancel(&app).await
}

#[tauri::command]
async fn sign_in_choose(app: AppHandle, adopt: bool) -> Response<wire::SignIn> {
    account::choose(&app, adopt).await
}

#[tauri::command]
async fn sign_in_check(app: AppHandle) -> Response<wire::SignIn> {
    account::check(&app).await
}

#[tauri::command]
async fn sign_out(app: AppHandle) -> Response<wire::SignIn> {
    account::sign_out(&app).await
}

#[tauri::command]
async fn switch_profile(app: AppHandle, profile: String) -> Response<wire::SignIn> {
    account::switch(&app, &profile).await
}

#[tauri::command]
async fn picture(app: AppHandle) -> Response<Option<String>> {
    account::picture(&app).await
}

/// Returns the place that the latest link names, and removes it.
#[tauri::command]
fn take_place(links: State<'_, IncomingLinks>) -> Option<Place> {
    links.take()
}

/// Shows the quick chat.
#[tauri::command]
fn open_quick(app: AppHandle) {
    quick::show(&app);
}

/// Hides the quick chat.
#[tauri::command]
fn hide_quick(app: AppHandle) {
    quick::hide(&app);
}

/// Shows a place in the main window and hides the quick chat. The page of the main window parses the hash.
#[tauri::command]
fn open_in_window(app: AppHandle, hash: String) -> Response<()> {
    let place =
        Place::from_hash(hash).ok_or_else(|| wire::Error::new(wire::ErrorCode::BadRequest, "this is no place in the window"))?;
    incoming_links::show_place(&app, place);
    quick::hide(&app);
    Ok(())
}

/// Whether the shortcut of the quick chat works.
#[tauri::command]
fn shortcut(app: AppHandle) -> Shortcut {
    shortcut::state(&app)
}

/// The files that were dropped last on this window, once.
#[tauri::command]
async fn take_dropped(window: WebviewWindow, dropped: State<'_, Dropped>) -> Response<Vec<DroppedFile>> {
    let paths = dropped.take(window.label());
    let read = tauri::async_runtime::spawn_blocking(move || dropped::read(&paths)).await;
    read.map_err(|_| wire::Error::new(wire::ErrorCode::Internal, "reading the files has failed"))
}

/// Tells the tray icon whether the page knows of a network.
#[tauri::command]
fn network(app: AppHandle, online: bool) {
    tray_updates::set_online(&app, online);
}

/// Shows the architecture diagram in a window of its own. `async`: on Windows a window that is created in a synchronous command
/// blocks.
#[tauri::command]
async fn open_architecture(app: AppHandle) -> Response<()> {
    window::show_architecture(&app)
        .map_err(|error| wire::Error::new(wire::ErrorCode::Internal, format!("the diagram cannot be shown: {error}")))
}

/// Opens the memory folder in the file manager. The page cannot choose the folder.
#[tauri::command]
async fn open_memory_folder(app: AppHandle, desktop: DesktopState<'_>) -> Response<()> {
    open_folder(&app, &desktop.profile()?.memory())
}

/// Opens the data folder in the file manager. The page cannot choose the folder.
#[tauri::command]
async fn open_data_folder(app: AppHandle, desktop: DesktopState<'_>) -> Response<()> {
    open_folder(&app, desktop.profile()?.root())
}

/// Writes a backup into the folder for downloads, or into the data folder if there is none.
#[tauri::command]
async fn back_up(app: AppHandle, desktop: DesktopState<'_>) -> Response<wire::Backup> {
    let folder = downloads(&app, &desktop)?;
    Ok(desktop.session().await?.library().back_up(&folder, growqr_app::local_now().0).await?)
}

/// The last backup that is known.
#[tauri::command]
async fn last_backup(desktop: DesktopState<'_>) -> Response<Option<wire::Backup>> {
    Ok(desktop.session().await?.library().last_backup())
}

/// The folder for downloads, created if it is missing, or the data folder.
fn downloads(app: &AppHandle, desktop: &Desktop) -> Response<std::path::PathBuf> {
    let folder = app.path().download_dir().ok().filter(|folder| std::fs::create_dir_all(folder).is_ok());
    Ok(match folder {
        Some(folder) => folder,
        None => desktop.profile()?.root().to_path_buf(),
    })
}

/// Writes a conversation as Markdown into the folder for downloads, or into the data folder if there is none. Returns the file's path.
#[tauri::command]
async fn export_conversation(app: AppHandle, desktop: DesktopState<'_>, agent: String) -> Response<String> {
    let folder = downloads(&app, &desktop)?;
    let file = desktop.session().await?.library().export_into(&folder, &agent).await?;
    Ok(file.display().to_string())
}

/// Writes a channel of the log into the folder for downloads.
#[tauri::command]
async fn export_log(app: AppHandle, desktop: DesktopState<'_>, channel: String, filter: Option<String>) -> Response<String> {
    let folder = downloads(&app, &desktop)?;
    let file = desktop.session().await?.export_log(&folder, &channel, filter.as_deref()).await?;
    Ok(file.display().to_string())
}

/// Where data goes with the present settings.
#[tauri::command]
async fn privacy(desktop: DesktopState<'_>) -> Response<Vec<wire::Destination>> {
    Ok(growqr_app::destinations(&desktop.profile()?, desktop.environment()).await?)
}

/// Whether GrowQR starts when the person logs in, after the change if there is one.
#[tauri::command]
async fn start_at_login(app: AppHandle, change: Option<bool>) -> Response<bool> {
    login::start_at_login(&app, change)
}

/// Opens an address in the browser or mail program. The page shows the address first and asks the user; a page for signing in is one that
/// the host has just named.
#[tauri::command(rename_all = "snake_case")]
async fn open_link(app: AppHandle, address: String, is_sign_in: Option<bool>) -> Response<()> {
    let is_sign_in = is_sign_in.unwrap_or_default();
    let address = if is_sign_in { link::parse_sign_in_page(&address) } else { link::parse_safe(&address) }?;
    app.opener().open_url(address.as_str(), None::<&str>).map_err(|error| {
        let step = format!("Open it by hand: {address}");
        wire::Error::new(wire::ErrorCode::Internal, format!("the link cannot be opened: {error}")).next(step)
    })
}

/// Quits, after a question if agents are working. Needed on desktops without a tray icon.
#[tauri::command]
fn quit(app: AppHandle) {
    super::quit::ask(&app);
}

fn open_folder(app: &AppHandle, folder: &Path) -> Response<()> {
    app.opener().open_path(folder.to_string_lossy(), None::<&str>).map_err(|error| {
        let step = format!("Open it by hand: {}", folder.display());
        wire::Error::new(wire::ErrorCode::Internal, format!("the folder cannot be opened: {error}")).next(step)
    })
}
