/** A live region that announces an answer once it is complete, not delta by delta, and without the signs of Markdown. */
import { useMemo, useRef } from "react";
import { plain } from "../design/plain";
import type { Item } from "./items";

export function AnswerAnnouncer({ items }: { items: readonly Item[] }) {
  const start = useRef(items.at(-1)?.seq ?? 0);
  const last = items.findLast((item) => item.kind === "answer" || item.kind === "end");
  const text = last && last.seq > start.current && last.kind === "answer" ? last.text : "";
  const words = useMemo(() => plain(text), [text]);
  return (
    <div aria-live="polite" className="sr-only">
      {words}
    </div>
  );
}
