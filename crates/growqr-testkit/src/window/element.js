// Runs in the page, by the driver: elements by role and name, and waiting for them without looking at a clock.

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

/** The accessible name, as far as pages here make use of its rules. */
function nameOf(element) {
  const by = element.getAttribute("aria-labelledby");
  if (by) return plain(by.split(" ").map((id) => document.getElementById(id)?.textContent).join(" "));
  const label = element.getAttribute("aria-label") ?? element.labels?.[0]?.textContent;
  return plain(label ?? spoken(element));
}

/** Its words without those that are drawn for the eye alone. */
function spoken(element) {
  const isDrawn = (part) => part.getAttribute("aria-hidden") === "true" && part.textContent.trim() !== "";
  if (![...element.querySelectorAll("[aria-hidden]")].some(isDrawn)) return element.innerText;
  const skip = (node) => (node.nodeType === Node.ELEMENT_NODE && node.getAttribute("aria-hidden") === "true" ? NodeFilter.FILTER_REJECT : NodeFilter.FILTER_ACCEPT);
  const walker = document.createTreeWalker(element, NodeFilter.SHOW_ELEMENT | NodeFilter.SHOW_TEXT, skip);
  const words = [];
  while (walker.nextNode()) if (walker.currentNode.nodeType === Node.TEXT_NODE) words.push(walker.currentNode.data);
  return words.join(" ");
}

/** Those in sight; one with exactly this name before one that only begins with it. */
function find(role, name) {
  const usable = [...document.querySelectorAll(ROLES[role])].filter((element) => element.checkVisibility() && !element.disabled);
  return usable.find((element) => nameOf(element) === name) ?? usable.find((element) => nameOf(element).startsWith(name)) ?? null;
}

function textWith(role, name, words) {
  const text = plain(find(role, name)?.innerText);
  return text.includes(plain(words)) ? text : null;
}

/** Calls back with what `look` gives as soon as it gives something; looks after every change of the page. */
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
