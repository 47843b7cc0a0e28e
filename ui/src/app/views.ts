/** The views, in the order of their shortcut keys. */
import { Bot, BookOpen, type LucideIcon, MessageCircle, Settings2 } from "lucide-react";
import { type Place, toAgents, toChat, toMemory, toSettings } from "../data/links";

export const VIEWS: ReadonlyArray<{ view: Place["view"]; label: string; icon: LucideIcon; href: string }> = [
  { view: "chat", label: "Chat", icon: MessageCircle, href: toChat },
  { view: "agents", label: "Agents", icon: Bot, href: toAgents },
  { view: "memory", label: "Memory", icon: BookOpen, href: toMemory },
  { view: "settings", label: "Settings", icon: Settings2, href: toSettings },
];

/** The name of the modifier key on this system. */
export const MOD = navigator.platform.startsWith("Mac") ? "⌘" : "Ctrl";
