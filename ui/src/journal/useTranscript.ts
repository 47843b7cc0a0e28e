/** An agent's transcript, updated incrementally as its journal grows. */
import { useRef } from "react";
import type { Journal } from "../data/journals";
import { fold, folded } from "./fold";
import { EMPTY, type Transcript } from "./items";

export function useTranscript(journal: Journal): Transcript {
  const known = useRef<Transcript>(EMPTY);
  const first = journal.lines[0]?.seq ?? 0;
  const grew = known.current.first === 0 || first === known.current.first;
  known.current = grew ? fold(known.current, journal.lines) : folded(journal.lines);
  return known.current;
}
