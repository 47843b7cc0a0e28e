/** A sub-agent's report: one line that expands to its text. */
import { Bot, Mail } from "lucide-react";
import { Disclosure } from "../design/Disclosure";
import { Markdown } from "../design/Markdown";
import { toAgent } from "../data/links";
import { money } from "../data/money";
import { useOpenPage } from "../data/openPage";
import { t } from "../words";
import { rich } from "../words/rich";
import type { Reported } from "./items";

const REPORT_ENDINGS = { done: "{name} reported back", failed: "{name} could not finish", cancelled: "{name} was stopped", limit: "{name} reached its limit" } as const;

export function ReportRow({ item }: { item: Reported }) {
  const { report } = item;
  const openPage = useOpenPage(null);
  const summary = (
    <>
      <Mail className="size-4 shrink-0 text-ink-3" aria-hidden />
      <span className="truncate">
        {rich(REPORT_ENDINGS[report.ending] ?? REPORT_ENDINGS.done, { name: <bdi className="font-medium text-ink">{report.name}</bdi> })}
      </span>
      <span className="ms-auto ps-3 text-xs text-ink-3 tabular-nums">{money(report.spent)}</span>
    </>
  );
  return (
    <Disclosure summary={summary}>
      {() => (
        <div className="rounded-lg border border-line bg-surface p-3 text-sm">
          <Markdown text={report.text || `(${t("no text")})`} onPage={openPage} />
          <a href={toAgent(item.from)} className="mt-2 inline-flex items-center gap-1 text-xs text-accent-ink underline">
            <Bot className="size-3.5" aria-hidden /> {t("Open sub-agent")}
          </a>
        </div>
      )}
    </Disclosure>
  );
}
