/** The text of answers while they stream. Never recorded; dropped once the answer is in the journal. */
import type { DeltaKind, EventKind } from "../bridge";
import type { Frames } from "./frames";

export interface Live {
  text: string;
  thinking: string;
  /** The name of the tool whose call the model is writing. */
  call: string | null;
  /** Why the request is being retried. */
  retrying: string | null;
  /** Whether the start is missing because the window opened in the middle of the answer. */
  partial: boolean;
}

const FRESH: Live = { text: "", thinking: "", call: null, retrying: null, partial: false };

/** Event kinds that end a streamed answer. */
const ENDS = new Set<EventKind | null>(["model_answered", "model_failed", "turn_ended"]);

/** Collects deltas and publishes them once per frame. */
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

  /** Handles a recorded event of this kind; `null` if this build does not know it. */
  recorded(agent: string, kind: EventKind | null) {
    if (kind === "model_requested") this.#words.set(agent, FRESH);
    else if (ENDS.has(kind)) this.end(agent);
  }

  /** Drops an agent's streamed text, including deltas that are not published yet. */
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
    // What follows replaces the words that were shown.
    case "discarded":
      return { ...FRESH, retrying: text };
  }
}
