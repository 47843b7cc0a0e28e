/** The person wants to write, said from outside the window: the chat is opened, the cursor put where one writes. */
import { toChat } from "../data/links";

export function openNewMessage() {
  location.hash = toChat;
  // The chat focuses its field when it appears; where it is shown already, it is done here.
  requestAnimationFrame(() => document.querySelector<HTMLElement>("[data-composer]")?.focus());
}
