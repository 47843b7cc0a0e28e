/** The initial data of a simulation: `empty`, `lived` (a few days of use), `asks` (three asks wait), `inbox` (something of each kind waits), `quests` (three quests, and plans), `many` (two hundred asks wait), `crowd` (four hundred and twenty sub-agents), or `long` (ten thousand messages). */
import type { JournalEvent } from "../wire";
import { manyAsks } from "./askPlans";
import { addQuests } from "./questSeed";
import { emptyState, World } from "./world";

const DAY = 86_400_000;

export function createWorld(name: string): World {
  const world = new World(emptyState());
  if (name === "lived") seedLived(world);
  if (name === "asks") seedAsks(world);
  if (name === "inbox") seedInbox(world);
  if (name === "quests") seedQuests(world);
  if (name === "many") seedMany(world);
  if (name === "crowd") seedCrowd(world);
  if (name === "long") seedLong(world);
  world.now = () => Date.now();
  return world;
}

const PAGES: ReadonlyArray<[string, string]> = [
  ["README.md", "# What is remembered\n\nThis is yours: a git repository of plain text. Start with [goals](goals/README.md).\n\n- [goals](goals/README.md): what you want\n- [people](people/mentors.md): who can help\n- [notes](journal/notes.md): day by day\n"],
  ["goals/README.md", "# Goals\n\n## This year\n\n- Become a systems engineer: Rust, databases, distributed systems\n- Publish one open-source project that others use\n\n## Why\n\nBuilding things that keep their promises.\n"],
  ["goals/rust.md", "# Rust\n\n| Step | State |\n|---|---|\n| Rustlings | done |\n| Key-value store | in progress |\n| Async | later |\n\n```rust\nfn main() {\n    println!(\"small steps\");\n}\n```\n"],
  ["journal/notes.md", "# Notes\n\n- Prefers mornings for deep work\n- Tea, no coffee\n"],
  ["profile/work.md", "# Work\n\nFront-end engineer, six years of TypeScript. Remote, Berlin.\n"],
];

function seedLived(world: World) {
  const clock = { at: Date.now() - 3 * DAY };
  world.now = () => clock.at;
  world.state.keys = { anthropic: "keychain" };
  for (const [path, text] of PAGES) {
    clock.at += 60_000;
    world.memory.write(path, text, null, `Begin ${path}`, clock.at, null);
  }
  const say = (after: number, text: string) => {
    clock.at += after;
    world.say("grow", `m-${clock.at}`, text);
    world.runAll(clock);
  };
  say(5 * 60_000, "Remember that I want to move into systems engineering this year");
  say(2 * DAY - 60_000, "Give me a long plan for the next months");
  clock.at = Date.now() - 6 * 60_000;
  say(0, "Send three helpers: compare courses, find projects, look for people who could help me");
}

/** The Grow Agent waits for a permission, one sub-agent for an answer, another one at a limit. */
function seedAsks(world: World) {
  seedLived(world);
  const clock = { at: Date.now() - 4 * 60_000 };
  world.now = () => clock.at;
  world.say("grow", "m-asks", "Write to Mara, with my permission");
  world.runAll(clock);
  for (const [id, name, task] of [["a-planner", "Planner", "Plan the course and ask me a question about the evenings"], ["a-reader", "Reader", "Read everything, and pause at a limit"]] as const) {
    clock.at += 60_000;
    const birth = { name, task, allowance: 40_000_000, depth: 1 };
    world.create(id, name, "grow", 1, task, birth.allowance);
    world.append(id, [{ kind: "agent_created", data: { birth, parent: "grow", mail: `mail-${id}` } }]);
    world.begin(id, task);
    world.runAll(clock);
  }
}

/** One ask, one sub-agent that has failed, and one that took long and is done. */
function seedInbox(world: World) {
  seedLived(world);
  const clock = { at: Date.now() - 50 * 60_000 };
  world.now = () => clock.at;
  const turn: JournalEvent = { kind: "turn_started", data: { turn: 1, limits: world.limits() } };
  const work = [
    ["a-translator", "Translator", "Translate the course notes", 26 * 60_000, "done"],
    ["a-archivist", "Archivist", "Sort the archive", 3 * 60_000, { failed: { kind: "busy", message: "Anthropic is overloaded.", request_id: null } }],
  ] as const;
  for (const [id, name, task, took, ended] of work) {
    const birth = { name, task, allowance: 40_000_000, depth: 1 };
    world.create(id, name, "grow", 1, task, birth.allowance);
    world.append(id, [{ kind: "agent_created", data: { birth, parent: "grow", mail: `mail-${id}` } }]);
    world.append(id, [turn], { turn: 1, model: "claude-opus-4-7", status: "working" });
    clock.at += took;
    world.append(id, [{ kind: "turn_ended", data: { turn: 1, ended, reports: [] } }], { status: ended === "done" ? "done" : "failed" });
  }
  world.say("grow", "m-asks", "Write to Mara, with my permission");
  world.runAll(clock);
}

function seedQuests(world: World) {
  seedLived(world);
  addQuests(world);
}

/** Ten sub-agents with twenty asks each. */
function seedMany(world: World) {
  seedLived(world);
  const clock = { at: Date.now() - 40 * 60_000 };
  world.now = () => clock.at;
  for (let index = 0; index < 10; index += 1) {
    const [id, name] = [`a-scout-${index + 1}`, `Scout ${index + 1}`];
    const birth = { name, task: "Look through the archive and ask about everything unclear", allowance: 40_000_000, depth: 1 };
    world.create(id, name, "grow", 1, birth.task, birth.allowance);
    world.append(id, [{ kind: "agent_created", data: { birth, parent: "grow", mail: `mail-${id}` } }]);
    const turn: JournalEvent = { kind: "turn_started", data: { turn: 1, limits: world.limits() } };
    world.append(id, [turn], { turn: 1, model: "claude-opus-4-7", status: "waiting" });
    world.state.queues[id] = manyAsks(id, 20);
    world.runAll(clock);
  }
}

/** Twenty sub-agents, each with twenty of its own: some at work, some done, some failed. */
function seedCrowd(world: World) {
  seedLived(world);
  const clock = { at: Date.now() - 12 * 60_000 };
  world.now = () => clock.at;
  const states = ["queued", "working", "thinking", "done", "failed", "limit", "cancelled", "done", "done", "waiting"] as const;
  const start = (id: string, name: string, parent: string, depth: number, status: string) => {
    clock.at += 1_000;
    const birth = { name, task: `Look through part ${id} of the archive`, allowance: 40_000_000, depth };
    world.create(id, name, parent, depth, birth.task, birth.allowance);
    const turn: JournalEvent = { kind: "turn_started", data: { turn: 1, limits: world.limits() } };
    const request: JournalEvent = { kind: "model_requested", data: { attempt: 1, request_hash: "", max_tokens: 16_000, reservation: 12_000_000 } };
    const created: JournalEvent = { kind: "agent_created", data: { birth, parent, mail: `mail-${id}` } };
    const spent = (Number(id.replace(/\D/g, "")) % 37) * 1_000_000;
    world.append(id, status === "queued" ? [created] : [created, turn, ...(status === "thinking" ? [request] : [])], { turn: status === "queued" ? 0 : 1, status, model: "claude-opus-4-7", spent, allowance: birth.allowance - spent });
  };
  for (let index = 1; index <= 20; index += 1) {
    start(`a-${index}`, `Team ${index}`, "grow", 1, index % 3 === 0 ? "done" : "waiting");
    for (let below = 1; below <= 20; below += 1) start(`a-${index}-${below}`, `Reader ${index}.${below}`, `a-${index}`, 2, states[(index + below) % states.length] ?? "done");
  }
}

/** One more sub-agent below the first one of a crowd. */
export function addToCrowd(world: World) {
  const birth = { name: "Latecomer", task: "Look through the rest", allowance: 40_000_000, depth: 2 };
  world.create("a-late", birth.name, "a-1", 2, birth.task, birth.allowance);
  world.append("a-late", [{ kind: "agent_created", data: { birth, parent: "a-1", mail: "mail-late" } }], { status: "queued" });
}

function seedLong(world: World) {
  const clock = { at: Date.now() - 30 * DAY };
  world.now = () => clock.at;
  world.state.keys = { anthropic: "keychain" };
  for (let index = 0; index < 5_000; index += 1) {
    clock.at += 60_000;
    world.say("grow", `m-${index}`, `Message number ${index}: how do I go on from here?`);
    world.runAll(clock);
  }
}
