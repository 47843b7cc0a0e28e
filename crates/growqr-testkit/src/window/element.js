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
};

const plain = (text) => (text ?? "").replace(/\s+/g, " ").trim();

/** The accessible name, as far as pages here make use of its rules. */
function nameOf(element) {
  const by = element.getAttribute("aria-labelledby");
  if (by) return plain(by.split(" ").map((id) => document.getElementById(id)?.textContent).join(" "));
  const label = element.getAttribute("aria-label") ?? element.labels?.[0]?.textContent;
  return plain(label ?? element.innerText);
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
