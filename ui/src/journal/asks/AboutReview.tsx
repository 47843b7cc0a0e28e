/** A change of memory that waits for the person: its page, the reason, and why it waits. */
import { type ReviewDetail, reviewKind } from "../../data/asks";
import { toPage } from "../../data/links";
import { quoted, visible } from "../../data/names";
import { t } from "../../words";
import { rich } from "../../words/rich";

const QUESTIONS = { delete: "May it delete {page}?", add: "May it add {page}?", change: "May it change {page}?" } as const;

export function AboutReview({ review }: { review: ReviewDetail }) {
  const { held, message, rule, untrusted, problem } = review;
  return (
    <>
      <p className="mt-2 font-medium [overflow-wrap:anywhere]">
        {rich(QUESTIONS[reviewKind(review)], {
          page:
            held.old_blob === null ? (
              <code>{visible(held.path)}</code>
            ) : (
              <a href={toPage(held.path)} className="text-accent-ink underline">
                {visible(held.path)}
              </a>
            ),
        })}
      </p>
      {message && <p className="mt-1 text-sm text-ink-2 [overflow-wrap:anywhere]">{rich("Its reason: “{reason}”", { reason: <bdi>{visible(message)}</bdi> })}</p>}
      {untrusted !== undefined && <p className="mt-1 text-sm [overflow-wrap:anywhere]">{t("The agent has read text from {sources}. That text may have caused the change.", { sources: untrusted.map((source) => quoted(source)).join(", ") })}</p>}
      {problem !== undefined && (
        <p role="alert" className="mt-2 text-sm font-medium text-bad [overflow-wrap:anywhere]">
          {rich("Not committed: {problem}", { problem: <bdi>{visible(problem)}</bdi> })}
        </p>
      )}
      <p className="mt-1 text-xs text-ink-3 [overflow-wrap:anywhere]">
        {t("Held by this rule:")} <code>{visible(rule)}</code>
      </p>
    </>
  );
}
