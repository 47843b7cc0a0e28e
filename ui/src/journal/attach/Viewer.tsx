/** A dialog with an attached file: the whole image, or the beginning of the text. It is a stranger's: shown as text only. */
import { type ReactNode, useEffect, useId, useState } from "react";
import type { Attachment, HostError } from "../../bridge";
import { useContent } from "../../data/attachments";
import { plainText } from "../../data/plainText";
import { Button } from "../../design/Button";
import { Modal } from "../../design/Modal";
import { ErrorPanel, Loading } from "../../design/states";
import { t } from "../../words";
import { visible } from "../../words/visible";
import { bytesOf } from "./base64";
import { fileWords } from "./fileWords";
import { dataUrl, still } from "./picture";

/** Characters of a text that are shown: laying out more takes long. */
const SHOWN = 20_000;

/** Pixels of the longer side of a still copy. */
const STILL_SIDE = 2_000;

export function Viewer({ attachment, onClose }: { attachment: Attachment; onClose: () => void }) {
  const title = useId();
  return (
    <Modal labelledBy={title} width={attachment.kind === "pdf" ? undefined : "w-fit min-w-[min(20rem,92vw)] max-w-[92vw]"} onClose={onClose}>
      <h2 id={title} dir="auto" className="font-semibold [overflow-wrap:anywhere]">
        {visible(attachment.name)}
      </h2>
      <p className="text-sm text-ink-3">{fileWords(attachment)}</p>
      <div className="my-3">
        <Content attachment={attachment} />
      </div>
      <div className="flex justify-end">
        <Button onClick={onClose}>{t("Close")}</Button>
      </div>
    </Modal>
  );
}

function Content({ attachment }: { attachment: Attachment }) {
  const content = useContent(attachment.hash);
  if (content.data !== undefined) return <Shown attachment={attachment} base64={content.data} />;
  if (content.error) return isMissing(content.error) ? <Missing /> : <ErrorPanel problem={content.error} retry={() => void content.refetch()} />;
  return <Loading />;
}

/** Whether the host has the message, but not the content. */
function isMissing(error: HostError): boolean {
  return error.code === "not_found";
}

function Missing() {
  return (
    <p role="alert" className="max-w-prose text-sm">
      {t("The content of this file is missing.")} <span className="text-ink-2">{t("This happens after an older backup was restored, or if the data folder is damaged. If you still have the file, attach it again.")}</span>
    </p>
  );
}

function Shown({ attachment, base64 }: { attachment: Attachment; base64: string }) {
  switch (attachment.kind) {
    case "image":
      return <Picture attachment={attachment} base64={base64} />;
    case "text":
      return <Words name={visible(attachment.name)} base64={base64} />;
    case "pdf":
      return <Note>{t("GrowQR does not show the pages of PDF documents. The model reads them.")}</Note>;
    default:
      return <Note>{t("This version cannot show files of this kind.")}</Note>;
  }
}

/** Animations stand still if the person wants no motion. */
function Picture({ attachment, base64 }: { attachment: Attachment; base64: string }) {
  const url = dataUrl(attachment.media_type, base64);
  const isStill = matchMedia("(prefers-reduced-motion: reduce)").matches && /gif|webp/.test(attachment.media_type);
  const [source, setSource] = useState(isStill ? null : url);
  const [isBroken, setBroken] = useState(url === null);
  useEffect(() => {
    if (isStill && url !== null) still(url, STILL_SIDE).then(setSource, () => setBroken(true));
  }, [isStill, url]);
  if (isBroken) return <Note>{t("This picture cannot be shown. It may be damaged.")}</Note>;
  if (source === null) return <Loading />;
  return <img alt={visible(attachment.name)} src={source} draggable={false} onError={() => setBroken(true)} className="mx-auto max-h-[70vh] max-w-full rounded-lg border border-line object-contain" />;
}

function Words({ name, base64 }: { name: string; base64: string }) {
  const text = decoded(base64);
  return (
    <>
      <pre tabIndex={0} dir="auto" aria-label={t("Text of {name}", { name })} className="code max-h-[60vh] max-w-[46rem] overflow-auto rounded-lg border border-line p-3 whitespace-pre-wrap [overflow-wrap:anywhere]">
        {plainText(text.slice(0, SHOWN))}
      </pre>
      {text.length > SHOWN && <p className="mt-1 text-xs text-ink-3">{t("It is longer: only the beginning is shown here. The model reads all of it.")}</p>}
    </>
  );
}

function Note({ children }: { children: ReactNode }) {
  return <p className="max-w-prose text-sm text-ink-2">{children}</p>;
}

/** UTF-8, or UTF-16 with a byte order mark. */
export function decoded(base64: string): string {
  const bytes = bytesOf(base64);
  const [first, second] = bytes;
  const encoding = first === 0xff && second === 0xfe ? "utf-16le" : first === 0xfe && second === 0xff ? "utf-16be" : "utf-8";
  return new TextDecoder(encoding).decode(bytes);
}
