/** The wording of asks: reasons, answers, deadlines and how they were settled. */
import type { Ask, AskAnswer, AskReason, AskScope, AskSettlement, LimitReached, Shortfall } from "../bridge";
import { ending } from "./ended";
import { money } from "./money";
import { clock, until } from "./time";

export const SCOPES: Record<AskScope, string> = { once: "Only this once", agent: "For this agent", always: "Always" };

/** The scopes to choose from; a single one is no choice. */
export function scopesOf(ask: Ask): readonly AskScope[] {
  return ask.scopes && ask.scopes.length > 1 ? ask.scopes : [];
}

/** An option's label; the id or text itself if no option has that id. */
export function answerLabel(ask: Ask | null, answer: string): string {
  return ask?.options?.find((option) => option.id === answer)?.label ?? answer;
}

/** An answer in one line; empty if there is none. */
export function answerWords(ask: Ask | null, answer: AskAnswer | null): string {
  const option = answer?.option === undefined ? "" : answerLabel(ask, answer.option);
  const amount = answer?.amount === undefined ? "" : ` (${money(answer.amount)})`;
  return [option + amount, answer?.text?.trim()].filter(Boolean).join(": ");
}

/** How an ask was settled and by whom, in one line. */
export function settledWords(ask: Ask | null, settled: Pick<AskSettlement, "by" | "answer" | "rule">): string {
  const words = answerWords(ask, settled.answer);
  const scope = settled.answer?.scope;
  switch (settled.by) {
    case "person": {
      if (!words) return "You did not answer";
      return `You answered: ${words}${scope && scope !== "once" ? `, ${SCOPES[scope].toLowerCase()}` : ""}`;
    }
    case "rule":
      return `A rule decided${words ? `: ${words}` : ""}${settled.rule ? ` (${settled.rule})` : ""}`;
    case "deadline":
      return words ? `The deadline passed. The default counts: ${words}` : "The deadline passed without an answer";
    case "withdrawn":
      return "Withdrawn: no answer is needed any more";
    default:
      return "Settled";
  }
}

/** Why a call needs a permission. */
export function reasonWords(why: AskReason): string {
  if ("rule" in why) return `This rule asks: ${why.rule}`;
  if ("untrusted" in why) return `The call is risky, and the agent has read text from ${why.untrusted.join(", ")}. That text may have caused it.`;
  if ("repeated" in why) return `The same call with the same input, ${why.repeated} times in a row.`;
  return "This version does not know the reason.";
}

/** Which limit is reached, and the missing amount if it is known. */
export function limitWords(limit: LimitReached, shortfall: Shortfall | undefined): string {
  const title = ending({ limit }, shortfall)?.title ?? "A limit is reached.";
  const missing = shortfall ? shortfall.needed - shortfall.available : 0;
  return missing > 0 ? `${title} ${money(missing)} is missing.` : title;
}

/** When the default counts, and which; `null` if the ask waits for the person. */
export function deadlineWords(ask: Ask, now: number): string | null {
  if (ask.deadline === undefined) return null;
  const then = ask.default === undefined ? "it counts as not answered" : `this answer counts: ${answerWords(ask, ask.default)}`;
  return `Answer by ${clock(ask.deadline)} (${until(ask.deadline, now)}). After that, ${then}.`;
}

/** The line that an answer adds to the rules: the proposed one, with this decision. */
export function ruleOf(rule: string, option: string): string {
  const decision = option === "allow" ? "allow" : "deny";
  return rule.replace(/^(allow|ask|deny)(?= )/, decision);
}

/** An amount in dollars as micro-cents; `null` if it is not a positive amount. */
export function parseAmount(text: string): number | null {
  const found = /^\s*\$?\s*(\d{1,6})(?:\.(\d{1,8}))?\s*$/.exec(text);
  if (!found) return null;
  const amount = Number(found[1]) * 100_000_000 + Number((found[2] ?? "").padEnd(8, "0"));
  return amount > 0 ? amount : null;
}

/** The announcement of a new ask. */
export function announcement(name: string, text: string): string {
  return `${name} asks you: ${text} Answer it in the inbox.`;
}

