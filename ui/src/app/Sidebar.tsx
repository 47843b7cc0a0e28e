/** Navigation: the views, the agents at work and the account button. */
import { Search, Sprout } from "lucide-react";
import { AccountButton } from "../account/AccountButton";
import { lazy, Suspense } from "react";
import { cx } from "../design/cx";
import { Dot } from "../design/Dot";
import { useNow } from "../design/useNow";
import { GROW } from "../data/journals";
import { type Place, toAgent } from "../data/links";
import { money } from "../data/money";
import { useAgents, useInbox } from "../data/queries";
import { SHORTCUTS } from "../data/shortcuts";
import { MOD } from "../data/system";
import { agentState, isBusy, openAsks, openProblems, waitingWords } from "../data/status";
import { duration } from "../data/time";
import { counted, t } from "../words";
import { VIEWS } from "./views";

// Nothing is known to be unread before the first paint.
const UnreadCount = lazy(() => import("./UnreadCount"));

/** Marks that agents are at work when the sidebar is too narrow to list them. */
function AtWorkMark({ count }: { count: number }) {
  if (count === 0) return null;
  return (
    <span className="@3xl/window:hidden">
      <Dot tone="active" className="absolute top-1 end-1 ring-2 ring-sunken" />
      <span className="sr-only">{counted(count, "{n} at work", "{n} at work")}</span>
    </span>
  );
}

/** The number of questions and problems that wait for the person. */
function WaitingBadge({ questions, problems }: { questions: number; problems: number }) {
  const count = questions + problems;
  if (count === 0) return null;
  return (
    <>
      <span aria-hidden className="absolute top-0 end-0 grid h-4.5 min-w-4.5 place-items-center rounded-full bg-warn px-1 text-xs font-medium text-surface tabular-nums @3xl/window:static @3xl/window:ms-auto">
        {count > 99 ? "99+" : count}
      </span>
      <span className="sr-only">{waitingWords(questions, problems)}</span>
    </>
  );
}

export function Sidebar({ place, onPalette }: { place: Place; onPalette: () => void }) {
  const agents = useAgents().data ?? [];
  const inbox = useInbox().data ?? [];
  const atWork = agents.filter(isBusy).length;
  return (
    <nav aria-label={t("Main")} className="flex w-14 shrink-0 flex-col gap-1 border-e border-line bg-sunken p-2 @3xl/window:w-52 @3xl/window:p-3">
      <p className="flex h-9 items-center gap-2.5 px-2 font-semibold">
        <Sprout className="size-5 shrink-0 text-accent" aria-hidden />
        <span className="hidden @3xl/window:inline">GrowQR</span>
      </p>
      {VIEWS.map(({ view, label, icon: Icon, href }) => (
        <a
          key={view}
          href={href}
          aria-current={place.view === view ? "page" : undefined}
          title={`${t(label)} (${SHORTCUTS[view][0]})`}
          className={cx("relative flex h-9 items-center gap-2.5 rounded-lg px-2.5 text-sm", place.view === view ? "bg-surface font-medium shadow-sm" : "text-ink-2 hover:bg-hover")}
        >
          <Icon className={cx("size-4 shrink-0", place.view === view && "text-accent")} aria-hidden />
          <span className="sr-only @3xl/window:not-sr-only">{t(label)}</span>
          {view === "inbox" && <WaitingBadge questions={openAsks(agents)} problems={openProblems(inbox)} />}
          {view === "agents" && <AtWorkMark count={atWork} />}
          {(view === "chat" || view === "agents") && (
            <Suspense fallback={null}>
              <UnreadCount of={view === "chat" ? GROW : "sub-agents"} className="absolute end-0 bottom-0 @3xl/window:static @3xl/window:ms-auto" />
            </Suspense>
          )}
        </a>
      ))}
      <button type="button" onClick={onPalette} className="flex h-9 cursor-pointer items-center gap-2.5 rounded-lg px-2.5 text-sm text-ink-2 hover:bg-hover">
        <Search className="size-4 shrink-0" aria-hidden />
        <span className="sr-only @3xl/window:not-sr-only">{t("Go to…")}</span>
        <kbd aria-hidden className="ms-auto hidden font-sans text-xs text-ink-3 @3xl/window:inline">{MOD} {SHORTCUTS.palette[0].at(-1)}</kbd>
      </button>
      <AtWork />
      <AccountButton />
    </nav>
  );
}

function AtWork() {
  const busy = (useAgents().data ?? []).filter(isBusy);
  const now = useNow(busy.length > 0);
  if (busy.length === 0) return null;
  return (
    <section aria-labelledby="at-work" className="mt-4 hidden min-h-0 flex-col @3xl/window:flex">
      <h2 id="at-work" className="px-2.5 pb-1 text-xs font-medium text-ink-3">
        {t("At work")}
      </h2>
      <ul className="min-h-0 overflow-y-auto">
        {busy.map((agent) => (
          <li key={agent.id}>
            <a href={toAgent(agent.id)} className="rise flex items-center gap-2 rounded-lg px-2.5 py-1.5 text-sm hover:bg-hover">
              <Dot tone={agentState(agent).tone} />
              <span className="-me-1 truncate">{agent.name}</span>
              {agent.parent !== null && (
                <Suspense fallback={null}>
                  <UnreadCount of={agent.id} />
                </Suspense>
              )}
              <span className="ms-auto text-xs whitespace-nowrap text-ink-3 tabular-nums" title={money(agent.spent)}>
                {agent.parent === null ? agentState(agent).label : duration(now - agent.created_at)}
              </span>
            </a>
          </li>
        ))}
      </ul>
    </section>
  );
}
