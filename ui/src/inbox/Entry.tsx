/** An entry of the inbox besides the asks: what happened to whom, since when, and what to do. */
import { Bot, BookOpen, Box, ListChecks, Mail, type LucideIcon, Play } from "lucide-react";
import { useLayoutEffect, useRef } from "react";
import type { InboxEntry, InboxKind } from "../bridge";
import { useRequest } from "../data/context";
import { entryPlace, entryStep, entryText, entryTitle } from "../data/inbox";
import { needsPerson } from "../data/status";
import { ago, exactTime } from "../data/time";
import { Button } from "../design/Button";
import { cx } from "../design/cx";
import { Dot } from "../design/Dot";
import { InlineError } from "../design/states";
import { useNow } from "../design/useNow";
import { t } from "../words";

const ICONS: Record<InboxKind, LucideIcon> = { failed: Bot, trouble: Bot, mail: Mail, memory: BookOpen, stack: Box, quest: ListChecks, finished: Bot };
const LINK = "inline-flex items-center rounded-lg border border-line bg-surface px-3 py-1.5 text-sm font-medium hover:bg-hover";

export function Entry({ entry }: { entry: InboxEntry }) {
  const now = useNow(false);
  const request = useRequest();
  const see = useRequest();
  const Icon = ICONS[entry.kind] ?? Bot;
  const { text, next } = entryText(entry);
  const place = entryPlace(entry);
  const step = entryStep(entry);
  const title = entryTitle(entry);
  const open = useRef<HTMLAnchorElement>(null);
  const hasFocus = useRef(false);
  // An agent that was resumed leaves the list, and the focus with it. A button that is disabled meanwhile tells no blur.
  useLayoutEffect(
    () => () => {
      if (hasFocus.current) document.querySelector<HTMLElement>("[data-inbox-title]")?.focus();
    },
    [],
  );
  const markRead = () => {
    // The button goes once the entry is read.
    open.current?.focus();
    setSeen();
  };
  const setSeen = () => see.mutate({ op: "see_inbox", entries: [entry.id] });
  const resume = () => {
    const { agent } = entry;
    if (agent === null) return;
    request.mutate({ op: "resume", agent, id: crypto.randomUUID() });
    if (!entry.is_seen) setSeen();
  };
  return (
    <li onFocus={() => void (hasFocus.current = true)} onBlur={() => void (hasFocus.current = false)}>
      <div role="group" aria-label={title} data-entry={entry.is_seen ? "seen" : "new"} className={cx("my-2 rounded-xl border bg-surface p-4", needsPerson(entry) ? "border-bad/50" : "border-line")}>
        <p className="flex items-center gap-2 text-sm">
          <Icon className={cx("size-4 shrink-0", entry.kind === "finished" ? "text-accent" : "text-bad")} aria-hidden />
          <span className={cx("min-w-0 [overflow-wrap:anywhere]", !entry.is_seen && "font-semibold")}>{title}</span>
          {!entry.is_seen && (
            <span className="flex shrink-0 items-center gap-1 text-xs text-ink-2">
              <Dot tone={entry.kind === "finished" ? "good" : "bad"} /> {t("New")}
            </span>
          )}
          <span className="ms-auto shrink-0 text-xs text-ink-3" title={exactTime(entry.since)}>
            {ago(entry.since, now)}
          </span>
        </p>
        {(text || next) && (
          <p className="mt-1.5 text-sm [overflow-wrap:anywhere]">
            {text} {next && <span className="text-ink-2">{next}</span>}
          </p>
        )}
        <div className="mt-3 flex flex-wrap items-center gap-2">
          <a ref={open} href={place.href} onClick={entry.is_seen ? undefined : setSeen} className={LINK}>
            {place.label}
          </a>
          {step?.do === "open" && (
            <a href={step.href} onClick={entry.is_seen ? undefined : setSeen} className={LINK}>
              {step.label}
            </a>
          )}
          {step?.do === "resume" && (
            <Button disabled={request.isPending} onClick={resume}>
              <Play className="size-3.5" aria-hidden /> {step.label}
            </Button>
          )}
          {!entry.is_seen && (
            <Button look="quiet" disabled={see.isPending} onClick={markRead}>
              {t("Mark as read")}
            </Button>
          )}
        </div>
        <InlineError problem={request.error ?? see.error} />
      </div>
    </li>
  );
}
