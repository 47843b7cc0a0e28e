/** The simulated log. The real host has words for every kind of event, and for what happens to containers and memory. */
import type { LogLine, LogPage, Request, Stack } from "../wire";
import { hostError } from "./hostError";
import { eventOf } from "./stage";
import type { World } from "./world";

const HIDDEN = new Set(["journal_named", "tool_finished"]);

export function log(world: World, stack: Stack, { channel, filter, after, before, limit }: Extract<Request, { op: "log" }>): LogPage {
  if (!channel.startsWith("#") && !world.state.agents[channel]) throw hostError("not_found", `There is no channel "${channel}".`, "");
  const wanted = (filter ?? "").toLowerCase();
  const all = channel === "#stack" ? stackLines(world, stack) : channel === "#memory" ? memoryLines(world) : eventLines(world, channel);
  const lines = all.filter((line) => `${line.name} ${line.text}`.toLowerCase().includes(wanted));
  const number = (line: LogLine) => Number(line.id.replace("host-", ""));
  const last = all.at(-1);
  const cursor = { events: last ? number(last) : (after?.events ?? 0), host: 0, run: 1 };
  if (after) return { lines: lines.filter((line) => number(line) > after.events), after: cursor, before: null, has_more: false, lost: 0 };
  const older = lines.filter((line) => before === null || number(line) < before);
  const shown = older.slice(-limit);
  const first = shown[0];
  return { lines: shown, after: cursor, before: older.length > shown.length && first ? number(first) : null, has_more: older.length > shown.length, lost: 0 };
}

function eventLines(world: World, channel: string): LogLine[] {
  return world.state.events
    .filter((line) => (channel === "#all" || line.agent === channel) && !HIDDEN.has(line.kind))
    .map((line) => ({ id: String(line.position), at: line.at, agent: line.agent, name: world.agent(line.agent).name, ...words(world, line) }));
}

function words(world: World, line: World["state"]["events"][number]): Pick<LogLine, "text" | "tone"> {
  const event = eventOf(line);
  switch (event.kind) {
    case "user_said":
      return { text: `you wrote: “${event.data.text}”`, tone: "quiet" };
    case "turn_started":
      return { text: `begins turn ${event.data.turn}`, tone: "quiet" };
    case "model_requested":
      return { text: "asks the model", tone: "quiet" };
    case "model_answered":
      return { text: `has an answer of the model (${event.data.reply.usage.output_tokens} tokens written)`, tone: "quiet" };
    case "tool_started":
      return { text: `${event.data.name.replaceAll("_", " ")}`, tone: "quiet" };
    case "tool_interrupted":
      return { text: "GrowQR stopped during a step; it looks up whether the step happened", tone: "warn" };
    case "commit_intended":
      return { text: `changes the page ${event.data.plan.path}`, tone: "good" };
    case "cancel_requested":
      return { text: `is to stop${event.data.by_person ? ", by you" : ""}`, tone: "quiet" };
    case "ask_raised":
      return { text: `asks you: “${event.data.ask.text}”`, tone: "warn" };
    case "mail_received":
      return { text: `${world.agent(event.data.mail.from).name} is done`, tone: "good" };
    case "turn_ended":
      return event.data.ended === "done" ? { text: "is done", tone: "good" } : { text: "has ended its turn early", tone: "bad" };
    default:
      return { text: event.kind.replaceAll("_", " "), tone: "quiet" };
  }
}

function memoryLines(world: World): LogLine[] {
  return eventLines(world, "#all").filter((line) => line.text.startsWith("changes the page"));
}

function stackLines(world: World, stack: Stack): LogLine[] {
  return stack.parts
    .filter((part) => part.state !== "off")
    .map((part, index) => ({ id: `host-${index + 1}`, at: world.now() - 60_000, agent: null, name: part.name, text: part.state === "running" ? "runs" : part.found, tone: part.state === "failed" ? "bad" : "good" }));
}
