/** Sessions in the workbench, in words. */
import type { SessionDecided, SessionOutcome } from "../bridge";

/** How a session ended, to follow "its session"; `null` if it has finished. The same words are in `growqr-wire`. */
export function outcomeWords(outcome: SessionOutcome): string | null {
  if (outcome === "done") return null;
  if (outcome === "limit") return "reached a limit of money";
  if (outcome === "aborted") return "was stopped";
  if ("failed" in outcome) return `failed: ${outcome.failed.reason}`;
  if ("abandoned" in outcome) return `could not be stopped (${outcome.abandoned.reason}): it may still be at work, but can spend nothing any more`;
  const { in_doubt = [] } = outcome.interrupted;
  const rest = in_doubt.length === 0 ? "nothing was under way" : `this may have happened: ${in_doubt.join("; ")}`;
  return `was interrupted: the workbench stopped; ${rest}`;
}

/** What a rule has decided about a request. */
export function decidedWords({ what, argument, rule, reply }: SessionDecided): string {
  const how = reply === "once" || reply === "always" ? "is allowed" : "reject" in reply ? "is not allowed" : "is answered";
  return `${what}${argument === undefined ? "" : ` ${argument}`} ${how}${rule === undefined ? "" : ` by the rule ${rule}`}`;
}
