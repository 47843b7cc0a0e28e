/** What the palette can do besides going somewhere. */
import { Archive, Contrast, Download, FolderOpen, Keyboard, type LucideIcon, MessageSquarePlus, PanelTop, Pencil, Power, Rows3, Square, Workflow } from "lucide-react";
import type { QueryClient } from "@tanstack/react-query";
import type { Host, Request } from "../bridge";
import type { Text } from "../words";
import { appearance, setAppearance } from "../design/appearance";
import { backUp } from "../data/backup";
import { GROW } from "../data/journals";
import { toChat, toRecent, toSection } from "../data/links";
import { SHORTCUTS, type ShortcutId } from "../data/shortcuts";
import { focusComposer } from "./hostEvents";

export interface Action {
  label: Text;
  /** Other words that find it. */
  words?: string;
  /**
   * Ends something: only the beginning of its English label or of one of its other words finds it, and it comes after what else fits
   * well until a whole word is typed. Its other words have the verbs of the translations.
   */
  isRisky?: true;
  icon: LucideIcon;
  shortcut?: ShortcutId;
  run: (host: Host, send: (request: Request) => Promise<unknown>, client: QueryClient) => Promise<unknown> | void;
}

const go = (href: string) => void (location.hash = href);

export const ACTIONS: readonly Action[] = [
  {
    label: "Write a message",
    icon: Pencil,
    run: () => {
      go(toChat);
      focusComposer();
    },
  },
  {
    label: "Start fresh",
    words: "fresh new conversation neu नए",
    isRisky: true,
    icon: MessageSquarePlus,
    run: async (_host, send) => {
      await send({ op: "start_fresh", id: crypto.randomUUID() });
      go(toChat);
    },
  },
  { label: "Stop the Grow Agent and its sub-agents", words: "cancel stoppen रोकें", isRisky: true, icon: Square, run: (_host, send) => send({ op: "cancel", agent: GROW, tree: true }) },
  { label: "Export the conversation", words: "markdown download", icon: Download, run: (host) => host.call("export_conversation", { agent: GROW }) },
  { label: "Show the quick chat", icon: PanelTop, run: (host) => host.call("open_quick", {}) },
  { label: "Recent changes of memory", words: "history", icon: Rows3, run: () => go(toRecent) },
  { label: "Keyboard shortcuts", words: "help keys", icon: Keyboard, shortcut: "help", run: () => go(toSection("shortcuts")) },
  { label: "Switch between light and dark", words: "theme", icon: Contrast, run: switchTheme },
  { label: "Switch between comfortable and compact", words: "density", icon: Rows3, run: switchDensity },
  {
    label: "Back up now",
    words: "backup save copy",
    icon: Archive,
    // It is shown there how it goes, and which file it has become.
    run: (host, _send, client) => {
      go(toSection("backup"));
      backUp(host, client);
    },
  },
  { label: "Open memory folder", icon: FolderOpen, run: (host) => host.call("open_memory_folder", {}) },
  { label: "Open data folder", icon: FolderOpen, run: (host) => host.call("open_data_folder", {}) },
  { label: "Show the architecture diagram", icon: Workflow, run: (host) => host.call("open_architecture", {}) },
  { label: "Quit GrowQR", words: "beenden बंद", isRisky: true, icon: Power, run: (host) => host.call("quit", {}) },
];

/** The keys of an action, in the notation of the table; `null` if it has none. */
export function keysOf({ shortcut }: Action): string | null {
  return shortcut === undefined ? null : SHORTCUTS[shortcut][0];
}

function switchTheme() {
  setAppearance({ ...appearance(), theme: document.documentElement.dataset["theme"] === "dark" ? "light" : "dark" });
}

function switchDensity() {
  const now = appearance();
  setAppearance({ ...now, density: now.density === "compact" ? "comfortable" : "compact" });
}
