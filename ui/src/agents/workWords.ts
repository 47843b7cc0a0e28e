/** What an agent does, in the chosen language: the host writes it in English, as a phrase and what it is about. */
import type { PartKind } from "../bridge";
import { TOOL_PHRASES, verbOf } from "../journal/toolWords";
import type { Text } from "../words";

/** The phrases of each kind of part, a longer one before one that is its beginning. What others have named is of no kind here. */
const PHRASES: Partial<Record<PartKind, readonly Text[]>> = {
  model: ["Thinking", "Model call"],
  tool: TOOL_PHRASES.toSorted((a, b) => b.length - a.length),
  person: ["Waiting for you:", "Waited for you:"],
  limit: ["Waiting at a limit", "Waited at a limit"],
  cut: ["GrowQR was closed"],
  session: ["Working in the workbench", "Worked in the workbench"],
  waiting: ["Waiting until its sub-agents have stopped", "Waited until its sub-agents had stopped", "Waiting for sub-agents", "Waited for sub-agents", "Waiting for"],
  queue: ["Waiting for its turn", "Waited for its turn"],
  other: ["Between two steps"],
};

/** The label of a step or of a part of a turn; as it is if its phrase is not known, or if it is a name. */
export function workWords({ kind, label }: { kind: PartKind; label: string }): string {
  const phrase = PHRASES[kind]?.find((one) => label === one || (label.startsWith(one) && /^[ ,]/.test(label.slice(one.length))));
  if (phrase === undefined) return label;
  const about = label.slice(phrase.length);
  return verbOf(phrase, about) + about;
}
