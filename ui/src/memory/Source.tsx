/** The source of a page, with the linked line marked. */
import { useEffect } from "react";
import { scrollToMarked } from "../design/marked";

export function Source({ text, line }: { text: string; line: number | null }) {
  useEffect(scrollToMarked, [text, line]);
  const lines = text.split("\n");
  const marked = line === null ? undefined : lines[line - 1];
  return (
    <pre dir="auto" className="code max-w-[48rem] rounded-lg border border-line p-4 whitespace-pre-wrap">
      {line === null || marked === undefined ? (
        text
      ) : (
        <>
          {lines.slice(0, line - 1).map((one) => `${one}\n`)}
          <mark data-marked tabIndex={-1} className="block">
            {marked || " "}
          </mark>
          {lines.slice(line).join("\n")}
        </>
      )}
    </pre>
  );
}
