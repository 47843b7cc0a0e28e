/**
 * The loaded tail of each journal, extended by pushes without gaps, and the answers that are being streamed. Reads and
 * pushes may overlap: lines are merged by their sequence number, so none is lost or duplicated.
 */
import type { EventLine, Host, HostError, Push } from "../bridge";
import { HostError as HostErrors } from "../bridge";
import { kindOf } from "./events";
import type { Frames } from "./frames";
import { type Live, LiveWords } from "./live";
import { readOlder, readTail } from "./journalReads";

/** The Grow Agent's id. */
export const GROW = "grow";

export interface Journal {
  lines: readonly EventLine[];
  status: "loading" | "ready" | "failed";
  error: HostError | null;
  /** Whether `lines` start at the journal's first line. */
  whole: boolean;
  loadingOlder: boolean;
  /** Why the agent has stopped running, if it has. */
  stopped: HostError | null;
}

const LOADING: Journal = { lines: [], status: "loading", error: null, whole: false, loadingOlder: false, stopped: null };

interface Slot {
  journal: Journal;
  /** Separate from the journal because it changes with every frame. */
  live: Live | null;
  listeners: Set<() => void>;
  /** Whether a read is running. `again`: another read is needed after it. */
  reading: boolean;
  again: boolean;
}

export class Journals {
  readonly #host: Host;
  readonly #words: LiveWords;
  readonly #slots = new Map<string, Slot>();

  constructor(host: Host, frames: Frames) {
    this.#host = host;
    this.#words = new LiveWords(frames, (agent, live) => this.#show(agent, live));
  }

  subscribe(agent: string, listener: () => void): () => void {
    const slot = this.#slot(agent);
    slot.listeners.add(listener);
    if (slot.journal.status === "loading") void this.#read(agent);
    return () => slot.listeners.delete(listener);
  }

  /** Loads a journal before a component subscribes to it. */
  async begin(agent: string): Promise<void> {
    if (this.#slot(agent).journal.status === "loading") await this.#read(agent);
  }

  /** Reads what was recorded while the window was not subscribed. */
  catchUp() {
    for (const agent of this.#slots.keys()) void this.#read(agent);
  }

  get(agent: string): Journal {
    return this.#slot(agent).journal;
  }

  /** The answer that the agent is streaming. */
  live(agent: string): Live | null {
    return this.#slot(agent).live;
  }

  /** Retries a failed read. */
  retry(agent: string) {
    this.#change(agent, { status: "loading", error: null });
    void this.#read(agent);
  }

  /** Loads the batch before the first line. On failure nothing changes; the next scroll retries. */
  async loadOlder(agent: string): Promise<void> {
    const { journal } = this.#slot(agent);
    const first = journal.lines[0];
    if (!first || journal.whole || journal.loadingOlder) return;
    this.#change(agent, { loadingOlder: true });
    try {
      const page = await readOlder(this.#host, agent, first);
      const { lines } = this.#slot(agent).journal;
      this.#change(agent, { loadingOlder: false, lines: [...page.lines, ...lines], whole: page.whole });
    } catch {
      this.#change(agent, { loadingOlder: false });
    }
  }

  /** Applies a push. */
  push(push: Push) {
    if (push === "missed") {
      this.#words.clear();
      this.catchUp();
    } else if (push === "memory_changed" || "memory_progress" in push || "stack_changed" in push || "health_changed" in push) {
      return;
    } else if ("delta" in push) {
      this.#words.add(push.delta.agent, push.delta.kind, push.delta.text);
    } else if ("stopped" in push) {
      this.#words.end(push.stopped.agent);
      this.#change(push.stopped.agent, { stopped: HostErrors.from(push.stopped.error) });
    } else {
      const { agent, events } = push.recorded;
      for (const line of events) this.#words.recorded(agent.id, kindOf(line));
      this.#append(agent.id, events);
    }
  }

  #slot(agent: string): Slot {
    let slot = this.#slots.get(agent);
    if (!slot) {
      slot = { journal: LOADING, live: null, listeners: new Set(), reading: false, again: false };
      this.#slots.set(agent, slot);
    }
    return slot;
  }

  #change(agent: string, change: Partial<Journal>) {
    const slot = this.#slot(agent);
    slot.journal = { ...slot.journal, ...change };
    for (const listener of slot.listeners) listener();
  }

  #show(agent: string, live: Live | null) {
    const slot = this.#slot(agent);
    slot.live = live;
    for (const listener of slot.listeners) listener();
  }

  #append(agent: string, events: readonly EventLine[]) {
    const slot = this.#slots.get(agent);
    if (!slot || slot.journal.status !== "ready") {
      if (slot?.reading) slot.again = true;
      return;
    }
    const last = slot.journal.lines.at(-1);
    const known = last ? last.seq : 0;
    const fresh = events.filter((line) => line.seq > known);
    const next = fresh[0];
    if (!next) return;
    if (next.seq === known + 1) this.#change(agent, { lines: [...slot.journal.lines, ...fresh], stopped: null });
    else void this.#read(agent);
  }

  async #read(agent: string): Promise<void> {
    const slot = this.#slot(agent);
    if (slot.reading) {
      slot.again = true;
      return;
    }
    slot.reading = true;
    try {
      do {
        slot.again = false;
        const page = await readTail(this.#host, agent, slot.journal.lines.at(-1) ?? null);
            const last = slot.journal.lines.at(-1);
        const known = last ? last.seq : 0;
        const lines = [...slot.journal.lines, ...page.lines.filter((line) => line.seq > known)];
        const whole = slot.journal.whole || page.whole;
        this.#change(agent, { lines, whole, status: "ready", error: null });
      } while (slot.again);
    } catch (thrown) {
      const failed = slot.journal.lines.length === 0;
      this.#change(agent, { status: failed ? "failed" : "ready", error: HostErrors.from(thrown) });
    } finally {
      slot.reading = false;
    }
  }
}
