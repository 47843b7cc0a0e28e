/**
 * Quests of the simulated host. The steps of a page are its lines with a box to tick. Sub-agents carry them out; the first
 * attempt of a step that says "broken" fails, and of one that says "endless" reaches a limit. What may begin does so when the quests are read.
 */
import type { Quest, QuestPlan, QuestPlanStep, QuestState, QuestStep, Reply, Request, StepState } from "../wire";
import { hostError } from "./hostError";
import { startStep } from "./questSteps";
import type { SavedQuest, SavedStep, Stage } from "./stage";

type Change = Extract<Request, { op: `${string}_quest` | `${string}_step` | "set_quest_budget" }>;

const STEP = /^(\d+[.)]|[-*]) \[([ x])\] (.+)$/;

export function questPlans(world: Stage): QuestPlan[] {
  return world.memory.list("quests/").map(({ path }) => plan(world, path)).filter(({ steps }) => steps.length > 0);
}

export function questPlan(world: Stage, path: string): QuestPlan {
  const found = plan(world, path);
  if (found.steps.length === 0) throw hostError("bad_request", `the page ${path} has no steps`, "Write a list of tasks, such as: 1. [ ] Read the news");
  return found;
}

export function quests(world: Stage): Quest[] {
  const all = world.state.quests ?? [];
  for (const quest of all) begin(world, quest);
  return all.map((quest) => view(world, quest)).toReversed();
}

export function changeQuest(world: Stage, request: Change): Reply {
  if (request.op === "start_quest") return start(world, request.quest);
  const quest = world.state.quests?.find(({ id }) => id === request.id);
  if (!quest) throw hostError("not_found", `there is no quest ${JSON.stringify(request.id)}`);
  const step = "step" in request ? quest.steps.find(({ number }) => number === request.step) : undefined;
  switch (request.op) {
    case "pause_quest":
      quest.state = "paused";
      break;
    case "resume_quest":
      quest.state = "open";
      break;
    case "cancel_quest":
      quest.state = "cancelled";
      for (const { agents } of quest.steps) for (const agent of agents) if (world.isBusy(agent)) world.cancel(agent, true);
      break;
    case "retry_step":
      if (step) startStep(world, quest, step, allowance(world, quest));
      break;
    case "skip_step":
      if (step) step.isSkipped = true;
      break;
    case "set_quest_budget":
      quest.budget = request.budget;
  }
  begin(world, quest);
  return { quest: { quest: view(world, quest) } };
}

function start(world: Stage, { id, path, budget }: Extract<Change, { op: "start_quest" }>["quest"]): Reply {
  const { name, steps } = questPlan(world, path);
  const known = world.state.quests?.find((quest) => quest.id === id);
  const quest: SavedQuest = known ?? { id, path, name, text: world.memory.read(path).text, budget: budget ?? 200_000_000, state: "open", created_at: world.now(), steps: steps.map((step) => ({ ...step, isSkipped: false, agents: [] })) };
  if (!known) world.state.quests = [...(world.state.quests ?? []), quest];
  begin(world, quest);
  return { quest: { quest: view(world, quest) } };
}

function plan(world: Stage, path: string): QuestPlan {
  const { text } = world.memory.read(path);
  const steps: QuestPlanStep[] = [];
  for (const line of text.split("\n")) {
    const [, marker = "", box, title = ""] = STEP.exec(line) ?? [];
    if (box === undefined) continue;
    const number = steps.length + 1;
    steps.push({ number, title, after: /\d/.test(marker) && number > 1 ? number - 1 : null, done: box === "x" });
  }
  return { path, name: /^# (.+)$/m.exec(text)?.[1] ?? path, steps };
}

/** Begins the steps that wait for no other, and ticks those that are done. */
function begin(world: Stage, quest: SavedQuest) {
  for (const step of quest.steps) if (step.agents.length > 0 && stateOf(world, step) === "done") tick(world, quest, step);
  if (quest.state !== "open") return;
  const isOver = (number: number | null) => quest.steps.every((step) => step.number !== number || ["done", "skipped"].includes(stateOf(world, step)));
  for (const step of quest.steps) {
    if (stateOf(world, step) === "waiting" && isOver(step.after) && allowance(world, quest) > 0) startStep(world, quest, step, allowance(world, quest));
  }
}

function tick(world: Stage, { path, name }: SavedQuest, { number, title }: SavedStep) {
  if (!world.memory.has(path)) return;
  const { text } = world.memory.read(path);
  if (!text.includes(`[ ] ${title}\n`)) return;
  world.memory.write(path, text.replace(`[ ] ${title}\n`, `[x] ${title}\n`), null, `Quest ${name}: step ${number} done`, world.now(), null);
  world.push("memory_changed");
}

function allowance(world: Stage, quest: SavedQuest): number {
  const { spent, reserved } = moneyOf(world, quest);
  const left = quest.steps.filter((step) => !["done", "skipped", "at_work"].includes(stateOf(world, step))).length;
  return Math.floor((quest.budget - spent - reserved) / Math.max(1, left));
}

function moneyOf(world: Stage, quest: SavedQuest): { spent: number; reserved: number } {
  const agents = quest.steps.flatMap((step) => step.agents.map((id) => world.agent(id)));
  const spent = agents.reduce((sum, agent) => sum + agent.spent, 0);
  return { spent, reserved: agents.reduce((sum, agent) => sum + (world.isBusy(agent.id) ? Math.max(0, (agent.allowance ?? 0) - agent.spent) : 0), 0) };
}

function stateOf(world: Stage, step: SavedStep): StepState {
  const agent = step.agents.at(-1);
  if (step.isSkipped) return "skipped";
  if (step.done) return "done";
  if (agent === undefined) return "waiting";
  if (world.isBusy(agent)) return "at_work";
  const { status } = world.agent(agent);
  return status === "done" || status === "limit" || status === "cancelled" ? status : "failed";
}

function view(world: Stage, quest: SavedQuest): Quest {
  const { id, path, name, budget, created_at } = quest;
  const steps = quest.steps.map((step): QuestStep => {
    const { number, title, after, agents } = step;
    return { number, title, state: stateOf(world, step), agent: agents.at(-1) ?? null, spent: agents.reduce((sum, agent) => sum + world.agent(agent).spent, 0), attempt: agents.length, after };
  });
  const unticked = (text: string) => text.replaceAll("[x]", "[ ]");
  const page_changed = !world.memory.has(path) || unticked(world.memory.read(path).text) !== unticked(quest.text);
  return { id, path, name, budget, created_at, ...moneyOf(world, quest), state: stateOfQuest(quest, steps), by_agent: null, steps, page_changed };
}

function stateOfQuest(quest: SavedQuest, steps: readonly QuestStep[]): QuestState {
  const has = (...states: StepState[]) => steps.some(({ state }) => states.includes(state));
  if (quest.state === "cancelled") return "cancelled";
  if (steps.every(({ state }) => state === "done" || state === "skipped")) return "done";
  if (quest.state === "paused") return "paused";
  if (has("at_work", "due")) return "at_work";
  return has("failed", "limit", "cancelled") ? "blocked" : "no_money";
}
