/** What settings are called in the window. The program behind it calls them by the names of the command line. */
import type { HostError } from "../bridge";

export const LABELS: Record<string, string> = {
  "openai.base_url": "Address of another server",
  "budget.per_message": "For one message",
  "budget.per_day": "For a day",
  "budget.per_month": "For a month",
  "limit.max_tokens": "Length of one answer",
  "limit.calls": "Model calls for one message",
  "limit.children": "Sub-agents for one message",
  "limit.children_at_once": "Sub-agents at the same time",
};

/** Longest first: one name begins another. */
const NAMES = new RegExp(`\\b(?:${Object.keys(LABELS).sort((a, b) => b.length - a.length).join("|").replaceAll(".", "\\.")})\\b`, "g");

/** A sentence with settings called as they are here. */
export function inWords(text: string): string {
  return text.replace(NAMES, (name) => `“${LABELS[name] ?? name}”`);
}

/** What went wrong with a setting, as it is said here. */
export function problemInWords(error: HostError | null): { message: string; nextStep: string | null } | null {
  return error && { message: inWords(error.message), nextStep: error.nextStep && inWords(error.nextStep) };
}
