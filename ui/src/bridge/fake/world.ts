/** The simulated profile: agents, journals, memory, budget. `state` is plain data and can be serialised. */
import type { Agent, Attachment, Budget, EventLine, JournalEvent, Limits, Push, Setting } from "../wire";
import { hash, Memory } from "./memory";
import { finishAgent, perform, stopAgent } from "./perform";
import { offlineSteps, plan } from "./plan";
import { hostError } from "./hostError";
import { SETTINGS } from "./settings";
import { eventOf, type Saved, type Stage } from "./stage";
import { durationMs } from "./steps";

export function emptyState(): Saved {
  return { events: [], agents: {}, queues: {}, waiting: {}, asks: [], rules: [], memory: { pages: {}, commits: [] }, settings: {}, keys: {} };
}

export class World implements Stage {
  readonly state: Saved;
  readonly memory: Memory;
  push: (push: Push) => void = () => {};
  now: () => number = () => Date.now();
  #speed: number | null = null;
  readonly #running = new Set<string>();

  constructor(state: Saved) {
    this.state = state;
    this.memory = new Memory(state.memory);
  }

  /** Appends events to an agent's journal and pushes them to all listeners. */
  append(id: string, entries: readonly JournalEvent[], change: Partial<Agent> = {}) {
    const agent = this.agent(id);
    const at = this.now();
    const events = entries.map(({ kind, data }, index) => ({ position: this.state.events.length + index + 1, agent: id, seq: agent.seq + index + 1, at, kind, data }));
    this.state.events.push(...events);
    Object.assign(agent, { updated_at: at, seq: agent.seq + events.length }, change);
    this.push({ recorded: { agent: { ...agent }, events } });
  }

  agent(id: string): Agent {
    const found = this.state.agents[id];
    if (found) return found;
    if (id !== "grow") throw hostError("not_found", `There is no agent "${id}".`);
    return this.create("grow", "Grow Agent", null, 0, null, null);
  }

  create(id: string, name: string, parent: string | null, depth: number, task: string | null, allowance: number | null): Agent {
    const at = this.now();
    const agent = { id, name, parent, depth, task, status: "idle", model: "", ...mindOf(name), turn: 0, spent: 0, unknown: 0, allowance, reserved: 0, asks: 0, created_at: at, updated_at: at, seq: 0, seen: null, unread: 0 };
    this.state.agents[id] = agent;
    return agent;
  }

  say(id: string, message: string, text: string, attachments: Attachment[] = []): Agent {
    const known = this.state.events.map(eventOf).some((event) => event.kind === "user_said" && event.data.id === message);
    if (known) return this.agent(id);
    const first = this.agent(id).seq === 0;
    const created: JournalEvent[] = first ? [{ kind: "agent_created", data: { birth: null, parent: null, mail: null } }] : [];
    this.append(id, [...created, { kind: "user_said", data: { id: message, text, ...(attachments.length > 0 && { attachments }) } }]);
    if (this.isBusy(id)) (this.state.waiting[id] ??= []).push({ seq: this.agent(id).seq, text });
    else this.begin(id, text);
    return { ...this.agent(id) };
  }

  /** Starts a turn. */
  begin(id: string, text: string) {
    const turn = this.agent(id).turn + 1;
    const chosen = this.setting("model");
    const model = chosen.startsWith("openai/") || this.state.keys["anthropic"] ? chosen : "guide";
    this.append(id, [{ kind: "turn_started", data: { turn, limits: this.limits() } }], { turn, model, status: "thinking" });
    if (!navigator.onLine && model !== "guide" && !model.startsWith("openai/")) this.state.queues[id] = offlineSteps();
    else this.state.queues[id] = plan(text, id, this.agent(id).name, model === "guide", (index) => hash(`${id} ${turn} ${index}`) + hash(text), this.memory);
    this.wake(id);
  }

  cancel(id: string, tree: boolean) {
    if (tree) for (const child of this.#childrenAtWork(id)) this.cancel(child, true);
    if (this.isBusy(id)) stopAgent(this, id);
  }

  finish(id: string, tree: boolean, byPerson = true) {
    if (tree) for (const child of this.#childrenAtWork(id)) this.finish(child, true, false);
    if (this.isBusy(id)) finishAgent(this, id, byPerson);
  }

  #childrenAtWork(id: string): string[] {
    return Object.values(this.state.agents).flatMap((agent) => (agent.parent === id && this.isBusy(agent.id) ? [agent.id] : []));
  }

  resume(id: string) {
    if (!this.isBusy(id)) this.begin(id, "go on");
  }

  isBusy(id: string): boolean {
    return (this.state.queues[id]?.length ?? 0) > 0;
  }

  lines(agent: string | null, since: number, limit: number): EventLine[] {
    const found: EventLine[] = [];
    for (let index = since; index < this.state.events.length && found.length < limit; index += 1) {
      const line = this.state.events[index];
      if (line && (agent === null || line.agent === agent)) found.push(line);
    }
    return found;
  }

  linesBefore(agent: string | null, before: number | null, limit: number): EventLine[] {
    const found: EventLine[] = [];
    for (let index = (before ?? this.state.events.length + 1) - 2; index >= 0 && found.length < limit; index -= 1) {
      const line = this.state.events[index];
      if (line && (agent === null || line.agent === agent)) found.push(line);
    }
    return found.reverse();
  }

  budget(): Budget {
    const spent = Object.values(this.state.agents).reduce((sum, agent) => sum + agent.spent, 0);
    const reserved = Object.values(this.state.agents).reduce((sum, agent) => sum + agent.reserved, 0);
    const limit = (name: string) => Math.round(Number(this.setting(name)) * 100_000_000);
    const month = this.setting("budget.per_month");
    const children = { used: Object.values(this.state.agents).filter((agent) => agent.depth > 0).length, limit: Number(this.setting("limit.children")) };
    const unpriced = this.setting("model").startsWith("openai/") ? { calls: { used: 14, limit: Number(this.setting("limit.unpriced_calls")) }, tokens: { used: 61_000, limit: Number(this.setting("limit.unpriced_tokens")) } } : null;
    return { per_message: limit("budget.per_message"), per_day: limit("budget.per_day"), per_month: month === "none" ? null : limit("budget.per_month"), used_message: Math.round(spent / 4), raised: 0, used_day: spent, used_month: spent, spent, unknown: 0, reserved, children, unpriced };
  }

  limits(): Limits {
    const { per_message, per_day, per_month } = this.budget();
    const count = (name: string) => Number(this.setting(`limit.${name}`));
    return { per_message, per_day, per_month, max_tokens: count("max_tokens"), calls: count("calls"), children: count("children"), children_at_once: count("children_at_once"), depth: 2 };
  }

  settings(): Setting[] {
    return SETTINGS.map(([name, standard, about]) => ({ name, value: this.state.settings[name] ?? standard, is_set: name in this.state.settings, about }));
  }

  setting(name: string): string {
    return this.settings().find((one) => one.name === name)?.value ?? "";
  }

  set(name: string, value: string | null) {
    const known = SETTINGS.find(([one]) => one === name);
    if (!known) throw hostError("not_found", `There is no setting called "${name}".`);
    const isNumber = name.startsWith("budget") || name.startsWith("limit");
    if (value !== null && isNumber && value !== "none" && !(Number(value) > 0)) throw hostError("bad_request", `${name} cannot be set to that: write a number`, `${name} is ${known[2]}.`);
    if (value === null) delete this.state.settings[name];
    else this.state.settings[name] = value;
  }

  /** Starts performing steps in real time, `speed` times as fast. */
  run(speed: number) {
    this.#speed = speed;
    Object.keys(this.state.queues).forEach((id) => this.wake(id));
  }

  wake(id: string) {
    if (this.#speed === null || this.#running.has(id)) return;
    const next = this.state.queues[id]?.[0];
    if (!next) return;
    this.#running.add(id);
    const each = durationMs(next) / this.#speed;
    const began = performance.now();
    setTimeout(() => {
      this.#running.delete(id);
      // Browser timers fire late (4 ms minimum, more under load), so emit all deltas that are due by now at once.
      const due = next.do === "delta" ? Math.max(1, Math.round((performance.now() - began) / each)) : 1;
      for (let count = 0; count < due && (count === 0 || this.state.queues[id]?.[0]?.do === "delta"); count += 1) perform(this, id);
      this.wake(id);
    }, each);
  }

  /** Performs all planned steps at once and advances `clock`. */
  runAll(clock: { at: number }) {
    for (let busy = true; busy; ) {
      busy = false;
      for (const id of Object.keys(this.state.queues)) {
        const next = this.state.queues[id]?.[0];
        if (!next) continue;
        clock.at += durationMs(next);
        perform(this, id);
        // An agent that waits for an answer stays where it is.
        busy ||= this.state.queues[id]?.[0] !== next;
      }
    }
  }
}

/** These sub-agents work in the workbench. */
function mindOf(name: string): { mind: "model" | "session"; why: string | null } {
  return ["Projects", "Courses"].includes(name) ? { mind: "session", why: "it needs files and a shell" } : { mind: "model", why: null };
}
