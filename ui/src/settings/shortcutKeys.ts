/** The keys of a global shortcut: from a key event to the setting's text, and to what is shown. */

/** The setting's text for these pressed keys; `null` while they are not a shortcut yet. */
export function shortcutOf(event: Pick<KeyboardEvent, "code" | "ctrlKey" | "metaKey" | "altKey" | "shiftKey">, isMac: boolean): string | null {
  const key = /^(?:Key([A-Z])|Digit(\d)|(F(?:[1-9]|1[0-2]))|(Space))$/.exec(event.code);
  const name = key?.slice(1).find((part) => part !== undefined);
  const modifiers = [
    (isMac ? event.metaKey : event.ctrlKey) && "CmdOrCtrl",
    (isMac ? event.ctrlKey : event.metaKey) && (isMac ? "Ctrl" : "Super"),
    event.altKey && "Alt",
  ].filter((one) => one !== false);
  if (name === undefined || modifiers.length === 0) return null;
  return [...modifiers, ...(event.shiftKey ? ["Shift"] : []), name].join("+");
}

const MAC: Record<string, string> = { CmdOrCtrl: "⌘", Mod: "⌘", Super: "⌘", Ctrl: "⌃", Alt: "⌥", Shift: "⇧" };

/** A shortcut as people on this system write it. */
export function shownKeys(shortcut: string, isMac: boolean): string {
  if (isMac) return shortcut.split("+").map((key) => MAC[key] ?? key).join("");
  return shortcut.replace(/CmdOrCtrl|Mod/, "Ctrl").replace(/Arrow(?:Down|Up)/, (key) => (key === "ArrowDown" ? "↓" : "↑")).replace("Escape", "Esc");
}
