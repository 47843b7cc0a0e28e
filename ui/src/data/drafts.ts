/**
 * What is written and not sent or saved yet, kept over the end of the window under the profile that it belongs to. Until
 * it is known which that is, it is kept in the page alone.
 */
import { HostError, type Host } from "../bridge";

/** To an agent, or of a page. */
export type DraftKind = "draft" | "edit";

/** Whether what is written is kept, and why not. */
export interface Keeping {
  isKept: boolean;
  problem: HostError | null;
}

export class Drafts {
  readonly #host: Host;
  readonly #listeners = new Set<() => void>();
  /** Of nobody yet, by kind and name. */
  readonly #homeless = new Map<string, { kind: DraftKind; id: string; text: string }>();
  /** Once known it stays: with another profile the page is loaded anew. */
  #profile: string | null = null;
  #keeping: Keeping = { isKept: false, problem: null };

  constructor(host: Host) {
    this.#host = host;
  }

  /** Whose they are; `null` until it is known. */
  get profile(): string | null {
    return this.#profile;
  }

  /** Asks whose they are. Never rejects: what failed stands in `keeping`. */
  async learn(): Promise<void> {
    try {
      const { profile } = await this.#host.call("about", {});
      this.#profile ??= profile;
      this.#keeping = { isKept: true, problem: null };
      this.#moveIn();
    } catch (thrown) {
      if (this.#profile === null) this.#keeping = { isKept: false, problem: HostError.from(thrown) };
    }
    this.#tell();
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  readonly keeping = (): Keeping => this.#keeping;

  /** Empty if there is none. */
  get(kind: DraftKind, id: string): string {
    if (this.#profile === null) return this.#homeless.get(`${kind}:${id}`)?.text ?? "";
    return localStorage.getItem(`${kind}:${this.#profile}:${id}`) ?? "";
  }

  set(kind: DraftKind, id: string, text: string) {
    const key = `${kind}:${this.#profile}:${id}`;
    if (this.#profile === null) this.#homeless.set(`${kind}:${id}`, { kind, id, text });
    else if (text) localStorage.setItem(key, text);
    else localStorage.removeItem(key);
    this.#tell();
  }

  /** What was written meanwhile comes after what is kept already. */
  #moveIn() {
    const homeless = [...this.#homeless.values()];
    this.#homeless.clear();
    for (const { kind, id, text } of homeless) {
      if (text) this.set(kind, id, [this.get(kind, id), text].filter(Boolean).join("\n"));
    }
  }

  #tell() {
    for (const listener of this.#listeners) listener();
  }
}
