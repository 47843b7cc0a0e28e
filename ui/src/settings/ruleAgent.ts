/** The id of the one agent that a line of the rules is about; `null` if it is about several, or all. */
export function ruleAgent(line: string): string | null {
  const found = /\sagent=([^\s"*?[\]]+)(?:\s+hash=[0-9a-f]+)?(?:\s+as\s+(?:risky|safe))?$/.exec(line);
  return found?.[1] ?? null;
}
