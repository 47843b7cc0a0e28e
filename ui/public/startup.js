// Before anything is drawn: light or dark, so that nothing flashes. src/design/appearance.ts does the rest.
const chosen = localStorage.getItem("theme");
const isDark = chosen === "dark" || (chosen !== "light" && matchMedia("(prefers-color-scheme: dark)").matches);
document.documentElement.dataset.theme = isDark ? "dark" : "light";

// While the scripts are loaded: what the first view asks for. src/bridge/prefetched.ts hands on the answers.
const host = window.__TAURI_INTERNALS__;
const requests = [
  ["events_before", { agent: "grow", before: null, limit: 400 }],
  ["agents", {}],
  ["about", {}],
  ["settings", {}],
  ["take_place", {}],
  ["ask", { request: { op: "keys" } }],
  ["sign_in_view", {}],
];
if (host) window.prefetched = new Map(requests.map(([name, args]) => [JSON.stringify([name, args]), host.invoke(name, args)]));
// Whoever is given an answer sees its failure; until then nobody does.
for (const answer of window.prefetched?.values() ?? []) answer.catch(() => {});
