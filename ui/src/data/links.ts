/** Addresses of places in the window. */

export interface Place {
  view: "chat" | "agents" | "memory" | "settings";
  /** An agent, a page, or nothing. */
  id: string | null;
  /** A tool call to show in an agent's transcript, or a tab. */
  at: string | null;
  /** A change to show in a history. */
  change: string | null;
  /** A line of a page to show, from 1. */
  line: number | null;
}

export const toChat = "#/chat";
export const toSettings = "#/settings";
export const toAgents = "#/agents";
export const toMemory = "#/memory";
/** Where there is room for one pane alone, `toMemory` is the list of pages; this is what stands beside it. */
export const toRecent = "#/memory?at=recent";

export function toAgent(id: string, at?: string): string {
  return `#/agents/${encodeURIComponent(id)}${at ? `?at=${encodeURIComponent(at)}` : ""}`;
}

export function toPage(path: string, tab?: string): string {
  return `#/memory/${encodeURIComponent(path)}${tab ? `?at=${tab}` : ""}`;
}

/** A line of a page, on the page or in its source. */
export function toLine(path: string, line: number, tab?: string): string {
  return `${toPage(path, tab)}${tab ? "&" : "?"}line=${line}`;
}

export function toChange(path: string, commit: string): string {
  return `${toPage(path, "history")}&change=${encodeURIComponent(commit)}`;
}

/** Reads an address; anything strange is the chat. */
export function place(hash: string): Place {
  const [path = "", query = ""] = hash.replace(/^#\/?/, "").split("?");
  const [view = "", id = ""] = path.split("/");
  const known = view === "agents" || view === "memory" || view === "settings" ? view : "chat";
  const facts = new URLSearchParams(query);
  const line = facts.get("line") ?? "";
  return { view: known, id: decoded(id) || null, at: facts.get("at"), change: facts.get("change"), line: /^[1-9]\d{0,8}$/.test(line) ? Number(line) : null };
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return "";
  }
}
