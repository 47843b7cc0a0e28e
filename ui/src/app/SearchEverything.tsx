/** Finds a text in the messages of all conversations and in all pages of memory, each with a link to its place. In the palette. */
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { Command } from "cmdk";
import { BookOpen, MessageCircle } from "lucide-react";
import { type ReactNode, useEffect, useState } from "react";
import type { HostError, Message } from "../bridge";
import { Hit } from "../design/Hit";
import { InlineError } from "../design/states";
import { useHost } from "../data/context";
import { keys } from "../data/keys";
import { toAgent, toLine } from "../data/links";
import { useAgents, useMemorySearch } from "../data/queries";
import { ago } from "../data/time";
import { t } from "../words";
import { Group } from "./PaletteGroup";

/** How many messages, and lines of memory, are shown first, and more each time. */
const PAGE = 30;
const ROW = "flex cursor-pointer items-center gap-2.5 rounded-lg px-3 py-2 text-sm data-[selected=true]:bg-hover";
const ICON = "size-4 shrink-0 text-ink-3";

/** The person types on within this time: a text is searched once it has stood for so long. */
const PAUSE_MS = 150;

export function SearchEverything({ text, onGo }: { text: string; onGo: (href: string) => () => void }) {
  const wanted = text.trim();
  const query = useSettled(wanted);
  const host = useHost();
  const [shown, setShown] = useState({ messages: PAGE, lines: PAGE });
  const messages = useQuery<{ hits: Message[]; query: string }, HostError>({
    queryKey: [...keys.search("", query), shown.messages],
    // One more than is shown, to know whether there are more.
    queryFn: async () => ({ hits: await host.call("search", { text: query, agent: null, limit: shown.messages + 1 }), query }),
    enabled: query !== "",
    placeholderData: keepPreviousData,
  });
  const lines = useMemorySearch(query);
  const names = new Map(useAgents().data?.map((agent) => [agent.id, agent.name]));
  const found = { messages: messages.data?.hits ?? [], lines: lines.data ?? [] };
  // What is found for an earlier text stays until there is something newer, but Enter does not open it.
  const isOld = { messages: messages.data?.query !== wanted, lines: query !== wanted };
  const isSearching = (isOld.messages && !messages.error) || isOld.lines || (!lines.data && !lines.error);
  // cmdk selects new rows only, so rows for another query get new keys.
  const keyOf = (of: string | undefined, place: string) => `${of} ${place}`;
  const isNothing = messages.data?.hits.length === 0 && lines.data?.length === 0;
  return (
    <>
      <InlineError problem={messages.error ?? lines.error} />
      <p role="status" className="px-3 py-2 text-sm text-ink-3 empty:hidden">
        {isSearching ? t("Searching…") : isNothing ? t("No matches.") : null}
      </p>
      <Group heading={t("Messages")}>
        {found.messages.slice(0, shown.messages).map((hit) => (
          <Command.Item key={keyOf(messages.data?.query, `${hit.agent} ${hit.seq}`)} disabled={isOld.messages} value={`message ${hit.agent} ${hit.seq}`} onSelect={onGo(toAgent(hit.agent, `seq-${hit.seq}`))} className={ROW}>
            <MessageCircle className={ICON} aria-hidden />
            <HitText text={hit.text} query={query} />
            <Where>
              <bdi>{names.get(hit.agent) ?? hit.agent}</bdi>, {ago(hit.at, Date.now())}
            </Where>
          </Command.Item>
        ))}
        {found.messages.length > shown.messages && [<More key="more" value="more messages" onSelect={() => setShown({ ...shown, messages: shown.messages + PAGE })} />]}
      </Group>
      <Group heading={t("Memory")}>
        {found.lines.slice(0, shown.lines).map((hit) => (
          <Command.Item key={keyOf(query, `${hit.path}:${hit.line}`)} disabled={isOld.lines} value={`line ${hit.path}:${hit.line}`} onSelect={onGo(toLine(hit.path, hit.line))} className={ROW}>
            <BookOpen className={ICON} aria-hidden />
            <HitText text={hit.text} query={query} />
            <Where>
              <bdi>{hit.path}</bdi>:{hit.line}
            </Where>
          </Command.Item>
        ))}
        {found.lines.length > shown.lines && [<More key="more" value="more lines" onSelect={() => setShown({ ...shown, lines: shown.lines + PAGE })} />]}
      </Group>
    </>
  );
}

/** The text once it has not changed for a while; the first one at once. */
function useSettled(text: string): string {
  const [settled, setSettled] = useState(text);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(text), PAUSE_MS);
    return () => clearTimeout(timer);
  }, [text]);
  return settled;
}

function HitText({ text, query }: { text: string; query: string }) {
  return (
    <span dir="auto" className="min-w-0 grow truncate">
      <Hit text={text} query={query} />
    </span>
  );
}

function Where({ children }: { children: ReactNode }) {
  return <span className="max-w-[45%] shrink-0 truncate text-xs text-ink-3">{children}</span>;
}

function More({ value, onSelect }: { value: string; onSelect: () => void }) {
  return (
    <Command.Item value={value} onSelect={onSelect} className={`${ROW} text-ink-2`}>
      {t("Show more matches")}
    </Command.Item>
  );
}
