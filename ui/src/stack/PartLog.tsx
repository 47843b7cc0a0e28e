/** The last lines of a service's log, read when it is opened. It is a stranger's text and shown as text only. */
import { RotateCw } from "lucide-react";
import { useLayoutEffect, useRef } from "react";
import { plainText } from "../data/plainText";
import { useStackLog } from "../data/stack";
import { Button } from "../design/Button";
import { CopyButton } from "../design/CopyButton";
import { NotCopied, QueryView } from "../design/states";
import { useCopy } from "../design/useCopy";
import { t } from "../words";

export function PartLog({ part, title }: { part: string; title: string }) {
  const log = useStackLog(part);
  return (
    <QueryView query={log}>
      {(lines) => (lines.length === 0 ? <p className="text-sm text-ink-3">{t("It has written nothing yet.")}</p> : <Lines title={title} text={lines.map(plainText).join("\n")} isReading={log.isFetching} onRead={() => void log.refetch()} />)}
    </QueryView>
  );
}

function Lines({ title, text, isReading, onRead }: { title: string; text: string; isReading: boolean; onRead: () => void }) {
  const box = useRef<HTMLPreElement>(null);
  const [copying, copy] = useCopy();
  useLayoutEffect(() => {
    // The newest lines are the last ones.
    if (box.current) box.current.scrollTop = box.current.scrollHeight;
  }, [text]);
  return (
    <>
      <pre ref={box} tabIndex={0} aria-label={t("Log of {what}", { what: title })} className="code max-h-56 overflow-auto rounded-lg border border-line p-3 text-xs whitespace-pre-wrap [overflow-wrap:anywhere]">
        {text}
      </pre>
      <NotCopied state={copying} />
      <div className="mt-2 flex flex-wrap gap-2">
        <CopyButton what={t("the log of {what}", { what: title })} state={copying} onCopy={() => copy(text)} />
        <Button aria-label={t("Read again: the log of {what}", { what: title })} disabled={isReading} onClick={onRead}>
          <RotateCw className="size-4" aria-hidden /> {t("Read again")}
        </Button>
      </div>
    </>
  );
}
