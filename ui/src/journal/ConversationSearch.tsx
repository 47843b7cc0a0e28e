/** Searches the messages of one agent's conversation. */
import { X } from "lucide-react";
import { type KeyboardEvent, useDeferredValue, useState } from "react";
import { IconButton } from "../design/Button";
import { Input } from "../design/Field";
import { Hit } from "../design/Hit";
import { InlineError } from "../design/states";
import { SEARCH_LIMIT, useMessageSearch } from "../data/queries";
import { ago } from "../data/time";
import { t } from "../words";

export function ConversationSearch(props: { agent: string; name: string; onPick: (seq: number) => void; onClose: () => void }) {
  const [text, setText] = useState("");
  const query = useDeferredValue(text.trim());
  const found = useMessageSearch(props.agent, query);
  const hits = (found.data ?? []).slice(0, SEARCH_LIMIT);
  const isCut = (found.data?.length ?? 0) > SEARCH_LIMIT;
  // The index of the hit that the transcript shows.
  const [at, setAt] = useState<number | null>(null);
  // Closing returns the focus to the composer.
  const close = () => {
    props.onClose();
    document.querySelector<HTMLElement>("[data-composer]")?.focus();
  };
  const pick = (index: number) => {
    const hit = hits[index];
    if (!hit) return;
    setAt(index);
    props.onPick(hit.seq);
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key !== "Enter" || event.nativeEvent.isComposing || hits.length === 0) return;
    event.preventDefault();
    const step = event.shiftKey ? hits.length - 1 : 1;
    pick(at === null ? 0 : (at + step) % hits.length);
  };
  return (
    <div role="search" className="border-b border-line bg-sunken px-6 py-2" onKeyDown={(event) => event.key === "Escape" && close()}>
      <div className="flex items-center gap-2">
        <Input autoFocus type="search" aria-label={t("Search this conversation")} placeholder={t("Search this conversation")} value={text} onChange={(event) => (setText(event.target.value), setAt(null))} onKeyDown={onKeyDown} />
        <IconButton label={t("Close search")} onClick={close}>
          <X className="size-4" aria-hidden />
        </IconButton>
      </div>
      <InlineError problem={found.error} />
      <p role="status" className="mt-1 px-2 text-xs text-ink-3 empty:hidden">
        {query && found.data && (hits.length === 0 ? t("No matches.") : at === null ? `${isCut ? t("More than {n} found.", { n: hits.length }) : t("{n} found.", { n: hits.length })} ${t("Press Enter to show the newest, then older ones.")}` : t("{some} of {all}", { some: at + 1, all: hits.length }))}
        {query && isCut && ` ${t("Only the newest {n} are listed. Add words to find older ones.", { n: SEARCH_LIMIT })}`}
      </p>
      {query && found.data && (
        <ul aria-label={t("Results")} className="mt-1 max-h-64 overflow-y-auto">
          {hits.map((hit, index) => (
            <li key={hit.seq}>
              <button type="button" aria-current={index === at ? "true" : undefined} className="flex w-full cursor-pointer gap-3 rounded-md px-2 py-1 text-start text-sm hover:bg-hover aria-current:bg-hover" onClick={() => pick(index)}>
                <span className="w-20 shrink-0 truncate text-ink-3">{hit.author === "person" ? t("You") : typeof hit.author === "object" && hit.author.agent !== props.agent ? t("Task") : props.name}</span>
                <span dir="auto" className="min-w-0 grow truncate"><Hit text={hit.text} query={query} /></span>
                <span className="shrink-0 text-xs text-ink-3">{ago(hit.at, Date.now())}</span>
              </button>
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}
