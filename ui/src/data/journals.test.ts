import { beforeEach, describe, expect, test } from "vitest";
import { type Agent, type EventLine, type Host, HostError } from "../bridge";
import { ALL, Journals } from "./journals";
import { BATCH } from "./journalReads";

/** A host with two agents whose lines alternate. Reads can be delayed and can fail. */
class Store {
  lines: EventLine[] = [];
  failing = false;
  reads = 0;
  gate: Promise<void> = Promise.resolve();

  record(agent: string): EventLine {
    const seq = this.lines.filter((line) => line.agent === agent).length + 1;
    const line = { position: this.lines.length + 1, agent, seq, at: 0, kind: "user_said", data: { text: `${agent} ${seq}` } };
    this.lines.push(line);
    return line;
  }

  agent(id: string): Agent {
    const seq = this.lines.filter((line) => line.agent === id).length;
    return { id, name: id, parent: null, depth: 0, task: null, status: "idle", model: "", mind: "model", why: null, turn: 1, spent: 0, unknown: 0, allowance: null, reserved: 0, asks: 0, created_at: 0, updated_at: 0, seq, seen: null, unread: 0 };
  }

  host(): Host {
    const call = async (name: string, args: { agent?: string | null; since?: number; before?: number | null; limit: number }) => {
      this.reads += 1;
      const mine = this.lines.filter((line) => args.agent === null || line.agent === args.agent);
      const before = mine.filter((line) => line.position < (args.before ?? Infinity)).slice(-args.limit);
      const found = name === "events_before" ? before : mine.filter((line) => line.position > (args.since ?? 0)).slice(0, args.limit);
      await this.gate;
      if (this.failing) throw new HostError({ code: "database", message: "No.", retryable: true, next_step: null });
      return found;
    };
    return { call: call as Host["call"], follow: async () => {}, on: async () => {} };
  }
}

let store: Store;
let journals: Journals;
const settled = async () => {
  for (let turn = 0; turn < 200; turn += 1) await Promise.resolve();
};
const seqs = (agent: string) => journals.get(agent).lines.map((line) => line.seq);
const upTo = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, index) => from + index);

beforeEach(() => {
  store = new Store();
  journals = new Journals(store.host(), { request: () => 1, cancel: () => {} });
  for (let index = 0; index < BATCH * 2; index += 1) ["grow", "a"].forEach((id) => store.record(id));
});

describe("a journal", () => {
  test("loads its tail first, and is complete after the older lines are loaded", async () => {
    journals.subscribe("grow", () => {});
    await settled();
    expect(seqs("grow")).toEqual(upTo(BATCH + 1, BATCH * 2));
    await journals.loadOlder("grow");
    expect(seqs("grow")).toEqual(upTo(1, BATCH * 2));
    expect(journals.get("grow").whole).toBe(true);
  });

  test("of all agents is ordered by position", async () => {
    journals.subscribe(ALL, () => {});
    await settled();
    expect(journals.get(ALL).lines.map((line) => line.position)).toEqual(upTo(BATCH * 3 + 1, BATCH * 4));
    await journals.loadOlder(ALL);
    expect(journals.get(ALL).lines.map((line) => line.position)).toEqual(upTo(BATCH * 2 + 1, BATCH * 4));
  });

  test("appends pushed events, each line once", async () => {
    journals.subscribe("grow", () => {});
    await settled();
    const line = store.record("grow");
    const push = { recorded: { agent: store.agent("grow"), events: [line] } };
    journals.push(push);
    journals.push(push);
    expect(seqs("grow").slice(-2)).toEqual([BATCH * 2, BATCH * 2 + 1]);
  });

  test("loses no event that is recorded during a read", async () => {
    let open = () => {};
    store.gate = new Promise((done) => (open = done));
    journals.subscribe("grow", () => {});
    const line = store.record("grow");
    journals.push({ recorded: { agent: store.agent("grow"), events: [line] } });
    open();
    await settled();
    expect(seqs("grow").at(-1)).toBe(BATCH * 2 + 1);
    expect(new Set(seqs("grow")).size).toBe(seqs("grow").length);
  });

  test("reads missing lines after a gap in the pushes, or after a push that says so", async () => {
    journals.subscribe("grow", () => {});
    await settled();
    store.record("grow");
    const later = store.record("grow");
    journals.push({ recorded: { agent: store.agent("grow"), events: [later] } });
    await settled();
    expect(seqs("grow").slice(-2)).toEqual([BATCH * 2 + 1, BATCH * 2 + 2]);
    store.record("grow");
    journals.push("missed");
    await settled();
    expect(seqs("grow").at(-1)).toBe(BATCH * 2 + 3);
  });

  test("that cannot be read has an error and can be retried", async () => {
    store.failing = true;
    journals.subscribe("grow", () => {});
    await settled();
    expect(journals.get("grow")).toMatchObject({ status: "failed", error: { code: "database" } });
    store.failing = false;
    journals.retry("grow");
    await settled();
    expect(journals.get("grow")).toMatchObject({ status: "ready", error: null });
  });

  test("is loaded with few requests", async () => {
    store.reads = 0;
    journals.subscribe("grow", () => {});
    await settled();
    expect(store.reads).toBeLessThan(20);
  });
});
