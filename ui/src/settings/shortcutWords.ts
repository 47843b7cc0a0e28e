/** What each keyboard shortcut does, by the place where it works. */
import type { ShortcutId } from "../data/shortcuts";
import type { Text } from "../words";

interface Words {
  label: Text;
  where: "everywhere" | "conversation" | "inbox" | "memory";
}

export const PLACES: Record<Words["where"], Text> = { everywhere: "Everywhere", conversation: "In a conversation", inbox: "In the inbox", memory: "In the memory" };

export const SHORTCUT_WORDS: Record<ShortcutId, Words> = {
  palette: { label: "Go to anything, or do anything", where: "everywhere" },
  help: { label: "Keyboard shortcuts", where: "everywhere" },
  find: { label: "Search the open view", where: "everywhere" },
  close: { label: "Close what is open", where: "everywhere" },
  chat: { label: "Chat", where: "everywhere" },
  agents: { label: "Agents", where: "everywhere" },
  memory: { label: "Memory", where: "everywhere" },
  settings: { label: "Settings", where: "everywhere" },
  inbox: { label: "Inbox", where: "everywhere" },
  stack: { label: "Stack", where: "everywhere" },
  send: { label: "Send the message", where: "conversation" },
  newLine: { label: "Begin a new line", where: "conversation" },
  selectAll: { label: "Select the whole conversation", where: "conversation" },
  nextAsk: { label: "Next question", where: "inbox" },
  previousAsk: { label: "Previous question", where: "inbox" },
  answer: { label: "Go to the answers of a question", where: "inbox" },
  save: { label: "Save the page", where: "memory" },
};
