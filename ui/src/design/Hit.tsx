/** An excerpt of a text around the first match, in one line, with all matches marked. */
import type { ReactNode } from "react";
import { excerpt, findMatches } from "./plain";

export function Hit({ text, query }: { text: string; query: string }) {
  const shown = excerpt(text, query);
  const parts: ReactNode[] = [];
  let at = 0;
  for (const [begin, end] of findMatches(shown, query)) {
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
