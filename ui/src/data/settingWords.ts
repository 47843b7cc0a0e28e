/** Labels of settings. The host refers to settings by their command-line names. */
import type { HostError } from "../bridge";
import { t, type Text } from "../words";

const LABELS: Record<string, Text> = {
  "model.window": "Context window",
  "openai.base_url": "Address of another server",
  "budget.per_message": "For one message",
  "budget.per_day": "For a day",
  "budget.per_month": "For a month",
  "rules.ask_after_untrusted_text": "Ask after untrusted text",
  "limit.unpriced_tokens": "Tokens of all agents without known prices",
  "limit.unpriced_calls": "Model calls of all agents without known prices",
  "limit.max_tokens": "Length of one answer",
  "limit.calls": "Model calls for one message",
  "limit.children": "Sub-agents for one message",
  "stack.start": "When they start",
  "stack.idle_stop": "Stop the workbench when idle",
  "workbench.folders": "Folders that sub-agents see",
  "files.folders": "Folders whose files agents use",
  "skills.folders": "Folders with skills",
  "skills.off": "Skills that are off",
  "skills.accepted": "Skills of agents that you have turned on",
  "quick.shortcut": "Keys of the quick chat",
  "notifications.enabled": "Notifications",
  "notifications.quiet_hours": "Quiet hours",
  "notifications.show_text": "Text in notifications",
  "inbox.long_work": "Tell me when work took at least (minutes)",
  "limit.children_at_once": "Sub-agents at the same time",
  language: "Language",
};

/** The label of a setting; one that this build does not know keeps the host's name. */
export function settingLabel(name: string): string {
  const label = LABELS[name];
  return label ? t(label) : name;
}

/** Longest first, because one name is a prefix of another. */
const NAMES = new RegExp(`\\b(?:${Object.keys(LABELS).sort((a, b) => b.length - a.length).join("|").replaceAll(".", "\\.")})\\b`, "g");

/** Replaces command-line names of settings in a text by their labels. */
export function inWords(text: string): string {
  return text.replace(NAMES, (name) => t("“{text}”", { text: settingLabel(name) }));
}

/** An error of a setting, with labels instead of command-line names. */
export function problemInWords(error: HostError | null): { message: string; nextStep: string | null } | null {
  return error && { message: inWords(error.message), nextStep: error.nextStep && inWords(error.nextStep) };
}
