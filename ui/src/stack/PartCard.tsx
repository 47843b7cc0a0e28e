/** One service: its state, version, address and figures, the progress of its download, and its log. */
import type { ReactNode } from "react";
import type { StackPart } from "../bridge";
import { bytes } from "../data/bytes";
import { plainText } from "../data/plainText";
import { Disclosure } from "../design/Disclosure";
import { ExternalLink, target } from "../design/links";
import { counted, t } from "../words";
import { Card, Found } from "./Card";
import { Download } from "./Download";
import { NewPassword } from "./NewPassword";
import { PartLog } from "./PartLog";
import { partState, partTitle, shortImage } from "./words";

export function PartCard({ part }: { part: StackPart }) {
  const { id, state } = part;
  const hasFailed = state === "failed";
  const hasRun = state === "running" || state === "starting" || state === "stopped" || hasFailed;
  return (
    <Card title={partTitle(part)} aside={`${plainText(part.name)}${part.version ? ` ${plainText(part.version)}` : ""}`} state={partState(part)}>
      <p lang="en" dir="auto" className="mt-1 text-sm text-ink-3 first-letter:uppercase">{plainText(part.purpose)}</p>
      <Found text={part.found} nextStep={part.next_step} isBad={hasFailed} />
      {state === "downloading" && part.progress && <Download key={part.image} title={partTitle(part)} progress={part.progress} />}
      <Figures part={part} />
      {hasRun && (
        // A failure opens the log. The key makes an earlier choice give way to it.
        <Disclosure key={hasFailed ? "failed" : "well"} open={hasFailed} summary={<span>{t("Last lines of its log")}</span>} className="mt-2 -ms-1.5">
          {() => <PartLog part={id} title={partTitle(part)} />}
        </Disclosure>
      )}
      {id === "gitea" && state === "running" && <NewPassword />}
    </Card>
  );
}

function Figures({ part }: { part: StackPart }) {
  const rows: Array<[string, ReactNode]> = [];
  if (part.url) rows.push([t("Address"), <Address key="address" part={part} url={part.url} />]);
  if (part.memory_bytes !== null) rows.push([t("Memory"), bytes(part.memory_bytes)]);
  if (part.disk_bytes !== null) rows.push([t("Disk"), bytes(part.disk_bytes)]);
  if (part.restarts > 0) rows.push([t("Restarts"), counted(part.restarts, "{n} after a failure", "{n} after failures")]);
  rows.push([t("Image"), <span key="image" title={plainText(part.image)} className="font-mono text-xs [overflow-wrap:anywhere]">{shortImage(plainText(part.image))}</span>]);
  return (
    <dl className="mt-3 grid grid-cols-[auto_1fr] gap-x-4 gap-y-1 text-sm">
      {rows.map(([name, value]) => (
        <div key={name} className="contents">
          <dt className="text-ink-3">{name}</dt>
          <dd className="min-w-0 tabular-nums">{value}</dd>
        </div>
      ))}
    </dl>
  );
}

/** Only Gitea has pages for people; OpenCode answers this program alone. */
function Address({ part, url }: { part: StackPart; url: string }) {
  const found = target(url);
  if (part.id === "gitea" && part.state === "running" && found?.kind === "web") return <ExternalLink href={url}>{found.owner}</ExternalLink>;
  return <span className="select-all [overflow-wrap:anywhere]">{found?.kind === "web" ? found.owner : plainText(url)}</span>;
}
