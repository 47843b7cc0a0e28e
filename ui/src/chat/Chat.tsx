/** The conversation with the Grow Agent. */
import { Search, Sprout } from "lucide-react";
import { lazy, Suspense, useState } from "react";
import { IconButton } from "../design/Button";
import { Dot } from "../design/Dot";
import { Meter } from "../design/Meter";
import { Empty } from "../design/states";
import { useAnswerer } from "../data/answerer";
import { useIsFinishing } from "../data/finishing";
import { GROW } from "../data/journals";
import { toSettings } from "../data/links";
import { exactMoney, money, share } from "../data/money";
import { useAgents, useBudget } from "../data/queries";
import { agentState, tree } from "../data/status";
import { Composer } from "../journal/Composer";
import type { Target } from "../journal/isTarget";
import { TranscriptView } from "../journal/TranscriptView";
import { t } from "../words";

// None of them is needed for the first paint.
const ConversationSearch = lazy(async () => ({ default: (await import("../journal/ConversationSearch")).ConversationSearch }));
const Suggestions = lazy(async () => ({ default: (await import("./Suggestions")).Suggestions }));
const ChatActions = lazy(async () => ({ default: (await import("./ChatActions")).ChatActions }));

export default function Chat({ searching, onSearching }: { searching: boolean; onSearching: (open: boolean) => void }) {
  const [target, setTarget] = useState<Target | null>(null);
  const answerer = useAnswerer();
  const isGuide = answerer === "guide" || answerer === "no_key";
  return (
    <section aria-label={t("Chat")} className="flex h-full min-w-0 flex-col">
      <Header searching={searching} onSearching={onSearching} />
      {searching && (
        <Suspense>
          <ConversationSearch agent={GROW} name="Grow Agent" onPick={(seq) => setTarget({ seq })} onClose={() => onSearching(false)} />
        </Suspense>
      )}
      {isGuide && (
        <p className="border-b border-line bg-warn-soft px-6 py-1.5 text-sm text-ink-2">
          {t("The built-in guide follows fixed rules. It has no AI.")}{" "}
          <a className="font-medium text-accent-ink underline" href={toSettings}>
            {answerer === "guide" ? t("Choose a model") : t("Add a key")}
          </a>
        </p>
      )}
      <TranscriptView
        agent={GROW}
        target={target}
        empty={
          <Empty icon={Sprout} title={t("What would you like to grow?")}>
            <p>{t("Say what you are working on. Your Grow Agent remembers what matters, in pages that you own.")}</p>
            <Suspense fallback={<div className="h-14" />}>
              <Suggestions agent={GROW} guide={isGuide} />
            </Suspense>
          </Empty>
        }
      />
      <Composer agent={GROW} placeholder={t("Message your Grow Agent")} hasControls />
    </section>
  );
}

function Header({ searching, onSearching }: { searching: boolean; onSearching: (open: boolean) => void }) {
  const agents = useAgents().data ?? [];
  const budget = useBudget().data;
  const root = tree(agents).find((node) => node.agent.id === GROW);
  const { label, tone } = agentState(root?.agent, useIsFinishing(root?.agent));
  return (
    <header className="relative flex h-13 shrink-0 items-center gap-1 border-b border-line pe-2 ps-4 @sm/view:gap-3 @sm/view:pe-3 @sm/view:ps-6 @2xl/view:pe-6">
      <h2 className="min-w-0 truncate font-semibold @sm/view:shrink-0">Grow Agent</h2>
      <span className="flex min-w-2 shrink-0 items-center gap-1.5 text-xs text-ink-3 @sm/view:shrink">
        <Dot tone={tone} /> <span className="sr-only @sm/view:not-sr-only @sm/view:overflow-hidden @sm/view:text-ellipsis @sm/view:whitespace-nowrap">{label}</span>
      </span>
      <div className="ms-auto flex flex-col items-end text-xs whitespace-nowrap tabular-nums @md/view:flex-row @md/view:items-center @md/view:gap-3">
        {root && (
          <span className="px-2 text-ink-3" title={t("{amount} since the beginning", { amount: exactMoney(root.total) })}>
            {t("{amount} in all", { amount: money(root.total) })}
          </span>
        )}
        {budget && (
          <a href={toSettings} className="flex items-center gap-2 rounded-lg px-2 text-ink-2 hover:bg-hover @md/view:py-1" title={t("Today's budget")}>
            <Meter label={t("Today's budget")} value={share(budget.used_day, budget.per_day)} text={t("{some} of {all}", { some: money(budget.used_day), all: money(budget.per_day) })} className="hidden @3xl/view:block @3xl/view:w-20" />
            <span className="@md/view:hidden">{t("{amount} today", { amount: money(budget.used_day) })}</span>
            <span className="hidden @md/view:inline">{t("{some} of {all} today", { some: money(budget.used_day), all: money(budget.per_day) })}</span>
          </a>
        )}
      </div>
      <Suspense fallback={<span className="h-8 w-19 shrink-0" />}>
        <ChatActions />
      </Suspense>
      <IconButton label={t("Search this conversation")} aria-pressed={searching} onClick={() => onSearching(!searching)}>
        <Search className="size-4" aria-hidden />
      </IconButton>
    </header>
  );
}
