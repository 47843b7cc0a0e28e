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

type Pressed = Pick<KeyboardEvent, "key" | "code" | "ctrlKey" | "metaKey" | "altKey" | "shiftKey">;

/** Whether these keys are pressed. Shift is left to the layout: on some, `/` and `?` need it. */
export function isPressed(event: Pressed, id: ShortcutId): boolean {
  const mod = event.ctrlKey || event.metaKey ? "mod+" : "";
  const pressed = [event.key.toLowerCase(), keyOfPlace(event)];
  return !event.altKey && SHORTCUTS[id].some((keys) => pressed.some((key) => keys.toLowerCase() === mod + key));
}

/** The Latin letter or digit at the place of the key, if the layout has another character there: Hindi and Cyrillic letters, or `&` for 1 on a French keyboard. */
function keyOfPlace({ key, code, shiftKey }: Pressed): string | undefined {
  if (key.length !== 1 || /[a-z0-9]/i.test(key)) return undefined;
  const place = /^(Key|Digit)(.)$/.exec(code);
  if (!place) return undefined;
  const isFree = place[1] === "Key" ? key > "~" : !shiftKey;
  return isFree ? place[2]?.toLowerCase() : undefined;
}
