/** Begins a step of a simulated quest: a sub-agent of the Grow Agent with the step's title as its task. */
import type { Ended, Mail } from "../wire";
import type { SavedQuest, SavedStep, Stage } from "./stage";

/** How the first attempt of a step with such a word ends. */
const ENDS: ReadonlyArray<[RegExp, Ended]> = [
  [/\bbroken\b/i, { failed: { kind: "busy", message: "Anthropic is overloaded.", request_id: null } }],
  [/\bendless\b/i, { limit: "allowance" }],
];

export function startStep(world: Stage, quest: SavedQuest, step: SavedStep, allowance: number) {
  const attempt = step.agents.length + 1;
  const id = `a-${quest.id}-${step.number}-${attempt}`;
  const birth = { name: step.title, task: step.title, allowance, depth: 1, schedule: `${quest.id}-${step.number}` };
  const mail: Mail = { id: `mail-${id}`, from: "grow", to: id, body: { spawn: birth } };
  world.append("grow", [{ kind: "scheduled_work_started", data: { schedule: birth.schedule, due: world.now(), mail } }]);
  world.create(id, birth.name, "grow", 1, birth.task, allowance);
  world.append(id, [{ kind: "agent_created", data: { birth, parent: "grow", mail: mail.id } }]);
  step.agents.push(id);
  world.begin(id, birth.task);
  const ended = ENDS.find(([words]) => words.test(step.title))?.[1];
  if (attempt === 1 && ended) world.state.queues[id] = [{ do: "request" }, { do: "end", ended }];
}
