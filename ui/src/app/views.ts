/** The views in the order of the sidebar. The inbox and the stack came later than the others, which keep their keys. */
import { Bot, BookOpen, Box, Inbox, type LucideIcon, MessageCircle, Settings2 } from "lucide-react";
import type { Text } from "../words";
import { type Place, toAgents, toChat, toInbox, toMemory, toSettings, toStack } from "../data/links";

export const VIEWS: ReadonlyArray<{ view: Place["view"]; label: Text; icon: LucideIcon; href: string }> = [
  { view: "chat", label: "Chat", icon: MessageCircle, href: toChat },
  { view: "inbox", label: "Inbox", icon: Inbox, href: toInbox },
  { view: "agents", label: "Agents", icon: Bot, href: toAgents },
  { view: "memory", label: "Memory", icon: BookOpen, href: toMemory },
  { view: "stack", label: "Stack", icon: Box, href: toStack },
  { view: "settings", label: "Settings", icon: Settings2, href: toSettings },
];
