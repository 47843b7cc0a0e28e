/** An open ask: who asks, what, what exactly, until when, and the answers. */
import { CalendarClock, CircleHelp, Coins, GitMerge, ListChecks, type LucideIcon, RotateCw, ShieldQuestion } from "lucide-react";
import { lazy, Suspense } from "react";
import type { Ask, AskKind } from "../../bridge";
import { deadlineWords } from "../../data/asks";
import { toAgent } from "../../data/links";
import { agentName } from "../../data/names";
import { useOfflineSince } from "../../data/online";
import { ago, exactTime } from "../../data/time";
import { Button } from "../../design/Button";
import { InlineError } from "../../design/states";
import { useNow } from "../../design/useNow";
import { t, type Text } from "../../words";
import { AskAbout } from "./AskAbout";
import { AskForm } from "./AskForm";
import { PullLink } from "./PullLink";
import { ReviewForm } from "./Review";
import type { Answering } from "./useAnswer";

const FileChange = lazy(async () => ({ default: (await import("./FileChange")).FileChange }));

const KINDS: Record<AskKind, { icon: LucideIcon; words: Text }> = {
  question: { icon: CircleHelp, words: "asks" },
  permission: { icon: ShieldQuestion, words: "asks for permission" },
  budget: { icon: Coins, words: "waits at a limit" },
  conflict: { icon: GitMerge, words: "asks about a conflict" },
  schedule: { icon: CalendarClock, words: "asks about scheduled work" },
  review: { icon: ListChecks, words: "wants to change memory" },
};

export function OpenAsk(props: { ask: Ask; agent: { id: string; name: string }; raisedAt: number; hasLink: boolean; answer: Answering }) {
  const { ask, agent, raisedAt, answer } = props;
  const now = useNow(false);
  const isOffline = useOfflineSince() !== null;
  const { icon: Icon, words } = KINDS[ask.kind] ?? KINDS.question;
  const deadline = deadlineWords(ask, now);
  return (
    <>
      <p className="flex items-center gap-2 text-xs text-ink-3">
        <Icon className="size-4 shrink-0 text-warn" aria-hidden />
        {props.hasLink ? (
          <a href={toAgent(agent.id)} className="truncate font-medium text-accent-ink underline">
            {agentName(agent)}
          </a>
        ) : (
          <span className="truncate font-medium text-ink-2">{agentName(agent)}</span>
        )}
        <span className="shrink-0">{t(words)}</span>
        <span className="ms-auto shrink-0" title={exactTime(raisedAt)}>
          {ago(raisedAt, now)}
        </span>
      </p>
      <AskAbout ask={ask} />
      {ask.detail && "call" in ask.detail && ask.detail.call.tool === "write_file" && (
        <Suspense>
          <FileChange ask={ask.id} />
        </Suspense>
      )}
      {deadline && <p className="mt-2 text-sm text-ink-2 [overflow-wrap:anywhere]">{deadline}</p>}
      {ask.detail && "review" in ask.detail ? <ReviewForm id={ask.id} review={ask.detail.review} answer={answer} /> : <AskForm ask={ask} agent={agent.id} answer={answer} />}
      {/* Below the buttons: it comes later, and would move them. */}
      {ask.detail && "review" in ask.detail && <PullLink commit={ask.detail.review.held.commit} />}
      {isOffline && <p className="mt-2 text-xs text-ink-3">{t("You are offline. Your answer is saved. An agent that needs the network goes on when it is back.")}</p>}
      <p role="status" className="sr-only">
        {answer.isSending ? t("Sending your answer") : ""}
      </p>
      {answer.error && (
        <div className="flex flex-wrap items-center gap-x-3">
          <InlineError problem={answer.error} />
          {answer.retry && (
            <Button className="mt-1.5" onClick={answer.retry}>
              <RotateCw className="size-4" aria-hidden /> {t("Try again")}
            </Button>
          )}
        </div>
      )}
    </>
  );
}
