/** What an agent does, in the chosen language: the host writes it in English, as a phrase and what it is about. */
import { TOOL_PHRASES } from "../journal/toolWords";
import { t, type Text } from "../words";

const PHRASES: readonly Text[] = [
  ...TOOL_PHRASES,
  "Waiting at a limit",
  "Waited at a limit",
  "Waiting until its sub-agents have stopped",
  "Waited until its sub-agents had stopped",
  "Waiting for its turn",
  "Waited for its turn",
  "GrowQR was closed",
  "Thinking",
  "Model call",
  "Working in the workbench",
  "Worked in the workbench",
  "Waiting for you:",
  "Waited for you:",
  "Between two steps",
  "Waiting for",
];
/** Longest first, because one phrase is the beginning of another. */
const LONGEST_FIRST = PHRASES.toSorted((a, b) => b.length - a.length);

/** The label of a step or of a part of a turn; as it is if its phrase is not known. */
export function workWords(label: string): string {
  const phrase = LONGEST_FIRST.find((one) => label === one || (label.startsWith(one) && /^[ ,]/.test(label.slice(one.length))));
  return phrase === undefined ? label : t(phrase) + label.slice(phrase.length);
}
