/** The views in the order of the sidebar. The inbox and the stack came later than the others, which keep their keys. */
import { Bot, BookOpen, Box, Inbox, type LucideIcon, MessageCircle, Settings2 } from "lucide-react";
import { type Place, toAgents, toChat, toInbox, toMemory, toSettings, toStack } from "../data/links";

export const VIEWS: ReadonlyArray<{ view: Place["view"]; label: string; key: string; icon: LucideIcon; href: string }> = [
  { view: "chat", label: "Chat", key: "1", icon: MessageCircle, href: toChat },
  { view: "inbox", label: "Inbox", key: "5", icon: Inbox, href: toInbox },
  { view: "agents", label: "Agents", key: "2", icon: Bot, href: toAgents },
  { view: "memory", label: "Memory", key: "3", icon: BookOpen, href: toMemory },
  { view: "stack", label: "Stack", key: "6", icon: Box, href: toStack },
  { view: "settings", label: "Settings", key: "4", icon: Settings2, href: toSettings },
];

/** The name of the modifier key on this system. */
export const MOD = navigator.platform.startsWith("Mac") ? "⌘" : "Ctrl";
