/** Labels and icons of tool calls. */
import { Bot, CalendarClock, CircleHelp, Eye, FilePen, FileX, FolderOpen, Hourglass, ListChecks, type LucideIcon, MessageSquare, OctagonX, Search, Wrench } from "lucide-react";
import { t, type Text } from "../words";
import type { Call } from "./items";

interface Words {
  icon: LucideIcon;
  /** The labels while the call runs and once it has finished. */
  doing: Text;
  done: Text;
  /** What the call is about, from its input. */
  about: (input: Record<string, unknown>) => string;
}

const text = (name: string) => (input: Record<string, unknown>) => (typeof input[name] === "string" ? input[name] : "");

const TOOLS: Record<string, Words> = {
  read_memory: { icon: Eye, doing: "Reading", done: "Read", about: text("path") },
  read_message: { icon: Eye, doing: "Reading on in a long message", done: "Read on in a long message", about: () => "" },
  list_memory: { icon: FolderOpen, doing: "Listing memory", done: "Listed memory", about: text("prefix") },
  search_memory: { icon: Search, doing: "Searching memory for", done: "Searched memory for", about: (input) => t("“{text}”", { text: text("query")(input) }) },
  fetch_page: { icon: Eye, doing: "Fetching", done: "Fetched", about: text("url") },
  search_tools: { icon: Search, doing: "Searching tools for", done: "Searched tools for", about: (input) => t("“{text}”", { text: text("query")(input) }) },
  read_skill: { icon: Eye, doing: "Reading the skill", done: "Read the skill", about: text("path") },
  commit_memory: { icon: FilePen, doing: "Writing", done: "Wrote", about: text("path") },
  delete_memory: { icon: FileX, doing: "Deleting", done: "Deleted", about: text("path") },
  read_file: { icon: Eye, doing: "Reading", done: "Read", about: text("path") },
  list_files: { icon: FolderOpen, doing: "Listing files", done: "Listed files", about: text("path") },
  search_files: { icon: Search, doing: "Searching files for", done: "Searched files for", about: (input) => t("“{text}”", { text: text("query")(input) }) },
  write_file: { icon: FilePen, doing: "Writing", done: "Wrote", about: text("path") },
  spawn_sub_agent: { icon: Bot, doing: "Starting sub-agent", done: "Started sub-agent", about: text("name") },
  wait_for_sub_agents: { icon: Hourglass, doing: "Waiting for sub-agents", done: "Waited for sub-agents", about: () => "" },
  schedule_work: { icon: CalendarClock, doing: "Scheduling", done: "Scheduled", about: text("name") },
  start_quest: { icon: ListChecks, doing: "Starting the quest", done: "Started the quest", about: text("path") },
  ask_user: { icon: CircleHelp, doing: "Asking you", done: "Asked you", about: text("question") },
  message_sub_agent: { icon: MessageSquare, doing: "Messaging sub-agent", done: "Messaged sub-agent", about: text("id") },
  cancel_sub_agent: { icon: OctagonX, doing: "Stopping sub-agent", done: "Stopped sub-agent", about: text("id") },
};

/** The words of a tool; a server of tools may have called one of its own "constructor". */
const wordsOf = (tool: string): Words | null => (Object.hasOwn(TOOLS, tool) ? (TOOLS[tool] ?? null) : null);

/** All labels. */
export const TOOL_PHRASES: readonly Text[] = Object.values(TOOLS).flatMap(({ doing, done }) => [doing, done]);

export function toolWords(call: Pick<Call, "name" | "input" | "finishedAt">): { icon: LucideIcon; verb: string; about: string } {
  const words = wordsOf(call.name);
  if (!words) return { icon: Wrench, verb: call.name, about: "" };
  const about = words.about(call.input);
  return { icon: words.icon, verb: verbOf(call.finishedAt === null ? words.doing : words.done, about), about };
}

/** A label before what it is about. In some languages it ends with a colon, but not if nothing follows. */
export function verbOf(label: Text, about: string): string {
  return about === "" ? t(label).replace(/:$/, "") : t(label);
}

/** The label while the model writes a call of this tool. */
export function preparing(tool: string): string {
  const words = wordsOf(tool);
  return words ? `${verbOf(words.doing, "")}…` : t("Preparing {tool}…", { tool });
}
