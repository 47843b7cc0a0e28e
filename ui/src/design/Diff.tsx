/** A coloured diff. Lines keep their + and - signs, so that colour is not the only cue. */
import { cx } from "./cx";
import { type DiffLine, diffLines } from "./diffLines";
import { t } from "../words";

const LOOKS: Record<DiffLine["kind"], string> = {
  file: "pt-2 font-semibold",
  skip: "text-ink-3",
  same: "",
  added: "bg-accent-soft text-accent-ink",
  gone: "bg-bad-soft text-bad",
  note: "text-ink-3",
};

export function Diff({ text, label = t("Difference") }: { text: string; label?: string }) {
  return (
    <pre tabIndex={0} aria-label={label} className="code max-h-[28rem] overflow-auto rounded-lg border border-line py-2">
      {diffLines(text).map((line, index) => (
        <div key={index} className={cx("min-w-max px-3", LOOKS[line.kind])}>
          {line.text || " "}
        </div>
      ))}
    </pre>
  );
}
