/** The changes of a page that wait for the person's approval, which can be settled here too. */
import { lazy, Suspense } from "react";
import { askTitle } from "../data/asks";
import { useAsks } from "../data/queries";
import { Disclosure } from "../design/Disclosure";
import { t } from "../words";

const AskCard = lazy(async () => ({ default: (await import("../journal/asks/AskCard")).AskCard }));

export function WaitingChanges({ path }: { path: string }) {
  const asks = useAsks().data ?? [];
  const waiting = asks.filter(({ ask: { detail } }) => detail && "review" in detail && detail.review.held.path === path);
  if (waiting.length === 0) return null;
  return (
    <section aria-label={t("Changes that wait for your approval")} className="relative max-h-3/5 shrink-0 overflow-y-auto px-6">
      {waiting.map(({ ask, agent, agent_name, raised_at, settled }) => (
        <Disclosure key={ask.id} summary={<span className="min-w-0 truncate">{askTitle(ask, { id: agent, name: agent_name })}</span>}>
          {() => (
            <Suspense>
              <AskCard ask={ask} agent={{ id: agent, name: agent_name }} raisedAt={raised_at} settled={settled} hasLink />
            </Suspense>
          )}
        </Disclosure>
      ))}
    </section>
  );
}
