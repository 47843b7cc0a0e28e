/** The simulated model: turns a message into the steps that answer it. */
import type { Ended } from "../wire";
import { askSteps } from "./askPlans";
import type { Memory } from "./memory";
import { LINKS, LONG, PICTURE, PLAN_TEXT, REPORTS } from "./replies";
import { answer, type PlannedCall, type Step } from "./steps";
import { webSteps } from "./webSteps";

const NOTES = "journal/notes.md";

type Effects = (index: number) => string;

export function plan(text: string, id: string, name: string, isGuide: boolean, effects: Effects, memory: Memory): Step[] {
  const cost = isGuide ? 0 : 1_840_000;
  const asking = askSteps(text, name, effects, cost);
  if (asking) return asking;
  if (id !== "grow") return subAgentSteps(text, effects, cost);
  if (/\bpropose a change\b/i.test(text)) return proposeSteps(effects, cost, memory);
  const remember = /^(?:please )?remember (?:that )?(.+)/is.exec(text);
  if (remember?.[1]) return rememberSteps(remember[1].trim(), effects, cost, memory);
  if (/\b(helpers?|sub-agents?|compare|research|send)\b/i.test(text)) return spawnSteps(effects, cost);
  if (/\b(budget|limit)\b/i.test(text)) return [...answerSteps(effects, "", "Let me look at that", cost), { do: "end", ended: { limit: "per_message" } }];
  if (/\bbroken\b/i.test(text)) return [{ do: "request" }, { do: "end", ended: { failed: { kind: "key", message: "The key was refused by Anthropic.", request_id: null } } }];
  if (/\bpicture\b/i.test(text)) return pictureSteps(effects, cost);
  if (/\bsearch the web\b/i.test(text)) return webSteps(cost);
  if (/\blinks?\b/i.test(text)) return [...answerSteps(effects, "", LINKS, cost), { do: "end", ended: "done" }];
  const endless = /\bendless(?: (\d+))?/i.exec(text);
  if (endless) return [...answerSteps(effects, "", `${LONG}\n\n`.repeat(Number(endless[1] ?? 40)), cost), { do: "end", ended: "done" }];
  if (/\b(long|plan|essay)\b/i.test(text)) return [...answerSteps(effects, "They want something thorough. I will give a structure first, then the steps, and end with one question.", LONG, cost), { do: "end", ended: "done" }];
  return [...answerSteps(effects, "", isGuide ? GUIDE : HELLO, cost), { do: "end", ended: "done" }];
}

/** The steps of a turn without a network. */
export function offlineSteps(): Step[] {
  const ended: Ended = { failed: { kind: "offline", message: "There is no connection to api.anthropic.com; check the network. (dns error)", request_id: null } };
  return [{ do: "request" }, { do: "end", ended }];
}

const GUIDE = `I am the built-in guide: I answer by fixed rules, there is no AI in me.

What I understand:
- remember that … (I write it into your memory)
- what do you know about …, or search … (I look through your memory)
- list memory, or read PATH
- send three helpers to … (they are guides like me)
- help`;

const HELLO = "Good to hear from you. Tell me what you are working on, and I will note what matters and propose a first step.";

function answerSteps(effects: Effects, thinking: string, text: string, cost: number): Step[] {
  return answer(effects, thinking, text, [], cost);
}

/** Changes the first and the last line of the goals, and waits for approval. */
function proposeSteps(effects: Effects, cost: number, memory: Memory): Step[] {
  const path = "goals/README.md";
  const lines = memory.read(path).text.replace(/\n$/, "").split("\n");
  const content = ["Reviewed in autumn.", ...lines, "- Ask Mara for a review each month", ""].join("\n");
  const message = "Review the goals";
  const write: PlannedCall = { name: "commit_memory", input: { path, content, message }, ms: 120, result: "", hold: { path, content, message } };
  return [...answer(effects, "", "", [write], cost), ...answerSteps((index) => effects(index + 10), "", "I have proposed a change of your goals.", cost), { do: "end", ended: "done" }];
}

function rememberSteps(what: string, effects: Effects, cost: number, memory: Memory): Step[] {
  const before = memory.has(NOTES) ? memory.read(NOTES).text : "# Notes\n\n";
  const read: PlannedCall = { name: "read_memory", input: { path: NOTES }, ms: 40, result: before };
  const content = `${before}- ${what}\n`;
  const message = `Remember: ${what.slice(0, 60)}`;
  const write: PlannedCall = { name: "commit_memory", input: { path: NOTES, content, message }, ms: 120, result: "", commit: { path: NOTES, content, message } };
  return [
    ...answer((index) => effects(index), "", "", [read], cost),
    ...answer((index) => effects(index + 10), "", "", [write], cost),
    ...answerSteps(effects, "", `I have written it down in \`${NOTES}\`: ${what}`, cost),
    { do: "end", ended: "done" },
  ];
}

/** A tool of another program, whose result has several blocks; a call that a stop of the program interrupted; a charge. */
function pictureSteps(effects: Effects, cost: number): Step[] {
  const draw: PlannedCall = {
    name: "draw_chart",
    input: { title: "Hours of practice" },
    ms: 200,
    result: [
      { type: "text", text: "The chart, and where its numbers are from." },
      { type: "image", media_type: "image/png", data: PICTURE },
      { type: "link", uri: "https://example.org/practice", title: "Practice log" },
      { type: "link", uri: "file:///etc/hosts", title: "A file" },
    ],
  };
  const [charge, sent] = [`${effects(30)}-charge`, effects(20)];
  const content = [{ type: "tool_use" as const, id: `toolu_${sent}`, name: "send_mail", input: { to: "mara@example.org" } }];
  return [
    ...answer(effects, "", "I will draw it.", [draw], cost),
    { do: "record", event: { kind: "charge_reserved", data: { charge, purpose: "Summary of the chart", reservation: 2_000_000 } } },
    { do: "pause", ms: 4_000 },
    { do: "record", event: { kind: "charge_settled", data: { charge, cost: 1_200_000 } } },
    { do: "request" },
    { do: "answer", content, cost },
    { do: "tool", name: "send_mail", input: { to: "mara@example.org" }, effect: sent },
    { do: "record", event: { kind: "tool_interrupted", data: { effect: sent } } },
    { do: "pause", ms: 4_000 },
    { do: "record", event: { kind: "tool_resumed", data: { effect: sent } } },
    { do: "pause", ms: 4_000 },
    { do: "finish", effect: sent, content: "sent" },
    ...answerSteps(effects, "", "Mara has the chart.", cost),
    { do: "end", ended: "done" },
  ];
}

function spawnSteps(effects: Effects, cost: number): Step[] {
  const spawns = REPORTS.map(({ name, task }): PlannedCall => ({ name: "spawn_sub_agent", input: { name, task }, ms: 10, result: "" }));
  const search: PlannedCall = { name: "search_memory", input: { query: "Rust" }, ms: 60, result: "goals/README.md:5: - Become a systems engineer: Rust, databases, distributed systems" };
  const wait: PlannedCall = { name: "wait_for_sub_agents", input: {}, ms: 0, result: "" };
  return [
    ...answer(effects, "Three independent questions: courses, projects, people. I should look at the goals first, then send three sub-agents side by side and put their reports together.", "I will look at your goals, then send three sub-agents side by side.", [search], cost),
    ...answer((index) => effects(index + 10), "", "", spawns, cost),
    ...answer((index) => effects(index + 20), "", "", [wait], cost),
    ...answerSteps(effects, "", PLAN_TEXT, cost * 2),
    { do: "end", ended: "done" },
  ];
}

function subAgentSteps(task: string, effects: Effects, cost: number): Step[] {
  const known = REPORTS.find((one) => one.task === task);
  const path = known?.path ?? "journal/errands.md";
  const content = known?.page ?? `# Errand\n\n${task}\n`;
  const search: PlannedCall = { name: "search_memory", input: { query: known?.name ?? "goals" }, ms: known?.ms ?? 900, result: "goals/README.md:3: ## This year" };
  const message = known ? `Note what was found: ${known.name}` : "Note the errand";
  const write: PlannedCall = { name: "commit_memory", input: { path, content, message }, ms: 300, result: "", commit: { path, content, message } };
  return [
    ...answer(effects, "", "", [search], cost),
    ...answer((index) => effects(index + 10), "", "", [write], cost),
    ...answerSteps(effects, "", known?.report ?? "Done as asked.", cost),
    { do: "end", ended: "done" },
  ];
}
