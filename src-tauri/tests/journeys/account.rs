//! Who is signed in, as the person sees and changes it in the window: the only place where the journeys know how. It
//! goes on when the page is loaded anew, as it is after a change of the profile.

use crate::computer::Open;
use serde_json::{Value, json};

/// Asks anew what is to be shown, and which profile is open, whenever the page is told that it has changed.
const WATCH: &str = r"
  if (!window.__TAURI_INTERNALS__ || !document.body) return null;
  if (!window.signInSeen) {
    window.signInSeen = {};
    const { invoke, transformCallback } = window.__TAURI_INTERNALS__;
    const look = () => invoke('sign_in_view').then((view) => {
      window.signInSeen = view;
      document.documentElement.dataset.signInSeen = view.state;
    });
    // Agents are there once a profile is open.
    const ask = () => invoke('agents').then(() => invoke('about')).then(({ profile }) => {
      window.profileSeen = profile;
      document.documentElement.dataset.profileSeen = profile;
    });
    const listen = (event, then) =>
      invoke('plugin:event|listen', { event, target: { kind: 'Any' }, handler: transformCallback(then) }).then(then);
    listen('sign-in-changed', look);
    listen('profile-changed', ask);
  }
  const seen = window.signInSeen;
  const profile = window.profileSeen;
";

/// Begins to sign in.
pub fn sign_in(window: &Open) -> Value {
    asked(window, "sign_in", json!({"someone_else": false, "by_port": false}))
}

/// Begins to sign in as another person than who is signed in at the browser.
pub fn sign_in_as_another(window: &Open) -> Value {
    asked(window, "sign_in", json!({"someone_else": true, "by_port": false}))
}

/// Ends the attempt, or the question whose data this is.
pub fn cancel(window: &Open) {
    asked(window, "sign_in_cancel", json!({}));
}

/// Opens the profile of somebody who has one here; an empty name is nobody's.
pub fn switch(window: &Open, profile: &str) {
    begin(window, "switch_profile", json!({"profile": profile}));
}

/// Waits until sign-in stands like this; all that is shown of it.
pub fn see(window: &Open, state: &str) -> Value {
    window.until(&format!("{WATCH} return seen.state === {state:?} && seen"), &format!("sign-in is {state}"))
}

/// Which profile is open.
pub fn profile(window: &Open) -> String {
    profile_but(window, "")
}

/// Waits until a profile is open, and another than this; which.
pub fn profile_but(window: &Open, old: &str) -> String {
    let profile = window.until(&format!("{WATCH} return profile !== {old:?} && profile"), &format!("{old:?} is not open"));
    profile.as_str().unwrap_or_default().to_owned()
}

/// The name that is shown.
pub fn name(window: &Open, state: &str) -> String {
    see(window, state)["person"]["name"].as_str().unwrap_or_default().to_owned()
}

/// Who has a profile here.
pub fn people(window: &Open) -> Value {
    asked(window, "sign_in_view", json!({}))["people"].clone()
}

/// The picture that is shown.
pub fn picture(window: &Open) -> String {
    asked(window, "picture", json!({})).as_str().unwrap_or_default().to_owned()
}

/// Answers whether what is in the local profile is theirs.
pub fn choose(window: &Open, adopt: bool) {
    begin(window, "sign_in_choose", json!({"adopt": adopt}));
}

/// Asks the service now. How that is refused, if it is.
pub fn check(window: &Open) -> Result<Value, Value> {
    ask(window, "sign_in_check", json!({}))
}

/// Signs out.
pub fn sign_out(window: &Open) {
    begin(window, "sign_out", json!({}));
}

/// Where the link that came last leads, once.
pub fn place(window: &Open) -> Value {
    asked(window, "take_place", json!({}))
}

/// Waits until there is a place to be shown, beginning to wait before `come` brings it.
pub fn place_after(window: &Open, come: impl FnOnce()) -> Value {
    ready(window);
    let listen = r"
      const { invoke, transformCallback } = window.__TAURI_INTERNALS__;
      const heard = { event: 'place', target: { kind: 'Any' }, handler: transformCallback(() => {
        document.documentElement.dataset.placeCame = 'yes';
      }) };
      delete document.documentElement.dataset.placeCame;
      invoke('plugin:event|listen', heard).then(() => { document.documentElement.dataset.placeAwaited = 'yes'; });
      return null;";
    window.run(listen);
    window.until("return document.documentElement.dataset.placeAwaited", "the page listens");
    come();
    window.until("return document.documentElement.dataset.placeCame", "a place is announced");
    place(window)
}

/// Lets the page listen for what the plugin tells of links.
pub fn listen_for_links(window: &Open) {
    ready(window);
    let listen = r"
      const { invoke, transformCallback } = window.__TAURI_INTERNALS__;
      window.linksHeard = 0;
      const handler = transformCallback(() => { window.linksHeard += 1; });
      invoke('plugin:event|listen', { event: 'deep-link://new-url', target: { kind: 'Any' }, handler })
        .then(() => { document.documentElement.dataset.linksAwaited = 'yes'; });
      return null;";
    window.run(listen);
    window.until("return document.documentElement.dataset.linksAwaited", "the page listens");
}

/// How many it was told of since.
pub fn heard_links(window: &Open) -> Value {
    window.run("return window.linksHeard")
}

fn asked(window: &Open, command: &str, arguments: Value) -> Value {
    ask(window, command, arguments).unwrap_or_else(|refused| panic!("{command} is refused: {refused}"))
}

/// Asks what is followed by another page, which gets no answer.
fn begin(window: &Open, command: &str, arguments: Value) {
    ready(window);
    window.run(&format!("window.__TAURI_INTERNALS__.invoke({command:?}, {arguments}); return null"));
}

/// Asks as the page does.
fn ask(window: &Open, command: &str, arguments: Value) -> Result<Value, Value> {
    ready(window);
    let script = format!(
        "window.told = null;
         const tell = (told) => {{ window.told = told; document.documentElement.dataset.told = {command:?}; }};
         window.__TAURI_INTERNALS__.invoke({command:?}, {arguments})
           .then((done) => tell({{ done }}), (refused) => tell({{ refused }}));
         return null"
    );
    window.run(&script);
    let told = window.until("return window.told", &format!("{command} is answered"));
    match told.get("refused") {
        Some(refused) => Err(refused.clone()),
        None => Ok(told["done"].clone()),
    }
}

fn ready(window: &Open) {
    window.until("return window.__TAURI_INTERNALS__ && document.body", "the page is there");
}
