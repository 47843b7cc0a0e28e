import { expect, test } from "vitest";
import { isPressed, SHORTCUTS, type ShortcutId } from "../data/shortcuts";
import { PLACES, SHORTCUT_WORDS } from "./shortcutWords";

const pressed = (key: string, modifiers: Partial<KeyboardEvent> = {}) => ({ key, code: "", ctrlKey: false, metaKey: false, altKey: false, shiftKey: false, ...modifiers });
const IDS = Object.keys(SHORTCUTS) as ShortcutId[];

test("keys mean their shortcut with their modifiers only, whatever the layout does with Shift", () => {
  expect(isPressed(pressed("k", { ctrlKey: true }), "palette")).toBe(true);
  expect(isPressed(pressed("K", { metaKey: true }), "palette")).toBe(true);
  expect(isPressed(pressed("k"), "palette")).toBe(false);
  expect(isPressed(pressed("k"), "previousAsk")).toBe(true);
  expect(isPressed(pressed("k", { ctrlKey: true }), "previousAsk")).toBe(false);
  expect(isPressed(pressed("4", { ctrlKey: true }), "settings")).toBe(true);
  expect(isPressed(pressed("4", { ctrlKey: true, altKey: true }), "settings")).toBe(false);
  expect(isPressed(pressed("?"), "help")).toBe(true);
});

test("no two shortcuts of a place, or of everywhere, have the same keys", () => {
  for (const place of Object.keys(PLACES)) {
    const here = IDS.filter((id) => SHORTCUT_WORDS[id].where === place || SHORTCUT_WORDS[id].where === "everywhere").flatMap((id) => SHORTCUTS[id]);
    expect(here).toEqual([...new Set(here)]);
  }
});
