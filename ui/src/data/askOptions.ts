/** The options of asks in the chosen language: the host writes them in English. */
import type { Ask } from "../bridge";
import { hostWords, pattern, type Sentence } from "../words";

type Option = NonNullable<Ask["options"]>[number];

/** The options that contain an amount or a number, by how the host writes them. */
const WITH_VALUE: ReadonlyArray<[RegExp, Sentence]> = [
  [/^Raise by (\$[\d.,]+)$/, "Raise by {amount}"],
  [/^Raise by (\$[\d.,]+) for this message$/, "Raise by {amount} for this message"],
  [/^Finish with a report \(at most (\$[\d.,]+) more\)$/, "Finish with a report (at most {amount} more)"],
  [/^Allow (\d+) more model calls$/, "Allow {count} more model calls"],
  [/^Allow (\d+) more tokens$/, "Allow {count} more tokens"],
];

/** The label of an option. The options of a question are a model's, and stay as they are. */
export function optionLabel(ask: Ask, { label }: Option): string {
  if (ask.kind === "question") return label;
  for (const [written, text] of WITH_VALUE) {
    const value = written.exec(label)?.[1];
    if (value !== undefined) return pattern(text).replace(/\{\w+\}/, () => value);
  }
  return hostWords(label);
}
