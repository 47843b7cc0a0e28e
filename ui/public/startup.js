// Sets the theme before the first paint, so that the window does not flash. src/design/appearance.ts does the rest.
const chosen = localStorage.getItem("theme");
const isDark = chosen === "dark" || (chosen !== "light" && matchMedia("(prefers-color-scheme: dark)").matches);
document.documentElement.dataset.theme = isDark ? "dark" : "light";

// A file that is dropped where nothing takes it must not replace the page.
for (const kind of ["dragover", "drop"]) {
  addEventListener(kind, (event) => {
    if (!event.dataTransfer?.types.includes("Files")) return;
    event.preventDefault();
    event.dataTransfer.dropEffect = "none";
  });
}

// Sends the first view's requests while the bundle loads. src/bridge/prefetched.ts hands out the responses.
const host = window.__TAURI_INTERNALS__;
const requests = [
  ["events_before", { agent: "grow", before: null, limit: 400 }],
  ["agents", {}],
  ["about", {}],
  ["settings", {}],
  // Only the main window takes a place.
  ...(location.pathname.endsWith("/quick.html") ? [] : [["take_place", {}]]),
  ["ask", { request: { op: "keys" } }],
  ["sign_in_view", {}],
];
if (host) window.prefetched = new Map(requests.map(([name, args]) => [JSON.stringify([name, args]), host.invoke(name, args)]));
// The consumer of a response handles its rejection; this only avoids unhandled-rejection errors before that.
for (const answer of window.prefetched?.values() ?? []) answer.catch(() => {});
