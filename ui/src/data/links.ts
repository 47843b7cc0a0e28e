/** Builds and parses the URL hashes of the window's views. */

export interface Place {
  view: "chat" | "inbox" | "agents" | "memory" | "stack" | "settings";
  /** An agent's id or a page's path, if any. */
  id: string | null;
  /** A tool call in an agent's transcript, a tab of a page, or a section of the settings. */
  at: string | null;
  /** A change in the history of a page. */
  change: string | null;
  /** A line of a page, from 1. */
  line: number | null;
  /** A heading of a page, as a link names it. */
  heading: string | null;
}

export const toChat = "#/chat";
export const toInbox = "#/inbox";
export const toStack = "#/stack";
export const toSettings = "#/settings";
/** The rules, in the settings. */
export const toRules = "#/settings?at=rules";
/** A section of the settings. */
export const toSection = (id: string) => `${toSettings}?at=${id}`;
export const toAgents = "#/agents";
export const toMemory = "#/memory";
/** Recent changes. In a narrow window `toMemory` shows only the list of pages, so they need a link of their own. */
export const toRecent = "#/memory?at=recent";

export function toAgent(id: string, at?: string): string {
  return `#/agents/${encodeURIComponent(id)}${at ? `?at=${encodeURIComponent(at)}` : ""}`;
}

export function toPage(path: string, tab?: string): string {
  return `#/memory/${encodeURIComponent(path)}${tab ? `?at=${tab}` : ""}`;
}

/** A line of a page, rendered or in its source. */
export function toLine(path: string, line: number, tab?: string): string {
  return `${toPage(path, tab)}${tab ? "&" : "?"}line=${line}`;
}

/** A heading of a page, by what a link has behind its `#`. */
export function toHeading(path: string, heading: string): string {
  return `${toPage(path)}?heading=${encodeURIComponent(heading)}`;
}

export function toChange(path: string, commit: string): string {
  return `${toPage(path, "history")}&change=${encodeURIComponent(commit)}`;
}

/** Parses a hash. Anything invalid leads to the chat. */
export function place(hash: string): Place {
  const [path = "", query = ""] = hash.replace(/^#\/?/, "").split("?");
  const [view = "", id = ""] = path.split("/");
  const known = view === "inbox" || view === "agents" || view === "memory" || view === "stack" || view === "settings" ? view : "chat";
  const params = new URLSearchParams(query);
  const line = params.get("line") ?? "";
  return { view: known, id: decoded(id) || null, at: params.get("at"), change: params.get("change"), line: /^[1-9]\d{0,8}$/.test(line) ? Number(line) : null, heading: params.get("heading") };
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return "";
  }
}
