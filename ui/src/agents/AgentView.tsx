/** One agent: its transcript, its files and its log, with controls to message, stop and resume it. */
import { ArrowLeft, Bot, Search } from "lucide-react";
import { lazy, Suspense, useEffect, useMemo, useState } from "react";
import type { Agent } from "../bridge";
import { IconButton } from "../design/Button";
import { Dot, TEXT } from "../design/Dot";
import { cx } from "../design/cx";
import { Empty, InlineError, Loading } from "../design/states";
import { type Tab, Tabs } from "../design/Tabs";
import { useRequest } from "../data/context";
import { useIsFinishing } from "../data/finishing";
import { useTrouble } from "../data/health";
import { toAgents } from "../data/links";
import { exactMoney, money } from "../data/money";
import { agentState, isBusy } from "../data/status";
import { Composer } from "../journal/Composer";
import { ConversationSearch } from "../journal/ConversationSearch";
import type { Target } from "../journal/isTarget";
import { TranscriptView } from "../journal/TranscriptView";
import { counted, t, type Text } from "../words";
import { Controls } from "./Controls";
import { Elapsed } from "./Elapsed";

const WorkFiles = lazy(() => import("./WorkFiles"));
const ChannelLog = lazy(() => import("./ChannelLog"));
const TurnTimeline = lazy(() => import("./TurnTimeline"));

type TabName = "transcript" | "files" | "timeline" | "log";

const FILES = { value: "files", label: "Files" } as const;
const TABS: ReadonlyArray<Tab<TabName> & { label: Text }> = [
  { value: "transcript", label: "Transcript" },
  { value: "timeline", label: "Timeline" },
  { value: "log", label: "Log" },
];
/** Only an agent in the workbench has files of its own. */
const WORKBENCH_TABS: typeof TABS = [...TABS.slice(0, 1), FILES, ...TABS.slice(1)];

export function AgentView({ agent, at }: { agent: Agent; at: string | null }) {
  const [tab, setTab] = useState<TabName>("transcript");
  const request = useRequest();
  const [searching, setSearching] = useState(false);
  const linked = useMemo(() => linkTarget(at), [at]);
  const [found, setFound] = useState<Target | null>(null);
  useEffect(() => setFound(null), [linked]);
  const { label, tone } = agentState(agent, useIsFinishing(agent), useTrouble(agent.id) !== undefined);
  return (
    <>
      <header className="flex min-h-13 shrink-0 flex-wrap items-center gap-x-3 gap-y-1 pt-2 pe-3 ps-6 @2xl/view:pe-6">
        <a href={toAgents} className="@2xl/view:hidden" aria-label={t("All agents")}>
          <ArrowLeft className="size-4 rtl:-scale-x-100" aria-hidden />
        </a>
        <h2 dir="auto" className="font-semibold">{agent.name}</h2>
        <span className={cx("flex items-center gap-1.5 text-xs", TEXT[tone])}>
          <Dot tone={tone} /> {label}
        </span>
        <Elapsed agent={agent} />
        <span className="text-xs text-ink-3 tabular-nums" title={counted(agent.turn, "{amount}, {n} turn", "{amount}, {n} turns", { amount: exactMoney(agent.spent) })}>
          {money(agent.spent)}
          {agent.allowance !== null && isBusy(agent) && `, ${t("{amount} left", { amount: money(agent.allowance) })}`}
          {agent.unknown > 0 && `, ${t("plus up to {amount} for calls of unknown cost", { amount: money(agent.unknown) })}`}
        </span>
        <span className="text-xs text-ink-3">{agent.model}</span>
        {agent.mind === "session" && (
          <span className="text-xs text-ink-3" title={agent.why ?? undefined}>
            {t("in the workbench")}
          </span>
        )}
        <span className="ms-auto flex gap-2">
          <Controls agent={agent} request={request} />
          {tab === "transcript" && (
            <IconButton data-find label={t("Search the conversation of {name}", { name: agent.name })} aria-pressed={searching} onClick={() => setSearching(!searching)}>
              <Search className="size-4" aria-hidden />
            </IconButton>
          )}
        </span>
        <InlineError problem={request.error} />
      </header>
      <Tabs label={agent.name} tabs={(agent.mind === "session" ? WORKBENCH_TABS : TABS).map((one) => ({ ...one, label: t(one.label) }))} value={tab} onChange={setTab}>
        {tab === "transcript" ? (
          <>
            {searching && <ConversationSearch agent={agent.id} name={agent.name} onPick={(seq) => setFound({ seq })} onClose={() => setSearching(false)} />}
            <TranscriptView agent={agent.id} target={found ?? linked} empty={<Empty icon={Bot} title={t("No messages yet")} />} />
            <Composer agent={agent.id} placeholder={t("Message {name}", { name: agent.name })} />
          </>
        ) : tab === "files" ? (
          // Read only once it is opened: the host asks the workbench.
          <Suspense fallback={<Loading />}>
            <WorkFiles agent={agent.id} />
          </Suspense>
        ) : tab === "timeline" ? (
          <Suspense fallback={<Loading />}>
            <TurnTimeline agent={agent} />
          </Suspense>
        ) : (
          <Suspense fallback={<Loading />}>
            <ChannelLog channel={agent.id} isOfAgent />
          </Suspense>
        )}
      </Tabs>
    </>
  );
}

/** What a link leads to: `seq-12` is an event, all else a tool call. */
function linkTarget(at: string | null): Target | null {
  const seq = /^seq-(\d{1,15})$/.exec(at ?? "")?.[1];
  if (seq !== undefined) return { seq: Number(seq) };
  return at ? { effect: at } : null;
}
