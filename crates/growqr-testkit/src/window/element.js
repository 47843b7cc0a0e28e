// Runs in the page: finds elements by role and accessible name, and waits for them without polling.

const ROLES = {
  page: "body",
  button: "button, [role=button]",
  link: "a[href]",
  textbox: "textarea, input:not([type]), input[type=text], input[type=search], input[type=password]",
  tab: "[role=tab]",
  region: "section[aria-label], section[aria-labelledby], [role=region], main, nav",
  log: "[role=log]",
  heading: "h1, h2, h3",
  menu: "[role=menu]",
  menuitem: "[role=menuitem]",
  dialog: "dialog[open], [role=dialog]",
  group: "[role=group]",
};

const plain = (text) => (text ?? "").replace(/\s+/g, " ").trim();

/** The accessible name. Implements only the rules that the pages here use. */
function nameOf(element) {
  const by = element.getAttribute("aria-labelledby");
  if (by) return plain(by.split(" ").map((id) => document.getElementById(id)?.textContent).join(" "));
  const label = element.getAttribute("aria-label") ?? element.labels?.[0]?.textContent;
  return plain(label ?? spoken(element));
}

/** The text of an element without parts that are hidden from assistive technology. */
function spoken(element) {
  const isDrawn = (part) => part.getAttribute("aria-hidden") === "true" && part.textContent.trim() !== "";
  if (![...element.querySelectorAll("[aria-hidden]")].some(isDrawn)) return element.innerText;
  const skip = (node) => (node.nodeType === Node.ELEMENT_NODE && node.getAttribute("aria-hidden") === "true" ? NodeFilter.FILTER_REJECT : NodeFilter.FILTER_ACCEPT);
  const walker = document.createTreeWalker(element, NodeFilter.SHOW_ELEMENT | NodeFilter.SHOW_TEXT, skip);
  const words = [];
  while (walker.nextNode()) if (walker.currentNode.nodeType === Node.TEXT_NODE) words.push(walker.currentNode.data);
  return words.join(" ");
}

/** The visible, enabled element with exactly this name, otherwise the first whose name begins with it. */
function find(role, name) {
  const usable = [...document.querySelectorAll(ROLES[role])].filter((element) => element.checkVisibility() && !element.disabled);
  return usable.find((element) => nameOf(element) === name) ?? usable.find((element) => nameOf(element).startsWith(name)) ?? null;
}

/** The element that `find` returns. The next click has an effect in it only: elsewhere it does nothing and sets `hasMissed`. */
function aimAt(role, name) {
  const element = find(role, name);
  if (!element) return null;
  window.stopAiming?.();
  window.hasMissed = false;
  const onClick = (event) => {
    window.stopAiming();
    if (element.contains(event.target)) return;
    window.hasMissed = true;
    event.preventDefault();
    event.stopImmediatePropagation();
  };
  window.stopAiming = () => window.removeEventListener("click", onClick, true);
  window.addEventListener("click", onClick, true);
  return element;
}

function textWith(role, name, words) {
  const text = plain(find(role, name)?.innerText);
  return text.includes(plain(words)) ? text : null;
}

/** Calls back with the first truthy result of `look`, which is called now and after every change of the page. */
function waitFor(given, look) {
  const done = given.pop();
  const first = look(...given);
  if (first) return done(first);
  const observer = new MutationObserver(() => {
    const found = look(...given);
    if (!found) return;
    observer.disconnect();
    done(found);
  });
  observer.observe(document, { subtree: true, childList: true, characterData: true, attributes: true });
}
