/**
 * Every keyboard shortcut of the window. Handlers of keys ask this table, except fields and dialogs for Enter and Escape, and the
 * palette, the sidebar and the list in the settings show it. The words are in `settings/shortcutWords.ts`, which is not needed before the first paint.
 */

/** `Mod` is Ctrl, or Command on a Mac. A key without it works where nothing is typed. */
export const SHORTCUTS = {
  palette: ["Mod+K"],
  help: ["?"],
  find: ["/"],
  chat: ["1", "Mod+1"],
  agents: ["2", "Mod+2"],
  memory: ["3", "Mod+3"],
  settings: ["4", "Mod+4"],
  inbox: ["5", "Mod+5"],
  stack: ["6", "Mod+6"],
  send: ["Enter"],
  newLine: ["Shift+Enter"],
  selectAll: ["Mod+A"],
  close: ["Escape"],
  nextAsk: ["J", "ArrowDown"],
  previousAsk: ["K", "ArrowUp"],
  answer: ["Enter"],
  save: ["Mod+S"],
} as const satisfies Record<string, readonly string[]>;

export type ShortcutId = keyof typeof SHORTCUTS;

type Pressed = Pick<KeyboardEvent, "key" | "ctrlKey" | "metaKey" | "altKey">;

/** Whether these keys are pressed. Shift is left to the layout: on some, `/` and `?` need it. */
export function isPressed(event: Pressed, id: ShortcutId): boolean {
  const mod = event.ctrlKey || event.metaKey ? "mod+" : "";
  return !event.altKey && SHORTCUTS[id].some((keys) => keys.toLowerCase() === mod + event.key.toLowerCase());
}
