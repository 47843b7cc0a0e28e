/** What is said from outside the window, and what the window does about it. */
import type { QueryClient } from "@tanstack/react-query";
import type { Host } from "../bridge";
import { toAgent, toChat, toPage } from "../data/links";
import { keys } from "../data/queries";

/** Listens for as long as the window lives. Nothing that cannot be heard keeps the window from opening. */
export async function listenToHost(host: Host, client: QueryClient): Promise<void> {
  const heard = [
    host.on("new-message", openNewMessage),
    host.on("sign-in-changed", () => void client.invalidateQueries({ queryKey: keys.signIn })),
    host.on("profile-changed", reloadPage),
    host.on("place", () => void openLinkedPlace(host)),
  ];
  await Promise.allSettled(heard);
  // A link may have opened the program before anybody listened.
  await openLinkedPlace(host);
}

/** Everything on the screen, and all that is kept in the page, is of another profile. */
export function reloadPage() {
  const load = () => {
    history.replaceState(null, "", location.pathname + location.search);
    location.reload();
  };
  // Whoever follows a link in this instant stops the loading.
  window.addEventListener("hashchange", load);
  load();
}

export async function openLinkedPlace(host: Host): Promise<void> {
  const place = await host.call("take_place", {}).catch(() => null);
  if (place) location.hash = place.view === "agents" ? toAgent(place.id) : toPage(place.id);
}

/** The person wants to write: the chat is opened, the cursor put where one writes. */
function openNewMessage() {
  location.hash = toChat;
  // The chat focuses its field when it appears; where it is shown already, it is done here.
  requestAnimationFrame(() => document.querySelector<HTMLElement>("[data-composer]")?.focus());
}
