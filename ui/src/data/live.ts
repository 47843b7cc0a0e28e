/** The words of answers that are under way: shown, never recorded, and gone once the answer is recorded. */
import type { DeltaKind } from "../bridge";
import type { Frames } from "./frames";

export interface Live {
  text: string;
  thinking: string;
  /** The tool whose call it is writing. */
  call: string | null;
  /** Why the provider waits. */
  retrying: string | null;
  /** Whether its beginning was missed: this window opened while it was being written. */
  partial: boolean;
}

const FRESH: Live = { text: "", thinking: "", call: null, retrying: null, partial: false };

/** Kinds of events after which nothing of the words is left to show. */
const ENDS = new Set(["model_answered", "model_failed", "turn_ended"]);

/** Gathers deltas and shows them once a frame. */
export class LiveWords {
  readonly #frames: Frames;
  readonly #show: (agent: string, live: Live | null) => void;
  readonly #words = new Map<string, Live>();
  readonly #unshown = new Set<string>();
  #frame: number | null = null;

  constructor(frames: Frames, show: (agent: string, live: Live | null) => void) {
    this.#frames = frames;
    this.#show = show;
  }

  add(agent: string, kind: DeltaKind, text: string) {
    const live = this.#words.get(agent) ?? { ...FRESH, partial: true };
    this.#words.set(agent, added(live, kind, text));
    this.#unshown.add(agent);
    this.#frame ??= this.#frames.request(() => this.#flush());
  }

  /** An event of that kind was recorded. */
  recorded(agent: string, kind: string) {
    if (kind === "model_requested") this.#words.set(agent, FRESH);
    else if (ENDS.has(kind)) this.end(agent);
  }

  /** Drops an agent's words, those not yet shown included. */
  end(agent: string) {
    const had = this.#words.delete(agent);
    this.#unshown.delete(agent);
    if (this.#unshown.size === 0 && this.#frame !== null) {
      this.#frames.cancel(this.#frame);
      this.#frame = null;
    }
    if (had) this.#show(agent, null);
  }

  clear() {
    for (const agent of [...this.#words.keys()]) this.end(agent);
  }

  #flush() {
    this.#frame = null;
    const agents = [...this.#unshown];
    this.#unshown.clear();
    for (const agent of agents) this.#show(agent, this.#words.get(agent) ?? null);
  }
}

function added(live: Live, kind: DeltaKind, text: string): Live {
  switch (kind) {
    case "text":
      return { ...live, text: live.text + text, retrying: null };
    case "thinking":
      return { ...live, thinking: live.thinking + text, retrying: null };
    case "call":
      return { ...live, call: text, retrying: null };
    case "retrying":
      return { ...live, retrying: text };
  }
}
