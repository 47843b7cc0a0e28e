/** A unified diff, coloured; signs stay, so that colour is not all there is. */
import { cx } from "./cx";

export function Diff({ text }: { text: string }) {
  const lines = text.replace(/\n$/, "").split("\n");
  let inHunk = false;
  return (
    <pre tabIndex={0} aria-label="Difference" className="code max-h-[28rem] overflow-auto rounded-lg border border-line py-2">
      {lines.map((line, index) => {
        if (line.startsWith("diff ")) inHunk = false;
        if (line.startsWith("@@")) inHunk = true;
        return (
          <div key={index} className={cx("min-w-max px-3", look(line, inHunk))}>
            {line || " "}
          </div>
        );
      })}
    </pre>
  );
}

function look(line: string, inHunk: boolean): string {
  if (!inHunk || line.startsWith("@@") || line.startsWith("\\")) return "text-ink-3";
  if (line.startsWith("+")) return "bg-accent-soft text-accent-ink";
  if (line.startsWith("-")) return "bg-bad-soft text-bad";
  return "";
}
