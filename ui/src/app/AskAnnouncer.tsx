/** A live region that announces each new ask, and each that was settled outside this window, whichever view is open. */
import { useQueryClient } from "@tanstack/react-query";
import { useEffect, useRef, useState } from "react";
import type { AskRow, Request } from "../bridge";
import { announcement, askTitle, settledWords } from "../data/asks";
import { useHost } from "../data/context";
import { useAsks } from "../data/queries";
import { counted, t } from "../words";

/** More asks at once than this are announced by their number. */
const MOST_AT_ONCE = 3;

interface Said {
  key: string;
  text: string;
}

export function AskAnnouncer() {
  const host = useHost();
  const client = useQueryClient();
  const asks = useAsks().data;
  const known = useRef<Map<string, AskRow> | null>(null);
  // Each is an element of its own, so that it is read once, also if the next one has the same words.
  const [said, setSaid] = useState<readonly Said[]>([]);
  useEffect(() => {
    if (!asks) return;
    const before = known.current;
    known.current = new Map(asks.map((row) => [row.ask.id, row]));
    // The badge of the sidebar already names those that waited before the window opened.
    if (!before) return;
    const add = (more: readonly Said[]) => more.length > 0 && setSaid((now) => [...now, ...more].slice(-2 * MOST_AT_ONCE));
    add(newAsks(asks.filter((row) => !before.has(row.ask.id))));
    const isOpen = known.current;
    const gone = [...before.values()].filter((row) => !isOpen.has(row.ask.id) && !isAnsweredHere(client.getMutationCache().getAll(), row.ask.id));
    void Promise.all(gone.slice(0, MOST_AT_ONCE).map((row) => host.call("ask_by_id", { id: row.ask.id }).catch(() => row))).then((rows) => add(settledAsks(rows)));
  }, [asks, client, host]);
  return (
    <div aria-live="polite" aria-relevant="additions" data-announcer="asks" className="sr-only">
      {said.map(({ key, text }) => (
        <p key={key}>{text}</p>
      ))}
    </div>
  );
}

function newAsks(rows: readonly AskRow[]): Said[] {
  const [first] = rows;
  if (first && rows.length > MOST_AT_ONCE) return [{ key: `new-${first.ask.id}`, text: counted(rows.length, "{n} new question waits for you in the inbox.", "{n} new questions wait for you in the inbox.") }];
  return rows.map((row) => ({ key: `new-${row.ask.id}`, text: announcement(row.ask, agentOf(row)) }));
}

/** Those that the agent has withdrawn need no words: its turn has ended, which is said elsewhere. */
function settledAsks(rows: readonly AskRow[]): Said[] {
  return rows.flatMap((row) => {
    if (!row.settled || row.settled.by === "withdrawn") return [];
    const where = row.settled.by === "person" ? `${t("Answered outside this window.")} ` : "";
    return [{ key: `settled-${row.ask.id}`, text: `${where}${askTitle(row.ask, agentOf(row))}. ${settledWords(row.ask, row.settled)}.` }];
  });
}

function agentOf(row: AskRow) {
  return { id: row.agent, name: row.agent_name };
}

function isAnsweredHere(mutations: ReadonlyArray<{ state: { status: string; variables: unknown } }>, ask: string): boolean {
  return mutations.some(({ state }) => {
    const request = state.variables as Request | undefined;
    return state.status !== "error" && request?.op === "answer_ask" && request.ask === ask;
  });
}
