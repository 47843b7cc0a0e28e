import { expect, test } from "vitest";
import type { Agent } from "../bridge";
import { withAgent } from "./feed";
import { agentState, canResume, isBusy, openAsks, state, tree } from "./status";

function agent(id: string, parent: string | null, spent: number, change: Partial<Agent> = {}): Agent {
  return { id, name: id, parent, depth: 0, task: null, status: "idle", model: "", mind: "model", why: null, turn: 1, spent, unknown: 0, allowance: null, reserved: 0, asks: 0, created_at: 0, updated_at: 0, seq: 1, seen: null, unread: 0, ...change };
}

test("a tree adds up the cost of each agent and its sub-agents", () => {
  const [root] = tree([agent("grow", null, 1), agent("a", "grow", 2), agent("b", "a", 4)]);
  expect([root?.total, root?.children[0]?.total, root?.children[0]?.children[0]?.total]).toEqual([7, 6, 4]);
});

test("an agent with an unknown parent is a root", () => {
  expect(tree([agent("a", "gone", 1)]).map((node) => node.agent.id)).toEqual(["a"]);
});

test("every status has a label, and an unknown status is shown as it is", () => {
  expect(["idle", "thinking", "waiting", "queued", "done", "limit", "failed", "cancelled", "dreaming"].map((status) => state(status).label)).toEqual([
    "Idle", "Thinking", "Waiting", "Queued", "Done", "Limit reached", "Failed", "Stopped", "dreaming",
  ]);
});

test("an agent that asks the person says so, whatever its status", () => {
  expect(agentState(agent("a", null, 0, { status: "waiting", asks: 2 })).label).toBe("Asks you");
  expect(agentState(agent("a", null, 0, { status: "waiting" })).label).toBe("Waiting");
  expect(agentState(undefined).label).toBe("Idle");
  expect(agentState(agent("a", null, 0, { status: "thinking", asks: 1 }), false, true).label).toBe("Cannot go on");
  expect(openAsks([agent("a", null, 0, { asks: 2 }), agent("b", null, 0, { asks: 1 })])).toBe(3);
});

test("an agent can be stopped or resumed, never both", () => {
  for (const status of ["idle", "thinking", "working", "waiting", "queued", "done", "limit", "failed", "cancelled"]) {
    const one = agent("a", null, 0, { status });
    expect(isBusy(one) && canResume(one)).toBe(false);
  }
});

test("an older row that arrives late is ignored", () => {
  const list = [agent("a", null, 5, { seq: 9 })];
  expect(withAgent(list, agent("a", null, 3, { seq: 8 }))[0]?.spent).toBe(5);
  expect(withAgent(list, agent("a", null, 6, { seq: 10 }))[0]?.spent).toBe(6);
  expect(withAgent(list, agent("b", null, 1))).toHaveLength(2);
});
