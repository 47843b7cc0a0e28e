/** Summarises a journal event in one line. */
import type { EventLine, Mail } from "../bridge";
import type { Tone } from "../design/Dot";
import { plain } from "../design/plain";
import { settledWords } from "../data/asks";
import { ending } from "../data/ended";
import { plainContent, understood } from "../data/events";
import { money, tokens } from "../data/money";
import { decidedWords, outcomeWords } from "../data/sessions";
import { toolWords } from "../journal/toolWords";

export interface Summary {
  what: string;
  detail: string;
  tone: Tone;
}

export function summary(line: EventLine, nameOf: (agent: string) => string): Summary {
  const event = understood(line);
  const brief = (what: string, detail = "", tone: Tone = "quiet"): Summary => ({ what, detail: detail.replace(/\s+/g, " ").slice(0, 300), tone });
  if (!event) return brief(line.kind, "unknown to this version", "warn");
  switch (event.kind) {
    case "agent_created":
      return brief("created", read(event.data.birth?.task ?? ""), "good");
    case "journal_named":
      return brief("journal named", event.data.name);
    case "user_said":
      return brief("message", read(event.data.text), "waiting");
    case "said_again":
      return brief("message again", read(event.data.text), "waiting");
    case "fresh_requested":
      return brief("fresh start requested");
    case "fresh_started":
      return brief("fresh start", "what was said before is no longer read");
    case "mail_received":
      return brief(`mail from ${nameOf(event.data.mail.from)}`, mailWords(event.data.mail), "waiting");
    case "segment_started":
      return brief("model set", event.data.card.name || event.data.card.id);
    case "turn_started":
      return brief(`turn ${event.data.turn}`);
    case "model_requested":
      return brief("model request", event.data.reservation === null ? "" : `up to ${money(event.data.reservation)}`);
    case "model_answered": {
      const { reply } = event.data;
      const text = (Array.isArray(reply.content) ? reply.content : []).map((block) => (block.type === "text" ? read(block.text) : block.type === "tool_use" ? `→ ${block.name}` : "")).filter(Boolean);
      const cost = reply.cost === null ? "cost unknown" : money(reply.cost);
      return brief("answer", `${cost}, ${reply.usage?.is_estimate ? "about " : ""}${tokens(reply.usage?.output_tokens ?? 0)} tokens. ${text.join(" ")}`, "active");
    }
    case "model_failed":
      return brief("model failed", event.data.failure.message, "bad");
    case "tool_started":
      return brief(...tool(event.data.name, event.data.input), "waiting");
    case "tool_interrupted":
      return brief("interrupted", "looking up whether the tool call happened", "warn");
    case "tool_resumed":
      return brief("carried out now", "the tool call was allowed, or an interruption had kept it from happening", "waiting");
    case "commit_intended":
      return brief("change", `${event.data.plan.path} ${event.data.plan.commit.slice(0, 8)}`);
    case "tool_finished":
      return brief("result", plainContent(event.data.content), event.data.is_error ? "bad" : "good");
    case "child_requested":
      return brief("sub-agent requested", mailWords(event.data.mail), "active");
    case "child_told":
      return brief(`message to ${nameOf(event.data.mail.to)}`, mailWords(event.data.mail));
    case "child_cancelled":
      return brief(`stops ${nameOf(event.data.mail.to)}`);
    case "cancel_requested":
      return brief("stop requested", event.data.by_person ? "by you" : "");
    case "charge_reserved":
      return brief("charge reserved", `${event.data.purpose}, ${event.data.reservation === null ? "price unknown" : `up to ${money(event.data.reservation)}`}`);
    case "charge_settled":
      return brief("charge settled", event.data.cost === null ? "cost unknown" : money(event.data.cost));
    case "charge_refused":
      return brief("no money left", event.data.purpose, "warn");
    case "session_intended":
      return brief("prompt", read(event.data.prompt), "waiting");
    case "session_started":
      return brief("session", event.data.session, "active");
    case "session_progressed":
      return brief("steps", event.data.steps.join("; "));
    case "session_decided":
      return brief("decided by a rule", decidedWords(event.data));
    case "session_replied":
      return brief("reply delivered", event.data.was_gone ? "the session no longer waited for it" : "");
    case "session_ended": {
      const how = outcomeWords(event.data.outcome);
      return brief("session ended", how ?? read(event.data.words), how ? "warn" : "good");
    }
    case "ask_raised":
      return brief("asks you", read(event.data.ask.text), "warn");
    case "ask_settled":
      return brief("ask settled", settledWords(null, { ...event.data, answer: event.data.answer ?? null, rule: event.data.rule ?? null }), "good");
    case "review_intended":
      return brief("committing", read(event.data.plan.path), "waiting");
    case "review_closed": {
      const { commit, problem } = event.data;
      if (problem !== undefined) return brief("not committed", read(problem), "warn");
      // An approval of a text that the page has already makes no commit either.
      return commit === undefined ? brief("change settled", "no commit was needed") : brief("in memory", commit.slice(0, 8), "good");
    }
    case "finish_requested":
      return brief("finish requested", event.data.by_person ? "by you" : "");
    case "turn_paused":
      return brief("paused", ending({ limit: event.data.limit })?.title, "warn");
    case "message_withdrawn":
      return brief("message withdrawn", `message ${event.data.message}`);
    case "message_edited":
      return brief("message changed", read(event.data.text), "waiting");
    case "turn_ending":
      return brief("stopping", "waits for its sub-agents to stop");
    case "turn_ended": {
      const how = ending(event.data.ended, event.data.shortfall);
      return brief("turn ended", how?.title ?? "done", how ? (how.tone === "bad" ? "bad" : "warn") : "good");
    }
  }
}

/** The label and subject of a tool call; the stored event has the whole input. */
function tool(name: string, input: unknown): [string, string] {
  const { verb, about } = toolWords({ name, input: isRecord(input) ? input : {}, finishedAt: null });
  return [verb.charAt(0).toLowerCase() + verb.slice(1), about || (verb === name ? JSON.stringify(input) : "")];
}

function isRecord(input: unknown): input is Record<string, unknown> {
  return typeof input === "object" && input !== null && !Array.isArray(input);
}

function mailWords(mail: Mail): string {
  if (typeof mail.body === "string") return mail.body;
  if ("spawn" in mail.body) return `${mail.body.spawn.name}: ${read(mail.body.spawn.task)}`;
  if ("say" in mail.body) return read(mail.body.say.text);
  if ("ask_raised" in mail.body) return `asks the person: ${read(mail.body.ask_raised.text)}`;
  if ("ask_settled" in mail.body) return "its question to the person is settled";
  if ("change_decided" in mail.body) {
    const { approved, path, remark } = mail.body.change_decided;
    return `the person has ${approved ? "approved" : "rejected"} its change of ${read(path)}${remark ? `: ${read(remark)}` : ""}`;
  }
  return `${mail.body.report.ending}, ${money(mail.body.report.spent)}. ${read(mail.body.report.text)}`;
}

/** The start of a text, without Markdown syntax. */
function read(text: string): string {
  return plain(text.slice(0, 1_000));
}
