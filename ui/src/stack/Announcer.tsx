/** A live region that says each change of a state, and nothing of a download's progress. */
import { useEffect, useRef, useState } from "react";
import type { Stack } from "../bridge";
import { plainText } from "../data/plainText";
import { changes } from "./words";

/** How many are kept. A screen reader has read the older ones. */
const KEPT = 6;

export function Announcer({ stack }: { stack: Stack }) {
  const before = useRef(stack);
  const count = useRef(0);
  // Each is an element of its own, so that the same words are read again.
  const [said, setSaid] = useState<ReadonlyArray<{ key: number; text: string }>>([]);
  useEffect(() => {
    const texts = changes(before.current, stack);
    before.current = stack;
    if (texts.length === 0) return;
    const more = texts.map((text) => ({ key: (count.current += 1), text: plainText(text) }));
    setSaid((now) => [...now, ...more].slice(-KEPT));
  }, [stack]);
  return (
    <div aria-live="polite" aria-relevant="additions" data-announcer="stack" className="sr-only">
      {said.map(({ key, text }) => (
        <p key={key}>{text}</p>
      ))}
    </div>
  );
}
