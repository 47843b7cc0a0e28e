/** The part of a text where something was found, in one line, with what was found marked. */
import type { ReactNode } from "react";
import { around, finds } from "./plain";

export function Hit({ text, wanted }: { text: string; wanted: string }) {
  const shown = around(text, wanted);
  const parts: ReactNode[] = [];
  let at = 0;
  for (const [begin, end] of finds(shown, wanted)) {
    parts.push(shown.slice(at, begin), <mark key={begin} className="rounded-sm bg-accent-soft font-medium text-accent-ink">{shown.slice(begin, end)}</mark>);
    at = end;
  }
  return (
    <>
      {parts}
      {shown.slice(at)}
    </>
  );
}
