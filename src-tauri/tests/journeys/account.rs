//! Helpers for the sign-in controls of the window. Only this file knows how they work. They also work across a reload of
//! the page, which follows a change of the profile.

use crate::computer::Open;
use crate::names;
use growqr_testkit::window::Element;
use serde_json::Value;

/// The sign-in state that the account button shows.
#[derive(Clone, Copy, Debug)]
pub enum State {
    SignedOut,
    Waiting,
    Question,
    Online,
    Offline,
    Ended,
}

impl State {
    fn label(self) -> &'static str {
        match self {
            State::SignedOut => "Not signed in",
            State::Waiting => "Signing in…",
            State::Question => "One question left",
            State::Online => "Signed in",
            State::Offline => "Last confirmed",
            State::Ended => "Sign in again",
        }
    }
}

/// The name of the profile that belongs to no user.
pub const LOCAL_PROFILE: &str = "Local profile";

/// Waits until the account button shows this name in this state.
pub fn see(window: &Open, name: &str, state: State) {
    window.see(Element::button(&format!("Account: {name} {}", state.label())), name);
}

/// Chooses Sign in. Returns the authorization URL that is shown for copying.
pub fn sign_in(window: &Open) -> String {
    choose(window, "Sign in");
    address(window)
}

/// Chooses "Sign in as someone else". Returns the authorization URL.
pub fn sign_in_as_another(window: &Open) -> String {
    choose(window, "Sign in as someone else…");
    address(window)
}

/// The authorization URL of the running attempt.
fn address(window: &Open) -> String {
    window.see(names::WAITING, "Copy");
    window.see(names::ADDRESS, "http")
}

/// Chooses an item in the account menu.
pub fn choose(window: &Open, item: &str) {
    window.click(names::ACCOUNT);
    window.click(Element::menuitem(item));
}

/// Opens the account menu, waits for a text in it, and closes it.
pub fn see_in_menu(window: &Open, words: &str) {
    window.click(names::ACCOUNT);
    window.see(names::MENU, words);
    window.press_escape();
    window.until_gone(names::MENU);
}

/// Cancels the attempt, or the question about the local data.
pub fn cancel(window: &Open) {
    window.click(names::CANCEL);
}

/// Answers the question whether the data in the local profile is the user's.
pub fn answer(window: &Open, name: &str, is_theirs: bool) {
    window.see(Element::dialog(&format!("Is the data on this computer yours, {name}?")), "asked once");
    window.click(Element::button(if is_theirs { "Yes, it is mine" } else { "No, start empty" }));
}

/// Switches to another profile on this computer.
pub fn switch(window: &Open, name: &str) {
    choose(window, &format!("Switch to {name}"));
}

/// Presses Check now in the settings. Returns when the service has responded: the button is disabled until then.
pub fn check(window: &Open) {
    window.click(names::SETTINGS);
    window.click(names::CHECK);
    window.until("return find('button', 'Check now') ?? find('button', 'Sign in again')", "the service has responded");
}

/// Signs out.
pub fn sign_out(window: &Open) {
    choose(window, "Sign out");
}

/// The id of the open profile.
pub fn profile(window: &Open) -> String {
    profile_other_than(window, "")
}

/// Waits until a profile other than `old` is open. Returns its id, which the settings show. The page may reload meanwhile,
/// which shows the chat, so the script opens the settings again.
pub fn profile_other_than(window: &Open, old: &str) -> String {
    let script = format!(
        "if (!location.hash.startsWith('#/settings')) location.hash = '#/settings';
         const profile = /Profile (\\S+)/.exec(textWith('region', 'On this computer', 'Profile') ?? '')?.[1];
         return profile !== {old:?} && profile"
    );
    window.until(&script, &format!("{old:?} is not open")).as_str().unwrap_or_default().to_owned()
}

/// Waits for the picture in the account button. Returns its URL.
pub fn picture(window: &Open) -> String {
    let picture = window.until("return find('button', 'Account:')?.querySelector('img')?.src", "there is a picture");
    picture.as_str().unwrap_or_default().to_owned()
}

/// Waits until the page has this route.
pub fn wait_for_route(window: &Open, place: &str) {
    window.until(&format!("return location.hash === {place:?}"), &format!("it shows {place}"));
}

/// The place that a link names and that the page has not taken yet, as JSON; it is taken by this call. `null` if there is
/// none.
pub fn pending_place(window: &Open) -> Value {
    let script = r"
      window.__TAURI_INTERNALS__.invoke('take_place', {}).then((place) => { document.documentElement.dataset.left = JSON.stringify(place); });
      return null;";
    window.run(script);
    window.until("return document.documentElement.dataset.left", "the command has returned")
}

/// Makes the page count the events of the deep-link plugin.
pub fn listen_for_links(window: &Open) {
    let listen = r"
      const { invoke, transformCallback } = window.__TAURI_INTERNALS__;
      window.linkEvents = 0;
      const handler = transformCallback(() => { window.linkEvents += 1; });
      invoke('plugin:event|listen', { event: 'deep-link://new-url', target: { kind: 'Any' }, handler })
        .then(() => { document.documentElement.dataset.listensForLinks = 'yes'; });
      return null;";
    window.run(listen);
    window.until("return document.documentElement.dataset.listensForLinks", "the page listens");
}

/// The number of events since [`listen_for_links`].
pub fn link_event_count(window: &Open) -> Value {
    window.run("return window.linkEvents")
}
