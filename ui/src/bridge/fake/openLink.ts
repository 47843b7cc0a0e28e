/** Links of the simulated host. */
import { hostError } from "./hostError";

/** Refuses the same links as the shell. Instead of opening a link, records it on the document for tests. */
export function openLink(address: string): null {
  if (!URL.canParse(address) || !["http:", "https:", "mailto:"].includes(new URL(address).protocol)) {
    throw hostError("bad_request", "This link is not opened: it leads to something else than a web page or a mail.", "Copy the address and open it yourself, if you trust it.");
  }
  document.documentElement.dataset["opened"] = address;
  return null;
}
