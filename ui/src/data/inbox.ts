/** The entries of the inbox besides the asks: their words, their places, and what can be done about them. */
import { asSentence, type InboxEntry, inWindow } from "../bridge";
import { hostWords, t } from "../words";
import { ending } from "./ended";
import { GROW } from "./journals";
import { type Place, toAgent, toChat, toMemory, toSection, toSettings, toStack } from "./links";
import { agentName } from "./names";
import { duration } from "./time";

/** What happened to whom, in a few words. */
export function entryTitle(entry: InboxEntry): string {
  const name = entry.agent === null ? entry.name : agentName({ id: entry.agent, name: entry.name });
  switch (entry.kind) {
    case "failed":
      return t("{name} could not finish", { name });
    case "trouble":
      return t("{name} cannot go on", { name });
    case "mail":
      return t("Mail for {name} is held up", { name });
    case "memory":
      return t("Memory cannot be changed");
    case "finished":
      return t("{name} is done", { name });
    default:
      return t("{name} needs you", { name });
  }
}

/** Why, and what to do. */
export function entryText(entry: InboxEntry): { text: string; next: string | null } {
  if (entry.kind === "finished") return { text: entry.took === null ? "" : t("It took {time}.", { time: duration(entry.took) }), next: null };
  const ended = entry.ended === null ? null : ending(entry.ended, entry.shortfall);
  if (ended) return { text: ended.title, next: ended.next };
  return { text: hostWords(asSentence(entry.text ?? "")), next: hostWords(inWindow(entry.next_step) ?? "") || null };
}

/** Where it can be seen. */
export function entryPlace(entry: InboxEntry): { href: string; label: string } {
  if (entry.agent === GROW) return { href: toChat, label: t("Open the chat") };
  if (entry.agent !== null) return { href: toAgent(entry.agent), label: t("Open the agent") };
  if (entry.kind === "quest") return { href: toSection("quests"), label: t("Open Settings") };
  return entry.kind === "stack" ? { href: toStack, label: t("Open Stack") } : { href: toMemory, label: t("Open Memory") };
}

/** Whether this place of the window shows it. */
export function isShownAt(entry: InboxEntry, { view, id }: Pick<Place, "view" | "id">): boolean {
  if (entry.agent !== null) return (view === "chat" && entry.agent === GROW) || (view === "agents" && id === entry.agent);
  // Quests are one section of many in the settings.
  return entry.kind !== "quest" && view === (entry.kind === "stack" ? "stack" : "memory");
}

export type NextStep = { do: "resume"; label: string } | { do: "open"; label: string; href: string };

/** The next step besides opening its place; `null` if there is none. */
export function entryStep(entry: InboxEntry): NextStep | null {
  if (entry.kind === "trouble") return { do: "resume", label: t("Try now") };
  const ended = entry.kind === "failed" && entry.ended !== null ? ending(entry.ended, entry.shortfall) : null;
  if (ended?.settings) return { do: "open", label: t("Open Settings"), href: toSettings };
  return ended?.resumable ? { do: "resume", label: t("Resume") } : null;
}
