/**
 * Unsent messages, unsaved page edits and changes of queued messages, stored in localStorage under their profile so that they survive a restart.
 * Until the profile is known, they are in memory only.
 */
import { HostError, type Host } from "../bridge";

/** A message to an agent, an edit of a page, or a change of a message that is queued. */
export type DraftKind = "draft" | "edit" | "message";

/** Whether drafts survive a restart, and if not, why. */
export interface DraftStorage {
  isPersistent: boolean;
  problem: HostError | null;
}

export class Drafts {
  readonly #host: Host;
  readonly #listeners = new Set<() => void>();
  /** Drafts written before the profile was known, by kind and id. */
  readonly #unsaved = new Map<string, { kind: DraftKind; id: string; text: string }>();
  /** Never changes once known: a change of profile reloads the page. */
  #profile: string | null = null;
  #storage: DraftStorage = { isPersistent: false, problem: null };

  constructor(host: Host) {
    this.#host = host;
  }

  /** The profile that the drafts belong to; `null` until it is known. */
  get profile(): string | null {
    return this.#profile;
  }

  /** Reads the profile from the host. Never rejects: an error is in `storage`. */
  async loadProfile(): Promise<void> {
    try {
      const { profile } = await this.#host.call("about", {});
      this.#profile ??= profile;
      this.#storage = { isPersistent: true, problem: null };
      this.#persistUnsaved();
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
    if (this.#profile === null) return this.#unsaved.get(`${kind}:${id}`)?.text ?? "";
    return localStorage.getItem(`${kind}:${this.#profile}:${id}`) ?? "";
  }

  set(kind: DraftKind, id: string, text: string) {
    const key = `${kind}:${this.#profile}:${id}`;
    if (this.#profile === null) this.#unsaved.set(`${kind}:${id}`, { kind, id, text });
    else if (text) localStorage.setItem(key, text);
    else localStorage.removeItem(key);
    this.#notify();
  }

  /** Appends drafts from memory to the stored ones. */
  #persistUnsaved() {
    const unsaved = [...this.#unsaved.values()];
    this.#unsaved.clear();
    for (const { kind, id, text } of unsaved) {
      if (text) this.set(kind, id, [this.get(kind, id), text].filter(Boolean).join("\n"));
    }
  }

  #notify() {
    for (const listener of this.#listeners) listener();
  }
}
