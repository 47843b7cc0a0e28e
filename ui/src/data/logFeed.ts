/**
 * A channel of the log: its last lines, older ones in parts, and new ones by a cursor, so that none is lost or shown twice, also
 * after a pause. Keeps a limited number of lines; older ones are read again when they are wanted.
 */
import type { Host, HostError, LogCursor, LogLine, LogPage } from "../bridge";
import { HostError as HostErrors } from "../bridge";

/** How many lines are read at once. */
const PAGE = 300;

/** The most lines that are kept while new ones come, and how many then give way at once. */
const KEPT = 5_000;
const DROPPED = 1_000;

/** How often new lines are asked for, in ms. */
const EVERY = 500;

export interface Log {
  lines: readonly LogLine[];
  status: "loading" | "ready" | "failed";
  error: HostError | null;
  /** The position before which older lines may be; `null` if there are none. */
  before: number | null;
  /** Whether older lines are being read, or could not be read. */
  older: "idle" | "loading" | "failed";
  /** How many lines came too fast to be kept by the host. */
  lost: number;
}

const LOADING: Log = { lines: [], status: "loading", error: null, before: null, older: "idle", lost: 0 };

export class LogFeed {
  readonly #host: Host;
  readonly #channel: string;
  readonly #filter: string | null;
  readonly #listeners = new Set<() => void>();
  #log = LOADING;
  #after: LogCursor | null = null;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #isFollowing = false;
  #isReading = false;

  constructor(host: Host, channel: string, filter: string | null) {
    this.#host = host;
    this.#channel = channel;
    this.#filter = filter;
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  readonly get = (): Log => this.#log;

  /** Reads what came since the last reading, and goes on with it until `pause`. */
  follow() {
    this.#isFollowing = true;
    void this.#read();
  }

  pause() {
    this.#isFollowing = false;
    clearTimeout(this.#timer);
  }

  retry() {
    this.#change({ status: this.#after === null ? "loading" : "ready", error: null });
    void this.#read();
  }

  /** Reads the part before the first line. It may have no lines although there are more before it: a filter looks through a part. */
  async loadOlder() {
    const { before, older } = this.#log;
    if (before === null || older === "loading") return;
    this.#change({ older: "loading" });
    try {
      const page = await this.#page(null, before);
      this.#change({ older: "idle", before: page.before, lines: [...page.lines, ...this.#log.lines] });
    } catch {
      this.#change({ older: "failed" });
    }
  }

  async #read(): Promise<void> {
    if (this.#isReading) return;
    this.#isReading = true;
    clearTimeout(this.#timer);
    let again = EVERY;
    try {
      const first = this.#after === null;
      const page = await this.#page(this.#after, null);
      this.#after = page.after;
      // What is read first may have more before it; what is read later, more after it.
      if (first) this.#change({ lines: page.lines, before: page.before, status: "ready", error: null });
      else this.#append(page);
      if (!first && page.has_more) again = 0;
    } catch (thrown) {
      this.#change({ status: this.#after === null ? "failed" : "ready", error: HostErrors.from(thrown) });
    } finally {
      this.#isReading = false;
      if (this.#isFollowing && this.#log.status !== "failed") this.#timer = setTimeout(() => void this.#read(), again);
    }
  }

  #append({ lines, lost }: LogPage) {
    if (lines.length === 0 && lost === 0 && this.#log.error === null) return;
    const all = [...this.#log.lines, ...lines];
    const kept = all.length > KEPT ? all.slice(DROPPED) : all;
    const first = kept === all ? undefined : kept.find((line) => line.agent !== null);
    this.#change({ lines: kept, error: null, lost: this.#log.lost + lost, before: first ? Number(first.id) : this.#log.before });
  }

  async #page(after: LogCursor | null, before: number | null): Promise<LogPage> {
    const reply = await this.#host.call("ask", { request: { op: "log", channel: this.#channel, filter: this.#filter, after, before, limit: PAGE } });
    if (typeof reply === "object" && "log" in reply) return reply.log.page;
    throw new Error("The log was not answered.");
  }

  #change(change: Partial<Log>) {
    this.#log = { ...this.#log, ...change };
    for (const listener of this.#listeners) listener();
  }
}
