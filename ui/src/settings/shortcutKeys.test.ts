import { expect, test } from "vitest";
import { shortcutOf, shownKeys } from "./shortcutKeys";

const pressed = (code: string, modifiers: Partial<KeyboardEvent> = {}) => ({ code, ctrlKey: false, metaKey: false, altKey: false, shiftKey: false, ...modifiers });

test("keys become a shortcut once there is a key besides the modifiers, and a modifier besides Shift", () => {
  expect(shortcutOf(pressed("KeyG", { ctrlKey: true, shiftKey: true }), false)).toBe("CmdOrCtrl+Shift+G");
  expect(shortcutOf(pressed("KeyG", { metaKey: true, shiftKey: true }), true)).toBe("CmdOrCtrl+Shift+G");
  expect(shortcutOf(pressed("Space", { altKey: true, metaKey: true }), false)).toBe("Super+Alt+Space");
  expect(shortcutOf(pressed("F12", { ctrlKey: true }), true)).toBe("Ctrl+F12");
  expect(shortcutOf(pressed("KeyG", { shiftKey: true }), false)).toBeNull();
  expect(shortcutOf(pressed("ControlLeft", { ctrlKey: true }), false)).toBeNull();
  expect(shortcutOf(pressed("F13", { ctrlKey: true }), false)).toBeNull();
});

test("a shortcut is shown as people on the system write it", () => {
  expect(shownKeys("CmdOrCtrl+Shift+G", false)).toBe("Ctrl+Shift+G");
  expect(shownKeys("CmdOrCtrl+Shift+G", true)).toBe("⌘⇧G");
});
