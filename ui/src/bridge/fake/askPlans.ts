/** The steps of simulated agents that ask: for a permission, with a question, at a limit, about a page in two versions. */
import type { Ask } from "../wire";
import { answer, type Step } from "./steps";

type Effects = (index: number) => string;

const MINUTES_30 = 30 * 60 * 1_000;

/** `null` if the message asks for nothing of the kind. */
export function askSteps(text: string, name: string, effects: Effects, cost: number): Step[] | null {
  if (/\bpermission\b/i.test(text)) return permissionSteps(name, effects, cost);
  if (/\bask me a question\b/i.test(text)) return questionSteps(effects, cost);
  if (/\bpause at a limit\b/i.test(text)) return limitSteps(name, effects, cost);
  if (/\bpage in two versions\b/i.test(text)) return conflictSteps(effects, cost);
  return null;
}

function says(effects: Effects, text: string, cost: number): Step[] {
  return [...answer(effects, "", text, [], cost), { do: "end", ended: "done" }];
}

function permissionSteps(name: string, effects: Effects, cost: number): Step[] {
  const effect = effects(0);
  const input = { to: "mara@example.org", subject: "A review", text: "Would you look at my key-value store?" };
  const id = `ask-${effect}`;
  const rule = "allow send_mail host=example.org";
  const ask: Ask = {
    id,
    kind: "permission",
    text: `${name} wants to use send_mail.`,
    detail: { call: { effect, tool: "send_mail", argument: "example.org", input: JSON.stringify(input), why: { rule: "ask * as risky" }, rule } },
    options: [{ id: "allow", label: "Allow" }, { id: "deny", label: "Do not allow" }],
    scopes: ["once", "agent", "always"],
  };
  const denied: Step[] = [{ do: "finish", effect, content: "not allowed, so it was not carried out", isError: true }, ...says(effects, "Then I will not write to Mara.", cost)];
  return [
    { do: "request" },
    { do: "answer", content: [{ type: "tool_use", id: `toolu_${effect}`, name: "send_mail", input }], cost },
    { do: "tool", name: "send_mail", input, effect, ask: id },
    { do: "ask", ask },
    { do: "await", ask: id, otherwise: { deny: denied, none: denied } },
    { do: "record", event: { kind: "tool_resumed", data: { effect } } },
    { do: "pause", ms: 400 },
    { do: "finish", effect, content: "sent" },
    ...says(effects, "Mara has your message.", cost),
  ];
}

function questionSteps(effects: Effects, cost: number): Step[] {
  const effect = effects(0);
  const id = `ask-${effect}`;
  const ask: Ask = { id, kind: "question", text: "Which evening suits you for the course?", options: [{ id: "1", label: "Tuesday" }, { id: "2", label: "Thursday" }], deadline: Date.now() + MINUTES_30, default: { option: "2" } };
  return [
    { do: "request" },
    { do: "answer", content: [{ type: "tool_use", id: `toolu_${effect}`, name: "ask_user", input: { question: ask.text } }], cost },
    { do: "tool", name: "ask_user", input: { question: ask.text, options: ["Tuesday", "Thursday"] }, effect },
    { do: "ask", ask },
    { do: "finish", effect, content: `the person is asked, as ${id}` },
    { do: "await", ask: id, otherwise: {} },
    ...says(effects, "Thank you. I have planned the evening.", cost),
  ];
}

function conflictSteps(effects: Effects, cost: number): Step[] {
  const id = `ask-${effects(0)}`;
  const page = { path: "goals.md", copy: "goals (from the server).md" };
  const ask: Ask = {
    id,
    kind: "conflict",
    text: `The page ${page.path} was changed on this computer and in Gitea. Both versions are kept: Gitea's is ${page.copy}. Who merges them?`,
    detail: { conflict: { merge: "3f2a", pages: [page] } },
    options: [{ id: "merge", label: "Let the Grow Agent merge them" }, { id: "by_hand", label: "I will do it myself" }],
  };
  return [{ do: "request" }, { do: "ask", ask }, { do: "await", ask: id, otherwise: { by_hand: says(effects, "I leave both versions to you.", cost) } }, ...says(effects, "I have merged both versions.", cost)];
}

/** Asks of several kinds at once; the turn waits for all of them. */
export function manyAsks(id: string, count: number): Step[] {
  const asks = Array.from({ length: count }, (_, index) => (index % 3 === 2 ? deletionAsk(id, index) : archiveQuestion(id, index)));
  const settled = (ask: Ask): Step => ({ do: "await", ask: ask.id, otherwise: {} });
  return [...asks.map((ask): Step => ({ do: "ask", ask })), ...asks.map(settled), { do: "end", ended: "done" }];
}

function archiveQuestion(id: string, index: number): Ask {
  const text = `Folder ${index + 1} has letters from two years. Which of them shall I keep?\n\nThe older ones are drafts, as far as I can tell.`;
  return { id: `ask-${id}-${index}`, kind: "question", text, options: [{ id: "1", label: "Keep all" }, { id: "2", label: "Keep the newer ones" }] };
}

function deletionAsk(id: string, index: number): Ask {
  const path = `archive/folder-${index + 1}/drafts.md`;
  const call = { effect: `e-${id}-${index}`, tool: "delete_file", argument: path, input: JSON.stringify({ path }), why: { untrusted: ["archive.example.org"] } };
  return { id: `ask-${id}-${index}`, kind: "permission", text: `Scout wants to use delete_file.`, detail: { call }, options: [{ id: "allow", label: "Allow" }, { id: "deny", label: "Do not allow" }], scopes: ["once"] };
}

function limitSteps(name: string, effects: Effects, cost: number): Step[] {
  const id = `ask-${effects(0)}`;
  const ask: Ask = {
    id,
    kind: "budget",
    text: `${name} has reached the budget for one message.`,
    detail: { limit: { limit: "per_message", shortfall: { needed: 30_600_000, available: 4_000_000 }, raise: { money: 200_000_000 }, finish: { money: 6_000_000 } } },
    options: [{ id: "raise", label: "Raise by $2.00" }, { id: "finish", label: "Finish with a report (at most $0.06 more)" }, { id: "stop", label: "Stop here" }],
  };
  const stopped: Step[] = [{ do: "end", ended: { limit: "per_message" } }];
  return [
    { do: "record", event: { kind: "turn_paused", data: { limit: "per_message" } } },
    { do: "ask", ask },
    { do: "await", ask: id, otherwise: { finish: says(effects, "Here is my report so far.", cost), stop: stopped, none: stopped } },
    ...says(effects, "With the new budget I have finished.", cost),
  ];
}
