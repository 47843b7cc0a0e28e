/** The input of a tool call: one field per line; multi-line texts keep their lines. */
export function inputText(input: unknown): string {
  if (typeof input !== "object" || input === null || Array.isArray(input)) return JSON.stringify(input) ?? "(empty)";
  const lines = Object.entries(input).map(([name, value]) => `${name}: ${typeof value === "string" ? (value.includes("\n") ? `\n${value}` : value) : JSON.stringify(value)}`);
  return lines.join("\n") || "(empty)";
}
