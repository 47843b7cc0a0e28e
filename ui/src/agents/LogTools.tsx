/** What can be done with a channel of the log: filter, pause and follow, copy, export. */
import { useMutation } from "@tanstack/react-query";
import { Download, Pause, Play, Search } from "lucide-react";
import type { HostError, LogLine } from "../bridge";
import { Button } from "../design/Button";
import { CopyButton } from "../design/CopyButton";
import { InlineError, NotCopied } from "../design/states";
import { useCopy } from "../design/useCopy";
import { useHost } from "../data/context";
import { plainText } from "../data/plainText";
import { counted, t } from "../words";

interface Props {
  channel: string;
  filter: string;
  lines: readonly LogLine[];
  text: string;
  onText: (text: string) => void;
  isPaused: boolean;
  onPause: (isPaused: boolean) => void;
}

export function LogTools({ channel, filter, lines, text, onText, isPaused, onPause }: Props) {
  const host = useHost();
  const [copying, copy] = useCopy();
  const exported = useMutation<string, HostError>({ mutationFn: () => host.call("export_log", { channel, filter: filter || null }) });
  const Icon = isPaused ? Play : Pause;
  return (
    <div className="shrink-0 px-6 py-2">
      <div className="flex flex-wrap items-center gap-2">
        <label className="flex min-w-40 grow items-center gap-2 rounded-lg border border-line bg-surface px-2.5 py-1.5 text-sm focus-within:border-accent">
          <Search className="size-4 shrink-0 text-ink-3" aria-hidden />
          <input type="search" data-find aria-label={t("Filter the log")} placeholder={t("Filter")} value={text} onChange={(event) => onText(event.target.value)} className="w-full min-w-0 bg-transparent outline-none" />
        </label>
        <Button onClick={() => onPause(!isPaused)}>
          <Icon className="size-4" aria-hidden /> {isPaused ? t("Follow") : t("Pause")}
        </Button>
        <CopyButton what={counted(lines.length, "{n} line", "{n} lines")} state={copying} disabled={lines.length === 0} onCopy={() => copy(lines.map(asText).join("\n"))} />
        <Button disabled={exported.isPending} onClick={() => exported.mutate()}>
          <Download className="size-4" aria-hidden /> {t("Export")}
        </Button>
      </div>
      <NotCopied state={copying} />
      {/* In the document from the start, so that the text that comes is announced. */}
      <div role="status" className="text-sm text-ink-2 [overflow-wrap:anywhere]">
        {exported.data !== undefined && <p className="mt-1.5">{t("Exported to {path}", { path: exported.data })}</p>}
        {isPaused && <p className="mt-1.5">{t("Paused. What comes meanwhile is shown when you follow again.")}</p>}
      </div>
      <InlineError problem={exported.error} />
    </div>
  );
}

/** A line as it is copied. */
function asText(line: LogLine): string {
  return plainText(`${new Date(line.at).toISOString().replace("T", " ").slice(0, 19)} UTC  ${line.name}: ${line.text}`);
}
