/** Sessions in the workbench, in words. */
import type { SessionDecided, SessionOutcome } from "../bridge";
import { t } from "../words";

/** How a session ended; `null` if it has finished. The same words are in `growqr-wire`. */
export function outcomeWords(outcome: SessionOutcome): string | null {
  if (outcome === "done") return null;
  if (outcome === "limit") return t("Its session reached a limit of money");
  if (outcome === "aborted") return t("Its session was stopped");
  if ("failed" in outcome) return t("Its session failed: {reason}", { reason: outcome.failed.reason });
  if ("abandoned" in outcome) return t("Its session could not be stopped ({reason}): it may still be at work, but can spend nothing any more", { reason: outcome.abandoned.reason });
  const { in_doubt = [] } = outcome.interrupted;
  if (in_doubt.length === 0) return t("Its session was interrupted: the workbench stopped; nothing was under way");
  return t("Its session was interrupted: the workbench stopped; this may have happened: {what}", { what: in_doubt.join("; ") });
}

const DECIDED = {
  allowed: { alone: "{request} is allowed", byRule: "{request} is allowed by the rule {rule}" },
  denied: { alone: "{request} is not allowed", byRule: "{request} is not allowed by the rule {rule}" },
  answered: { alone: "{request} is answered", byRule: "{request} is answered by the rule {rule}" },
} as const;

/** What a rule has decided about a request. */
export function decidedWords({ what, argument, rule, reply }: SessionDecided): string {
  const request = argument === undefined ? what : `${what} ${argument}`;
  const how = reply === "once" || reply === "always" ? "allowed" : "reject" in reply ? "denied" : "answered";
  return rule === undefined ? t(DECIDED[how].alone, { request }) : t(DECIDED[how].byRule, { request, rule });
}
