/**
 * Unsent messages, unsaved page edits and changes of queued messages. They are in memory, and soon after each change in
 * localStorage under their profile, so that they survive a restart. Until the profile is known, they are in memory only.
 */
import { HostError, type Host } from "../bridge";

/**
 * A message to an agent, a long text pasted into it, the files attached to it (see `attachedFiles.ts`), the last event of the journal
 * when these were begun (see `sentDraft.ts`), an edit of a page, a change of a message that is queued, an edit of a change that waits
 * for approval, the parts left out of it, or a remark about it.
 */
export type DraftKind = "draft" | "paste" | "files" | "after" | "edit" | "message" | "review" | "parts" | "remark";

/** The drafts that are sent as one message. */
export const MESSAGE_PARTS: readonly DraftKind[] = ["draft", "paste", "files"];

/** Whether drafts survive a restart, and if not, or not all of them, why. */
export interface DraftStorage {
  isPersistent: boolean;
  problem: HostError | null;
}

/** How long after a change it is written: each write of a long text takes time that the next key would wait for. */
const WRITE_AFTER_MS = 500;

export class Drafts {
  readonly #host: Host;
  readonly #lastSeq: (agent: string) => number | null;
  readonly #listeners = new Set<() => void>();
  /** Drafts that were read or written, by kind and id. */
  readonly #texts = new Map<string, { kind: DraftKind; id: string; text: string }>();
  /** The keys of those that are not in localStorage yet. */
  readonly #unwritten = new Set<string>();
  /** The agents to which a message is being sent. Its draft stays in localStorage until it is recorded. */
  readonly #sending = new Set<string>();
  #timer: ReturnType<typeof setTimeout> | null = null;
  /** Never changes once known: a change of profile reloads the page. */
  #profile: string | null = null;
  #storage: DraftStorage = { isPersistent: false, problem: null };

  /** `lastSeq`: the last event of an agent's journal; `null` if it is not known. */
  constructor(host: Host, lastSeq: (agent: string) => number | null = () => null) {
    this.#host = host;
    this.#lastSeq = lastSeq;
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
    const hadMessage = this.#hasMessage(id);
    this.#put(kind, id, text);
    if (this.#hasMessage(id) !== hadMessage) this.#put("after", id, hadMessage ? "" : String(this.#lastSeq(id) ?? ""));
    // At once, so that what was sent or given up does not come back after a crash.
    if (text === "") this.write();
    else if (this.#profile !== null) this.#timer ??= setTimeout(() => this.write(), WRITE_AFTER_MS);
    this.#notify();
  }

  /** Keeps the draft of a message in localStorage, whatever becomes of it here, until `sent`: it comes back after a crash. */
  send(id: string) {
    this.write();
    this.#sending.add(id);
  }

  sent(id: string) {
    this.#sending.delete(id);
    this.write();
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
    const isKept = ({ kind, id }: { kind: DraftKind; id: string }) => this.#sending.has(id) && (kind === "after" || MESSAGE_PARTS.includes(kind));
    for (const key of changes) {
      const draft = this.#texts.get(key);
      if (draft && isKept(draft)) continue;
      if (!draft || stored(storageKey(draft.kind, this.#profile, draft.id), draft.text)) this.#unwritten.delete(key);
    }
    const left = [...this.#unwritten].some((key) => {
      const draft = this.#texts.get(key);
      return draft !== undefined && !isKept(draft);
    });
    const problem = !left ? null : (had ?? new HostError(FULL));
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
    return this.#texts.get(key)?.text.length ?? 0;
  }

  /** Appends drafts from memory to the stored ones. */
  #begin(profile: string) {
    const unsaved = [...this.#texts.values()].filter(({ kind, text }) => text && kind !== "after");
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
