/**
 * What is written and not sent or saved yet, kept over the end of the window under the profile that it belongs to. Until
 * it is known which that is, it is kept in the page alone.
 */
import { HostError, type Host } from "../bridge";

/** To an agent, or of a page. */
export type DraftKind = "draft" | "edit";

/** Whether what is written is kept, and why not. */
export interface DraftStorage {
  isPersistent: boolean;
  problem: HostError | null;
}

export class Drafts {
  readonly #host: Host;
  readonly #listeners = new Set<() => void>();
  /** Of nobody yet, by kind and name. */
  readonly #unsaved = new Map<string, { kind: DraftKind; id: string; text: string }>();
  /** Once known it stays: with another profile the page is loaded anew. */
  #profile: string | null = null;
  #storage: DraftStorage = { isPersistent: false, problem: null };

  constructor(host: Host) {
    this.#host = host;
  }

  /** Whose they are; `null` until it is known. */
  get profile(): string | null {
    return this.#profile;
  }

  /** Asks whose they are. Never rejects: what failed stands in `keeping`. */
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

  /** Empty if there is none. */
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

  /** What was written meanwhile comes after what is kept already. */
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
