/** What the person types and chooses for a held change. It outlives the row, which is removed when it is scrolled away. */
import { useState } from "react";
import { useDrafts } from "../../data/context";

/** The person's text for the page. */
export interface Edited {
  text: string;
  /** The version of the page that it was made from; `null` if there was no page. */
  base: string | null;
}

/** Something typed; `null`: nothing is. */
export interface Typed<T> {
  value: T | null;
  change: (value: T | null) => void;
  /** Removes it from what is stored, once it was sent. */
  forget: () => void;
}

/** Stored if the person has discarded what was there first. */
const DISCARDED = "\u0000";

/** A typed text; at first `first`. */
export function useTyped(kind: "review" | "parts" | "remark", id: string, first: string | null): Typed<string> {
  const drafts = useDrafts();
  const [value, setValue] = useState<string | null>(() => {
    const stored = drafts.get(kind, id);
    return stored === DISCARDED ? null : stored || first;
  });
  const change = (typed: string | null) => {
    setValue(typed);
    drafts.set(kind, id, typed || (first === null ? "" : DISCARDED));
  };
  const forget = () => {
    setValue(null);
    drafts.set(kind, id, "");
  };
  return { value, change, forget };
}

/** The person's text for the page, which is stored with its version in the first line. */
export function useEdited(id: string, first: Edited | null): Typed<Edited> {
  const typed = useTyped("review", id, first && stored(first));
  return { ...typed, value: typed.value === null ? null : restored(typed.value), change: (edited) => typed.change(edited && stored(edited)) };
}

/** The numbers of the parts that the person leaves out of the change of this version of the page, stored as the text is. */
export function useLeftOut(id: string, version: string | null) {
  const { value, change, forget } = useTyped("parts", id, null);
  const chosen = value === null ? null : restored(value);
  const isStale = chosen !== null && chosen.base !== version;
  const numbers = chosen === null || isStale ? [] : chosen.text.split(",").map(Number);
  return {
    leftOut: new Set(numbers) as ReadonlySet<number>,
    /** Parts were left out, and the page has changed since: their numbers mean other parts now. */
    isStale,
    change: (leftOut: ReadonlySet<number>) => change(leftOut.size === 0 ? null : stored({ text: [...leftOut].join(","), base: version })),
    forget,
  };
}

function stored({ text, base }: Edited): string {
  return `${base ?? ""}\n${text}`;
}

function restored(typed: string): Edited {
  const end = typed.indexOf("\n");
  return { base: typed.slice(0, end) || null, text: typed.slice(end + 1) };
}
