/** The download of an image: one bar for all of it, its layers in a disclosure. */
import { useRef } from "react";
import type { LayerProgress, StackProgress } from "../bridge";
import { plainText } from "../data/plainText";
import { Disclosure } from "../design/Disclosure";
import { Progress } from "../design/Progress";
import { counted, t } from "../words";
import { progressText, share, wholeSize } from "./progress";

export function Download({ title, progress }: { title: string; progress: StackProgress }) {
  const shown = useRef<number | null>(null);
  shown.current = share(progress, shown.current);
  const text = progressText(progress.done, wholeSize(progress));
  return (
    <div className="mt-3">
      <Progress label={t("Download of {what}", { what: title })} value={shown.current} text={text} />
      <p className="mt-1 flex justify-between text-xs text-ink-3 tabular-nums">
        <span>{text}</span>
        {shown.current !== null && <span aria-hidden>{Math.floor(shown.current * 100)} %</span>}
      </p>
      {progress.layers.length > 0 && (
        <Disclosure summary={<span>{counted(progress.layers.length, "{n} layer", "{n} layers")}</span>} className="-ms-1.5">
          {() => <Layers title={title} layers={progress.layers} />}
        </Disclosure>
      )}
    </div>
  );
}

function Layers({ title, layers }: { title: string; layers: readonly LayerProgress[] }) {
  return (
    <ul aria-label={t("Layers of {what}", { what: title })} tabIndex={0} className="max-h-48 overflow-y-auto text-xs text-ink-2">
      {layers.map((layer, index) => (
        <li key={index} className="flex flex-wrap gap-x-3 py-0.5 tabular-nums">
          <span className="font-mono text-ink-3">{plainText(layer.id)}</span>
          <span>{plainText(layer.status)}</span>
          {(layer.total ?? 0) > 0 && <span className="ms-auto text-ink-3">{progressText(layer.done, layer.total)}</span>}
        </li>
      ))}
    </ul>
  );
}
