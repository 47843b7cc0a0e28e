/** Whether an answer fits its ask; the same checks and texts as the host's. */
import type { Ask, AskAnswer } from "../wire";
import { hostError } from "./hostError";

const MONEY_LIMITS = ["per_message", "per_day", "per_month", "allowance"];
const CENT = 1_000_000;
/** The most that one answer can add, in cents. */
const MOST = 100_000_000;

export function checkAnswer(ask: Ask, answer: AskAnswer) {
  const known = (ask.options ?? []).map(({ id }) => id);
  if (answer.option !== undefined && !known.includes(answer.option)) throw refused(`"${answer.option}" is not one of its answers: ${known.join(", ")}`);
  if (answer.option === undefined && (ask.kind !== "question" || !answer.text?.trim())) throw refused("an answer is missing");
  const { scope = "once" } = answer;
  if (scope !== "once" && !ask.scopes?.includes(scope)) throw refused(`the answer can only be given with the scope ${ask.scopes?.join(" or ") ?? "once"}`);
  const writes = ask.detail && "review" in ask.detail && ask.detail.review.held.new_blob !== null;
  if (answer.edited !== undefined && !(writes && answer.option === "approve")) throw refused("a text of the page goes only with the answer approve, for a change that writes the page");
  if (answer.amount !== undefined) checkAmount(ask, answer.option, answer.amount);
}

function checkAmount({ detail }: Ask, option: string | undefined, amount: number) {
  const limit = detail && "limit" in detail ? detail.limit : null;
  if (!limit || option !== "raise" || !MONEY_LIMITS.includes(limit.limit)) throw refused("an amount goes only with the answer raise, at a limit of money");
  const least = limit.shortfall ? limit.shortfall.needed - limit.shortfall.available : 0;
  if (amount < least) throw refused(`the next step can cost $${(Math.ceil(least / CENT) / 100).toFixed(2)} more than is left; raise by at least that`);
  if (amount > MOST * CENT) throw refused("an amount can be at most $1000000.00");
}

function refused(message: string) {
  return hostError("bad_request", message, "See what it asks: growqr asks list");
}
