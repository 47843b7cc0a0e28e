/** What the shell would do outside the page: shown to tests instead. */
import { hostError } from "./hostError";

/** Refuses the same links as the shell. Instead of opening a link, records it on the document for tests. */
export function open(address: string): null {
  if (!URL.canParse(address) || !["http:", "https:", "mailto:"].includes(new URL(address).protocol)) {
    throw hostError("bad_request", "This link is not opened: it leads to something else than a web page or a mail.", "Copy the address and open it yourself, if you trust it.");
  }
  document.documentElement.dataset["opened"] = address;
  return null;
}

/** Tells the test what a command would do to another window. */
export function signal(event: string, detail: string | null): null {
  dispatchEvent(new CustomEvent(event, { detail }));
  return null;
}
