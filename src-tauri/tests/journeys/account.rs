//! Who is signed in, as the person sees and changes it in the window: the only place where the journeys know how. It
//! goes on when the page is loaded anew, as it is after a change of the profile.

use crate::computer::Open;
use crate::names;
use growqr_testkit::window::Element;
use serde_json::Value;

/// How signing in stands, as the corner says it.
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

/// What nobody's profile is called.
pub const NOBODY: &str = "Local profile";

/// Waits until the corner shows this person in this state.
pub fn see(window: &Open, name: &str, state: State) {
    window.see(Element::button(&format!("Account: {name} {}", state.label())), name);
}

/// Presses Sign in, wherever it stands now. The address that is shown for copying.
pub fn sign_in(window: &Open) -> String {
    choose(window, "Sign in");
    address(window)
}

/// The same as another person than who is signed in at the browser.
pub fn sign_in_as_another(window: &Open) -> String {
    choose(window, "Sign in as someone else…");
    address(window)
}

/// The address of the attempt that goes on.
fn address(window: &Open) -> String {
    window.see(names::WAITING, "Copy");
    window.see(names::ADDRESS, "http")
}

/// Chooses in the menu of the corner.
pub fn choose(window: &Open, item: &str) {
    window.click(names::CORNER);
    window.click(Element::menuitem(item));
}

/// What the menu of the corner says beside the name; it is closed again.
pub fn see_in_menu(window: &Open, words: &str) {
    window.click(names::CORNER);
    window.see(names::MENU, words);
    window.press_escape();
    window.until_gone(names::MENU);
}

/// Ends the attempt, or the question whose data this is.
pub fn cancel(window: &Open) {
    window.click(names::CANCEL);
}

/// Answers whether what is in the local profile is theirs.
pub fn answer(window: &Open, name: &str, is_theirs: bool) {
    window.see(Element::dialog(&format!("Is what is on this computer yours, {name}?")), "asked once");
    window.click(Element::button(if is_theirs { "Yes, it is mine" } else { "No, start empty" }));
}

/// Opens the profile of somebody who has one here.
pub fn switch(window: &Open, name: &str) {
    choose(window, &format!("Switch to {name}"));
}

/// Asks the service now, in the settings. Returns once it has answered: until then the button cannot be pressed.
pub fn check(window: &Open) {
    window.click(names::SETTINGS);
    window.click(names::CHECK);
    window.until("return find('button', 'Check now') ?? find('button', 'Sign in again')", "the service has answered");
}

/// Signs out.
pub fn sign_out(window: &Open) {
    choose(window, "Sign out");
}

/// Which profile is open.
pub fn profile(window: &Open) -> String {
    profile_other_than(window, "")
}

/// Waits until a profile is open, and another than this; which, as the settings tell. The page may be loaded anew
/// meanwhile, which leads to the chat.
pub fn profile_other_than(window: &Open, old: &str) -> String {
    let script = format!(
        "if (!location.hash.startsWith('#/settings')) location.hash = '#/settings';
         const profile = /Profile (\\S+)/.exec(textWith('region', 'On this computer', 'Profile') ?? '')?.[1];
         return profile !== {old:?} && profile"
    );
    window.until(&script, &format!("{old:?} is not open")).as_str().unwrap_or_default().to_owned()
}

/// Waits for the picture in the corner; its address.
pub fn picture(window: &Open) -> String {
    let picture = window.until("return find('button', 'Account:')?.querySelector('img')?.src", "there is a picture");
    picture.as_str().unwrap_or_default().to_owned()
}

/// Waits until the window shows this place.
pub fn wait_for_route(window: &Open, place: &str) {
    window.until(&format!("return location.hash === {place:?}"), &format!("it shows {place}"));
}

/// Whether there is a place left that the page has not been led to.
pub fn pending_place(window: &Open) -> Value {
    let script = r"
      window.__TAURI_INTERNALS__.invoke('take_place', {}).then((place) => { document.documentElement.dataset.left = JSON.stringify(place); });
      return null;";
    window.run(script);
    window.until("return document.documentElement.dataset.left", "it is answered")
}

/// Lets the page listen for what the plugin tells of links.
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

/// How many it was told of since.
pub fn link_event_count(window: &Open) -> Value {
    window.run("return window.linkEvents")
}
