/** The inbox: the questions of all agents that wait for the person, and below them the last settled ones. */
import { Inbox as InboxIcon } from "lucide-react";
import { useEffect, useRef } from "react";
import type { AskRow } from "../bridge";
import { useAsks, useSettledAsks } from "../data/queries";
import { Empty, ErrorPanel, Loading } from "../design/states";
import { AskCard } from "../journal/asks/AskCard";
import { useStableAsks } from "./useStableAsks";

export default function Inbox() {
  const open = useAsks();
  const settled = useSettledAsks();
  const { current, earlier } = useStableAsks(open.data, settled.data);
  const list = useRef<HTMLUListElement>(null);
  const isLoaded = open.data !== undefined;
  useEffect(() => {
    // Tab then goes to the answers, without the whole sidebar before them.
    list.current?.querySelector<HTMLElement>("[data-ask=open]")?.focus();
  }, [isLoaded]);
  return (
    <section aria-label="Inbox" className="h-full overflow-y-auto">
      <div className="mx-auto max-w-[50rem] px-6 pt-6 pb-16">
        <h2 className="text-lg font-semibold">Inbox</h2>
        <p className="mt-0.5 text-sm text-ink-3">Your agents ask here. They go on with everything that does not depend on your answer.</p>
        {open.data === undefined ? (
          open.error ? <ErrorPanel problem={open.error} retry={() => void open.refetch()} /> : <Loading label="Loading the inbox" />
        ) : current.length > 0 ? (
          <ul ref={list} aria-label="Waiting for you" className="mt-3">
            {current.map((row) => (
              <Row key={row.ask.id} row={row} />
            ))}
          </ul>
        ) : (
          <Empty icon={InboxIcon} title="Nothing waits for you">
            <p>When an agent has a question, needs your permission or reaches a limit, it asks here.</p>
          </Empty>
        )}
        {earlier.length > 0 && (
          <section aria-labelledby="settled-asks" className="mt-8">
            <h3 id="settled-asks" className="text-sm font-semibold">
              Settled
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

function Row({ row }: { row: AskRow }) {
  return (
    <li>
      <AskCard ask={row.ask} agent={{ id: row.agent, name: row.agent_name }} raisedAt={row.raised_at} settled={row.settled} hasLink />
    </li>
  );
}
