import { expect, it } from "vitest";
import { isPressed } from "./shortcuts";

const press = (key: string, code: string, held: { ctrlKey?: boolean; shiftKey?: boolean } = {}) => ({ key, code, ctrlKey: false, metaKey: false, altKey: false, shiftKey: false, ...held });

it("finds the keys on keyboards without Latin letters", () => {
  expect(isPressed(press("क", "KeyK", { ctrlKey: true }), "palette")).toBe(true);
  expect(isPressed(press("л", "KeyK"), "previousAsk")).toBe(true);
  expect(isPressed(press("क", "KeyK"), "palette")).toBe(false);
});

it("finds the digits where they need Shift, and takes no other character for one", () => {
  expect(isPressed(press("&", "Digit1"), "chat")).toBe(true);
  expect(isPressed(press("1", "Digit1", { shiftKey: true }), "chat")).toBe(true);
  expect(isPressed(press("!", "Digit1", { shiftKey: true }), "chat")).toBe(false);
});

it("follows the letter and not its place on Latin layouts", () => {
  // Dvorak: K is where V is on other keyboards.
  expect(isPressed(press("k", "KeyV", { ctrlKey: true }), "palette")).toBe(true);
  expect(isPressed(press("t", "KeyK", { ctrlKey: true }), "palette")).toBe(false);
  expect(isPressed(press("/", "Digit7", { shiftKey: true }), "find")).toBe(true);
  expect(isPressed(press("?", "Minus", { shiftKey: true }), "help")).toBe(true);
});
