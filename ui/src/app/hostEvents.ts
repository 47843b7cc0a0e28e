/** Handles events of the host: new message, changed sign-in, changed profile, opened link. */
import type { QueryClient } from "@tanstack/react-query";
import type { Host } from "../bridge";
import { toAgent, toChat, toPage } from "../data/links";
import { keys } from "../data/keys";

/** Subscribes for the lifetime of the window. A subscription that fails does not keep the window from opening. */
export async function listenToHost(host: Host, client: QueryClient): Promise<void> {
  const subscriptions = [
    host.on("new-message", openNewMessage),
    host.on("sign-in-changed", () => void client.invalidateQueries({ queryKey: keys.signIn })),
    host.on("profile-changed", reloadPage),
    host.on("place", () => void openLinkedPlace(host)),
  ];
  await Promise.allSettled(subscriptions);
  // A link may have opened the program before the subscription started.
  await openLinkedPlace(host);
}

/** Reloads the page after a change of profile: its state and caches belong to the previous one. */
export function reloadPage() {
  const load = () => {
    history.replaceState(null, "", location.pathname + location.search);
    location.reload();
  };
  // Following an in-page link cancels a pending reload, so reload again on hash changes.
  window.addEventListener("hashchange", load);
  load();
}

export async function openLinkedPlace(host: Host): Promise<void> {
  const place = await host.call("take_place", {}).catch(() => null);
  if (!place) return;
  location.hash = place.view === "agents" ? toAgent(place.id) : place.view === "memory" ? toPage(place.id) : place.id;
}

/** Opens the chat and focuses the composer. */
function openNewMessage() {
  location.hash = toChat;
  focusComposer();
}

/** Focuses the message field of a chat that is open already; one that opens does so itself. */
export function focusComposer() {
  requestAnimationFrame(() => document.querySelector<HTMLElement>("[data-composer]")?.focus());
}
