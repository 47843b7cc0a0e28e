/** The input of a tool call: one field per line; multi-line texts keep their lines. */
import { counted, t } from "../words";

export function inputText(input: unknown): string {
  if (typeof input !== "object" || input === null || Array.isArray(input)) return JSON.stringify(input) ?? `(${t("empty")})`;
  const lines = Object.entries(input).map(([name, value]) => `${name}: ${typeof value === "string" ? (value.includes("\n") ? `\n${value}` : value) : JSON.stringify(value)}`);
  return lines.join("\n") || `(${t("empty")})`;
}

/** The input of a call that waits for a permission, as far as its ask has it. */
export function callInput({ input, cut }: { input: string; cut?: number }): string {
  if (cut) return `${input}\n${counted(cut, "… and {n} more byte", "… and {n} more bytes")}`;
  try {
    return inputText(JSON.parse(input));
  } catch {
    return input;
  }
}
