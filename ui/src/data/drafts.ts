/**
 * Unsent messages, unsaved page edits and changes of queued messages. They are in memory, and soon after each change in
 * localStorage under their profile, so that they survive a restart. Until the profile is known, they are in memory only.
 * A message that is being sent is no draft any more, in no window: it is in localStorage by itself (see `sentDraft.ts`).
 */
import { HostError, type Host } from "../bridge";
import { merged } from "./attachedFiles";
import { type Message, type Sending, sendingKey, whenGone } from "./sending";

/**
 * A message to an agent, a long text pasted into it, the files attached to it (see `attachedFiles.ts`), the id under which these
 * will be sent, an edit of a page, a change of a message that is queued, an edit of a change that waits
 * for approval, the parts left out of it, or a remark about it.
 */
export type DraftKind = "draft" | "paste" | "files" | "id" | "edit" | "message" | "review" | "parts" | "remark";

/** The drafts that are sent as one message. */
export const MESSAGE_PARTS: readonly DraftKind[] = ["draft", "paste", "files"];

/** A text of more characters is kept apart from the text field. */
export const LONG_TEXT = 50_000;

/** Whether drafts survive a restart, and if not, or not all of them, why. */
export interface DraftStorage {
  isPersistent: boolean;
  problem: HostError | null;
}

/** How long after a change it is written: each write of a long text takes time that the next key would wait for. */
const WRITE_AFTER_MS = 500;

export class Drafts {
  /** Its lock is held as long as the page lives. */
  readonly page: string = crypto.randomUUID();
  readonly #host: Host;
  readonly #listeners = new Set<() => void>();
  /** Drafts that were read or written, by kind and id. */
  readonly #texts = new Map<string, { kind: DraftKind; id: string; text: string }>();
  /** The keys of those that are not in localStorage yet. */
  readonly #unwritten = new Set<string>();
  /** The ids of messages that were begun in this page and not sent yet: a change of the message needs no other id. */
  readonly #unused = new Set<string>();
  #timer: ReturnType<typeof setTimeout> | null = null;
  /** Never changes once known: a change of profile reloads the page. */
  #profile: string | null = null;
  #storage: DraftStorage = { isPersistent: false, problem: null };

  constructor(host: Host) {
    this.#host = host;
    void whenGone(this.page, () => new Promise(() => {}));
    addEventListener("pagehide", () => this.write());
    document.addEventListener("visibilitychange", () => document.hidden && this.write());
    addEventListener("storage", (event) => this.#takeFromOtherWindow(event));
  }

  /** The profile that the drafts belong to; `null` until it is known. */
  get profile(): string | null {
    return this.#profile;
  }

  /** Reads the profile from the host, and writes what could not be written yet. Never rejects: an error is in `storage`. */
  async loadProfile(): Promise<void> {
    try {
      const { profile } = await this.#host.call("about", {});
      if (this.#profile === null) this.#begin(profile);
      this.#storage = { isPersistent: true, problem: null };
      this.write();
    } catch (thrown) {
      if (this.#profile === null) this.#storage = { isPersistent: false, problem: HostError.from(thrown) };
    }
    this.#notify();
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  readonly storage = (): DraftStorage => this.#storage;

  /** The draft, or an empty string. */
  get(kind: DraftKind, id: string): string {
    const key = `${kind}:${id}`;
    const known = this.#texts.get(key);
    if (known) return known.text;
    if (this.#profile === null) return "";
    const text = localStorage.getItem(storageKey(kind, this.#profile, id)) ?? "";
    this.#texts.set(key, { kind, id, text });
    return text;
  }

  set(kind: DraftKind, id: string, text: string) {
    this.#put(kind, id, text);
    if (MESSAGE_PARTS.includes(kind)) this.#name(id);
    // At once, so that what was sent or given up does not come back after a crash.
    if (text === "") this.write();
    else if (this.#profile !== null) this.#timer ??= setTimeout(() => this.write(), WRITE_AFTER_MS);
    this.#notify();
  }

  /** Empties the draft of a message, in all windows, to send this. Until `sent` or `putBack`, it is in localStorage. Returns its id. */
  send(agent: string, text: string, files: string): string {
    const id = this.get("id", agent) || crypto.randomUUID();
    this.#unused.delete(id);
    const keep = () => this.#profile === null || stored(sendingKey(this.#profile, id), JSON.stringify({ id, text, files, agent, page: this.page } satisfies Sending));
    const isKept = keep();
    this.#empty(agent);
    // Now there is more room.
    if (!isKept) keep();
    return id;
  }

  /** To be called once a message is recorded. */
  sent(agent: string, id: string) {
    this.#forget(id);
    // Another window may have put it back.
    if (this.get("id", agent) === id) this.#empty(agent);
  }

  /** Puts a message that could not be sent before what was written since. If that is nothing, it keeps its id until it is changed. */
  putBack(agent: string, { id, text, files }: Message) {
    if (this.get("id", agent) !== id) {
      const hasNewer = this.#hasMessage(agent);
      const [typed, pasted, others] = [this.get("draft", agent), this.get("paste", agent), this.get("files", agent)];
      if (text.length > LONG_TEXT) this.#put("paste", agent, joined(text, pasted));
      else this.#put("draft", agent, [text, typed].filter(Boolean).join("\n"));
      this.#put("files", agent, merged(files, others));
      if (hasNewer) this.#name(agent);
      else this.#put("id", agent, id);
      this.write();
      this.#notify();
    }
    this.#forget(id);
  }

  #empty(agent: string) {
    for (const kind of [...MESSAGE_PARTS, "id"] as const) this.#put(kind, agent, "");
    this.write();
    this.#notify();
  }

  #forget(id: string) {
    if (this.#profile !== null) stored(sendingKey(this.#profile, id), "");
  }

  /** Gives the message an id, or another one if it was sent with this id, maybe by another page, and is changed now. */
  #name(agent: string) {
    const now = this.get("id", agent);
    if (!this.#hasMessage(agent)) {
      if (now !== "") this.#put("id", agent, "");
    } else if (!this.#unused.has(now)) {
      const id = crypto.randomUUID();
      this.#unused.add(id);
      this.#put("id", agent, id);
    }
  }

  #put(kind: DraftKind, id: string, text: string) {
    const key = `${kind}:${id}`;
    this.#texts.set(key, { kind, id, text });
    this.#unwritten.add(key);
  }

  #hasMessage(id: string): boolean {
    return MESSAGE_PARTS.some((part) => this.get(part, id) !== "");
  }

  /** Writes all changes now. A draft for which there is no room stays in memory, and `storage` says so. */
  write() {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    if (this.#profile === null) return;
    const had = this.#storage.problem;
    // Removals first: they make room.
    const changes = [...this.#unwritten].sort((a, b) => this.#length(a) - this.#length(b));
    for (const key of changes) {
      const draft = this.#texts.get(key);
      if (!draft || stored(storageKey(draft.kind, this.#profile, draft.id), draft.text)) this.#unwritten.delete(key);
    }
    const problem = this.#unwritten.size === 0 ? null : (had ?? new HostError(FULL));
    if (problem === had) return;
    this.#storage = { isPersistent: true, problem };
    this.#notify();
  }

  /** The main window and the quick chat have the same drafts. What was typed here and is not written yet is newer. */
  #takeFromOtherWindow({ key: changed, newValue }: StorageEvent) {
    for (const [key, { kind, id }] of this.#texts) {
      if (this.#profile === null || storageKey(kind, this.#profile, id) !== changed || this.#unwritten.has(key)) continue;
      this.#texts.set(key, { kind, id, text: newValue ?? "" });
      this.#notify();
    }
  }

  #length(key: string): number {
    // An id before its message, so that no message is on the disk without.
    return key.startsWith("id:") ? 1 : (this.#texts.get(key)?.text.length ?? 0);
  }

  /** Appends drafts from memory to the stored ones. */
  #begin(profile: string) {
    const unsaved = [...this.#texts.values()].filter(({ kind, text }) => text && kind !== "id");
    this.#texts.clear();
    this.#unwritten.clear();
    this.#profile = profile;
    for (const { kind, id, text } of unsaved) this.set(kind, id, [this.get(kind, id), text].filter(Boolean).join("\n"));
  }

  #notify() {
    for (const listener of this.#listeners) listener();
  }
}

/** What is typed and what is pasted, as one text. */
export function joined(typed: string, pasted: string): string {
  return [typed, pasted].filter((text) => text.trim()).join("\n\n");
}

const FULL = { code: "disk_full", message: "The storage of the window is full.", retryable: true, next_step: "Send or shorten long drafts." } as const;

function storageKey(kind: DraftKind, profile: string, id: string): string {
  return `${kind}:${profile}:${id}`;
}

/** Stores or, if it is empty, removes a text; `false` if there is no room for it. */
function stored(key: string, text: string): boolean {
  try {
    if (text) localStorage.setItem(key, text);
    else localStorage.removeItem(key);
    return true;
  } catch {
    return false;
  }
}
