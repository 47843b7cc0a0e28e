/** The files that a sub-agent has changed in the workbench, each with its diff and its text. They are a stranger's: shown as text only. */
import { FolderOpen, RotateCw } from "lucide-react";
import { useState } from "react";
import type { WorkFile } from "../bridge";
import { plainText } from "../data/plainText";
import { useWorkFile, useWorkFiles } from "../data/stack";
import { Button } from "../design/Button";
import { CopyButton } from "../design/CopyButton";
import { Diff } from "../design/Diff";
import { Disclosure } from "../design/Disclosure";
import { Empty, InlineError, NotCopied, QueryView } from "../design/states";
import { useCopy } from "../design/useCopy";
import { t } from "../words";
import { KeepInMemory } from "./KeepInMemory";
import { copyCommand } from "./copyCommand";
import { isKeepable } from "./keepPath";

export default function WorkFiles({ agent }: { agent: string }) {
  const query = useWorkFiles(agent);
  return (
    <div role="region" aria-label={t("Files in the workbench")} tabIndex={0} className="min-h-0 grow overflow-y-auto px-6 py-4">
      <QueryView query={query}>
        {(files) =>
          files.length === 0 ? (
            <Empty icon={FolderOpen} title={t("No files")}>
              <p>{t("A sub-agent that works in the workbench leaves its files here.")}</p>
            </Empty>
          ) : (
            <div className="max-w-[52rem]">
              <div className="flex flex-wrap items-center gap-3">
                <p className="min-w-60 grow basis-0 text-sm text-ink-3">{t("Its own folder in the workbench. Other sub-agents in the workbench can read and change it.")}</p>
                <Button disabled={query.isFetching} onClick={() => void query.refetch()}>
                  <RotateCw className="size-4" aria-hidden /> {t("Read again")}
                </Button>
              </div>
              <InlineError problem={query.error} />
              <ul aria-label={t("Changed files")} className="mt-2 divide-y divide-line">
                {files.map((file) => (
                  <li key={file.path} className="py-1.5">
                    <Disclosure summary={<Summary file={file} />}>{() => <Details agent={agent} file={file} />}</Disclosure>
                  </li>
                ))}
              </ul>
            </div>
          )
        }
      </QueryView>
    </div>
  );
}

function Summary({ file }: { file: WorkFile }) {
  return (
    <span className="flex min-w-0 grow flex-wrap items-baseline gap-x-3">
      <span className="font-mono text-sm text-ink [overflow-wrap:anywhere]">{plainText(file.path)}</span>
      <span className="ms-auto text-xs tabular-nums">
        {file.added > 0 && <span className="text-accent-ink">+{file.added}</span>} {file.removed > 0 && <span className="text-bad">−{file.removed}</span>}
      </span>
    </span>
  );
}

/** The actions are above the diff, so that they do not move when a text loads. */
function Details({ agent, file }: { agent: string; file: WorkFile }) {
  const [shown, setShown] = useState<"diff" | "text">(file.diff === null ? "text" : "diff");
  const [keeping, setKeeping] = useState(false);
  const text = useWorkFile(agent, file.path);
  const [copying, copy] = useCopy();
  const words = text.data?.text ?? null;
  const name = plainText(file.path);
  const canKeep = isKeepable(file.path);
  return (
    <div className="space-y-2">
      <div className="flex flex-wrap items-center gap-2">
        {file.diff !== null && <Button onClick={() => setShown(shown === "diff" ? "text" : "diff")}>{shown === "diff" ? t("Show the whole text") : t("Show what changed")}</Button>}
        <CopyButton what={name} state={copying} disabled={words === null} onCopy={() => words !== null && copy(words)} />
        {canKeep && !keeping && (
          <Button disabled={words === null} onClick={() => setKeeping(true)}>
            {t("Keep in memory…")}
          </Button>
        )}
      </div>
      <NotCopied state={copying} />
      {keeping && text.data && words !== null && <KeepInMemory file={file.path} text={words} isCut={text.data.cut} onClose={() => setKeeping(false)} />}
      {shown === "diff" && file.diff !== null ? (
        <Diff text={plainText(file.diff)} />
      ) : (
        <QueryView query={text}>
          {({ text, cut, bytes }) => text === null ? <p className="text-sm text-ink-2">{t("This is not a text ({n} bytes), so it can be neither shown nor kept in memory.", { n: String(bytes) })}</p> : (
            <>
              <pre tabIndex={0} aria-label={t("Text of {page}", { page: name })} className="code max-h-[28rem] overflow-auto rounded-lg border border-line p-3 whitespace-pre-wrap [overflow-wrap:anywhere]">
                {plainText(text)}
              </pre>
              {cut && <p className="text-xs text-ink-3">{t("It is longer: only the beginning is shown and copied.")}</p>}
            </>
          )}
        </QueryView>
      )}
      {text.data && (words === null || text.data.cut) && (
        <p className="text-xs text-ink-3 [overflow-wrap:anywhere]">
          {t("To copy the whole file out of the workbench:")} <code className="font-mono">{copyCommand(agent, file.path)}</code>
        </p>
      )}
      {!canKeep && <p className="text-xs text-ink-3">{t("Only .md and .txt files can be kept in memory.")}</p>}
    </div>
  );
}
