/** What the person types for a held change. It outlives the row, which is removed when it is scrolled away. */
import { useState } from "react";
import { useDrafts } from "../../data/context";

/** The person's text for the page. */
export interface Edited {
  text: string;
  /** The version of the page that it was made from; `null` if there was no page. */
  base: string | null;
}

/** A typed text; `null` if nothing is typed. */
export function useTyped(kind: "review" | "remark", id: string, first: string | null): [string | null, (text: string | null) => void] {
  const drafts = useDrafts();
  const [text, setText] = useState<string | null>(() => drafts.get(kind, id) || first);
  const change = (typed: string | null) => {
    setText(typed);
    drafts.set(kind, id, typed ?? "");
  };
  return [text, change];
}

/** The person's text for the page, which is stored with its version in the first line. */
export function useEdited(id: string, first: Edited | null): [Edited | null, (edited: Edited | null) => void] {
  const [typed, setTyped] = useTyped("review", id, first && stored(first));
  return [typed === null ? null : restored(typed), (edited) => setTyped(edited && stored(edited))];
}

function stored({ text, base }: Edited): string {
  return `${base ?? ""}\n${text}`;
}

function restored(typed: string): Edited {
  const end = typed.indexOf("\n");
  return { base: typed.slice(0, end) || null, text: typed.slice(end + 1) };
}
