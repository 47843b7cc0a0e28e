/** The wording of asks: what they are about, reasons, answers, deadlines and how they were settled. */
import type { Ask, AskAnswer, AskDetail, AskReason, AskScope, AskSettlement, LimitReached, Permission, Raise, Shortfall } from "../bridge";
import { counted, t, type Text } from "../words";
import { optionLabel } from "./askOptions";
import { ending } from "./ended";
import { money, tokens } from "./money";
import { agentName, quoted } from "./names";
import { clock, dayAndTime, until } from "./time";

export type ReviewDetail = Extract<AskDetail, { review: unknown }>["review"];
export type ConflictDetail = Extract<AskDetail, { conflict: unknown }>["conflict"];
export type WorkDetail = Extract<AskDetail, { work: unknown }>["work"];

export const SCOPES: Record<AskScope, Text> = { once: "Only this once", agent: "For this agent", always: "Always" };

const LIMITS: Record<LimitReached, Text> = {
  per_message: "the budget for one message",
  per_day: "today's budget",
  per_month: "this month's budget",
  allowance: "its allowance",
  calls: "the limit of model calls for one message",
  tree_tokens: "the limit of tokens of all agents for one message",
  tree_calls: "the limit of model calls of all agents for one message",
};

/** The name of a limit. */
export function limitName(limit: LimitReached): string {
  return t(LIMITS[limit] ?? "a limit");
}

/** An ask in one sentence, without a full stop. */
export function askTitle(ask: Ask, agent: { id: string; name: string }): string {
  const name = agentName(agent);
  const { detail } = ask;
  if (detail && "call" in detail) {
    const { tool, argument } = detail.call;
    return argument === undefined ? t("{name} wants to use {tool}", { name, tool: quoted(tool) }) : t("{name} wants to use {tool} with {what}", { name, tool: quoted(tool), what: quoted(argument) });
  }
  if (detail && "session" in detail && detail.session.permission) {
    const tool = quoted(detail.session.permission.what);
    const about = permissionArgument(detail.session.permission);
    return about === undefined ? t("{name} wants to use {tool} in the workbench", { name, tool }) : t("{name} wants to use {tool} in the workbench with {what}", { name, tool, what: quoted(about) });
  }
  if (detail && "conflict" in detail) return t("{name} asks who merges {pages}", { name, pages: conflictWords(detail.conflict) });
  if (detail && "review" in detail) return t(REVIEWS[reviewKind(detail.review)], { name, page: quoted(detail.review.held.path) });
  if (detail && "work" in detail) return t("{work} was due on {time} and did not run", workWords(detail.work));
  if (detail && "limit" in detail) return t("{name} has reached {limit}", { name, limit: limitName(detail.limit.limit) });
  return t("{name} asks: {question}", { name, question: quoted(ask.text) });
}

const REVIEWS = { delete: "{name} wants to delete the page {page}", add: "{name} wants to add the page {page}", change: "{name} wants to change the page {page}" } as const;

/** The name and the time of a scheduled run. */
export function workWords({ name, due }: WorkDetail): { work: string; time: string } {
  return { work: quoted(name), time: dayAndTime(due) };
}

/** What a held change does with its page. */
export function reviewKind({ held }: ReviewDetail): "delete" | "add" | "change" {
  if (held.new_blob === null) return "delete";
  return held.old_blob === null ? "add" : "change";
}

/** The pages of a conflict: the name of a single one, or their number. */
export function conflictWords({ pages, more }: ConflictDetail): string {
  const count = pages.length + (more ?? 0);
  return count === 1 && pages[0] ? quoted(pages[0].path) : counted(count, "{n} page", "{n} pages");
}

/** What a permission of a session is about. */
export function permissionArgument({ command, path, url }: Permission): string | undefined {
  return command ?? path ?? url;
}

/** The announcement of a new ask. */
export function announcement(ask: Ask, agent: { id: string; name: string }): string {
  return t("{title}. Answer it in the inbox.", { title: askTitle(ask, agent) });
}

/** The line that allows such calls of all agents; `null` if the answer can only be about this call. */
export function proposedRule(detail: AskDetail | undefined): string | null {
  if (detail && "call" in detail) return detail.call.rule ?? null;
  if (detail && "session" in detail) return detail.session.rule ?? null;
  return null;
}

/** The scopes to choose from; a single one is no choice. */
export function scopesOf(ask: Ask): readonly AskScope[] {
  return ask.scopes && ask.scopes.length > 1 ? ask.scopes : [];
}

/** An option's label; the id itself if no option has it. The options of a question are a model's. */
function optionWords(ask: Ask | null, option: string): string {
  const found = ask?.options?.find(({ id }) => id === option);
  if (!ask || !found) return option;
  return ask.kind === "question" ? quoted(found.label) : optionLabel(ask, found);
}

/** An answer in one line; empty if there is none. */
export function answerWords(ask: Ask | null, answer: AskAnswer | null): string {
  const { option, amount, text } = answer ?? {};
  const chosen = amount !== undefined ? t("Raise by {amount}", { amount: money(amount) }) : option !== undefined ? optionWords(ask, option) : "";
  return [chosen, text?.trim() ? quoted(text) : ""].filter(Boolean).join(": ");
}

const SETTLED_SCOPES: Partial<Record<AskScope, Text>> = { agent: ", for this agent", always: ", always" };

/** How an ask was settled and by whom, in one line. */
export function settledWords(ask: Ask | null, settled: Pick<AskSettlement, "by" | "answer" | "rule">): string {
  const words = answerWords(ask, settled.answer);
  const scope = settled.answer?.scope;
  switch (settled.by) {
    case "person": {
      if (!words) return t("You did not answer");
      const reach = scope && SETTLED_SCOPES[scope];
      return t("You answered: {answer}", { answer: words }) + (reach ? t(reach) : "");
    }
    case "gitea":
      return t("Decided in Gitea: {answer}", { answer: words ?? "" });
    case "rule":
      return `${words ? t("A rule decided: {answer}", { answer: words }) : t("A rule decided")}${settled.rule ? ` (${settled.rule})` : ""}`;
    case "deadline":
      return words ? t("The deadline passed. The default counts: {answer}", { answer: words }) : t("The deadline passed without an answer");
    case "withdrawn":
      return settled.answer?.text ? t("Withdrawn: {reason}", { reason: settled.answer.text }) : t("Withdrawn: no answer is needed any more");
    default:
      return t("Settled in a way that this version does not know");
  }
}

/** The line that the person's answer added to the rules. */
export function addedRule(settled: AskSettlement): string | null {
  const scope = settled.answer?.scope ?? "once";
  return settled.by === "person" && scope !== "once" ? settled.rule : null;
}

/** Why a call needs a permission, besides the rule that says so. */
export function reasonWords(why: AskReason): string {
  if ("rule" in why) return t("This rule asks you:");
  if ("untrusted" in why) return t("The call is risky, and the agent has read text from {sources}. That text may have caused it.", { sources: why.untrusted.map((source) => quoted(source)).join(", ") });
  if ("repeated" in why) return t("The same call with the same input, {n} times in a row.", { n: why.repeated });
  return t("This version does not know the reason.");
}

/** Which limit is reached, and the missing amount if it is known. */
export function limitWords(limit: LimitReached, shortfall: Shortfall | undefined): string {
  const title = ending({ limit }, shortfall)?.title ?? t("A limit is reached.");
  const missing = shortfall ? shortfall.needed - shortfall.available : 0;
  return missing > 0 ? `${title} ${t("{amount} is missing.", { amount: money(missing) })}` : title;
}

/** What raising a limit adds: `$2.00`, `25 model calls`, `200k tokens for all its agents`. Empty if nothing. */
export function raiseWords({ money: amount, calls, tree }: Raise): string {
  const parts = [amount ? money(amount) : "", calls ? callWords(calls) : "", tree?.tokens ? t("{count} tokens for all its agents", { count: tokens(tree.tokens) }) : "", tree?.calls ? t("{calls} for all its agents", { calls: callWords(tree.calls) }) : ""];
  return parts.filter(Boolean).join(", ");
}

function callWords(calls: number): string {
  return counted(calls, "{n} model call", "{n} model calls");
}

/** When the default counts, and which; `null` if the ask waits for the person. */
export function deadlineWords(ask: Ask, now: number): string | null {
  if (ask.deadline === undefined) return null;
  const when = { time: clock(ask.deadline), until: until(ask.deadline, now) };
  if (ask.default === undefined) return t("Answer by {time} ({until}). After that, it counts as not answered.", when);
  return t("Answer by {time} ({until}). After that, this answer counts: {answer}.", { ...when, answer: answerWords(ask, ask.default) });
}

/** The line that an answer adds to the rules: the proposed one, with this decision, for one agent or for all. */
export function ruleOf(rule: string, option: string, agent: string | null): string {
  const decision = option === "allow" ? "allow" : "deny";
  const [, hash = ""] = /( hash=[0-9a-f]+)$/.exec(rule) ?? [];
  const line = rule.slice(0, rule.length - hash.length).replace(/^(allow|ask|hold|deny)(?= )/, decision) + (agent === null ? "" : ` agent=${agent}`);
  // What is refused stays refused, also if the tool changes.
  return decision === "allow" ? line + hash : line;
}

const MONEY_LIMITS = new Set<LimitReached>(["per_message", "per_day", "per_month", "allowance"]);
const CENT = 1_000_000;

/** The least amount that lets the agent go on, in whole cents; `null` if the limit is not one of money. */
export function leastRaise(detail: AskDetail | undefined): number | null {
  if (!detail || !("limit" in detail) || !MONEY_LIMITS.has(detail.limit.limit)) return null;
  const { shortfall } = detail.limit;
  const missing = shortfall ? shortfall.needed - shortfall.available : 0;
  return Math.max(1, Math.ceil(missing / CENT)) * CENT;
}

/** An amount in dollars as micro-cents; `null` if it is not a positive amount. */
export function parseAmount(text: string): number | null {
  const found = /^\s*\$?\s*(\d{1,7})(?:\.(\d{1,8}))?\s*$/.exec(text);
  if (!found) return null;
  const amount = Number(found[1]) * 100_000_000 + Number((found[2] ?? "").padEnd(8, "0"));
  return amount > 0 ? amount : null;
}
