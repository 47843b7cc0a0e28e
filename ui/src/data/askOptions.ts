/** The options of asks in the chosen language: the host writes them in English. */
import type { Ask } from "../bridge";
import { counted, hostWords, t } from "../words";
import { wholeMoney } from "./money";

type Option = NonNullable<Ask["options"]>[number];

/** The options that contain an amount or a number, by how the host writes them. */
const WITH_VALUE: ReadonlyArray<[RegExp, (value: string) => string]> = [
  [/^Raise by \$([\d.]+)$/, (value) => t("Raise by {amount}", { amount: amount(value) })],
  [/^Raise by \$([\d.]+) for this message$/, (value) => t("Raise by {amount} for this message", { amount: amount(value) })],
  [/^Finish with a report \(at most \$([\d.]+) more\)$/, (value) => t("Finish with a report (at most {amount} more)", { amount: amount(value) })],
  [/^Allow (\d+) more model calls$/, (value) => counted(Number(value), "Allow {n} more model call", "Allow {n} more model calls")],
  [/^Allow (\d+) more tokens$/, (value) => counted(Number(value), "Allow {n} more token", "Allow {n} more tokens")],
];

/** The label of an option. The options of a question are a model's, and stay as they are. */
export function optionLabel(ask: Ask, { label }: Option): string {
  if (ask.kind === "question") return label;
  for (const [written, words] of WITH_VALUE) {
    const value = written.exec(label)?.[1];
    if (value !== undefined) return words(value);
  }
  return hostWords(label);
}

/** An amount that the host has written in dollars. */
function amount(dollars: string): string {
  return wholeMoney(Math.round(Number(dollars) * 100_000_000));
}
