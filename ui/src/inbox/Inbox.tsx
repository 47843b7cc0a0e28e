/** The inbox: the questions of all agents that wait for the person, what has failed, long work that is done, and the last settled questions. */
import { Inbox as InboxIcon } from "lucide-react";
import { memo, useEffect, useRef } from "react";
import type { AskRow } from "../bridge";
import { useAsks, useInbox, useSettledAsks } from "../data/queries";
import { Button } from "../design/Button";
import { Empty, ErrorPanel, Loading } from "../design/states";
import { AskCard } from "../journal/asks/AskCard";
import { rich } from "../words/rich";
import { t } from "../words";
import { Entries } from "./Entries";
import { useAskKeys } from "./useAskKeys";
import { useShownCount } from "./useShownCount";
import { useStableAsks } from "./useStableAsks";

export default function Inbox() {
  const open = useAsks();
  const settled = useSettledAsks();
  const inbox = useInbox();
  const { current, earlier } = useStableAsks(open.data, settled.data);
  return (
    <section aria-label={t("Inbox")} data-scroller className="relative h-full overflow-y-auto">
      <div className="mx-auto max-w-[50rem] px-6 pt-6 pb-16">
        <h2 tabIndex={-1} data-inbox-title className="text-lg font-semibold outline-none">
          {t("Inbox")}
        </h2>
        <p className="mt-0.5 text-sm text-ink-3">{t("What waits for you. Agents go on with everything that does not depend on your answer.")}</p>
        {open.data === undefined ? (
          open.error ? <ErrorPanel problem={open.error} retry={() => void open.refetch()} /> : <Loading label={t("Loading the inbox")} />
        ) : current.length > 0 ? (
          <Waiting rows={current} />
        ) : inbox.data?.length === 0 ? (
          <Empty icon={InboxIcon} title={t("Nothing waits for you")}>
            <p>{t("When an agent has a question, needs your permission or reaches a limit, it asks here. What fails, and long work that is done, is listed here too.")}</p>
          </Empty>
        ) : null}
        <Entries entries={inbox.data ?? []} />
        {inbox.error && inbox.data === undefined && <ErrorPanel problem={inbox.error} retry={() => void inbox.refetch()} />}
        {earlier.length > 0 && (
          <section aria-labelledby="settled-asks" className="mt-8">
            <h3 id="settled-asks" className="text-sm font-semibold">
              {t("Settled")}
            </h3>
            <ul>
              {earlier.map((row) => (
                <Row key={row.ask.id} row={row} />
              ))}
            </ul>
          </section>
        )}
        {settled.error && settled.data === undefined && <ErrorPanel problem={settled.error} retry={() => void settled.refetch()} />}
      </div>
    </section>
  );
}

function Waiting({ rows }: { rows: readonly AskRow[] }) {
  const list = useRef<HTMLUListElement>(null);
  const { count, showMore, end } = useShownCount(rows.length);
  useAskKeys(list, showMore);
  useEffect(() => {
    // Tab then goes to the answers, without the whole sidebar before them.
    list.current?.querySelector<HTMLElement>("[data-ask=open]")?.focus();
  }, []);
  const rest = rows.length - count;
  return (
    <>
      {rows.length > 1 && (
        <p className="mt-1 hidden text-xs text-ink-3 @xl/view:block">
          {rich("{next} and {previous} go to the next and the previous question, {enter} to its answers.", { next: <Key>J</Key>, previous: <Key>K</Key>, enter: <Key>Enter</Key> })}
        </p>
      )}
      <ul ref={list} aria-label={t("Waiting for you")} className="mt-3">
        {rows.slice(0, count).map((row) => (
          <Row key={row.ask.id} row={row} />
        ))}
      </ul>
      {rest > 0 && (
        <div ref={end} className="py-2 text-center">
          <Button onClick={showMore}>{t("Show more ({n} are left)", { n: rest })}</Button>
        </div>
      )}
    </>
  );
}

function Key({ children }: { children: string }) {
  return <kbd className="rounded border border-line px-1 font-sans">{children}</kbd>;
}

const Row = memo(function Row({ row }: { row: AskRow }) {
  return (
    <li>
      <AskCard ask={row.ask} agent={{ id: row.agent, name: row.agent_name }} raisedAt={row.raised_at} settled={row.settled} hasLink />
    </li>
  );
});
