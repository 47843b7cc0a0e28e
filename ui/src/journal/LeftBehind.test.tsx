import { fireEvent, render, screen } from "@testing-library/react";
import { expect, test } from "vitest";
import type { Aside, Said } from "./items";
import { AsideRow } from "./LeftBehind";

const said = (seq: number): Said => ({ kind: "said", key: `said-${seq}`, at: 0, seq, text: `message ${seq}`, by: "person" });
const item: Aside = { kind: "aside", key: "aside-200", at: 0, seq: 1, items: Array.from({ length: 100 }, (_, index) => said(index + 1)) };

const drawn = () => screen.queryAllByText(/^message \d+$/).length;

test("a fold of many messages opens in steps", () => {
  render(<AsideRow item={item} at={null} row={(one) => <p key={one.key}>{one.kind === "said" && one.text}</p>} />);
  fireEvent.click(screen.getByRole("button", { name: /100 messages/ }));
  expect(drawn()).toBe(40);
  fireEvent.click(screen.getByRole("button", { name: "Show more (60 are left)" }));
  expect(drawn()).toBe(80);
  fireEvent.click(screen.getByRole("button", { name: "Show more (20 are left)" }));
  expect(drawn()).toBe(100);
  expect(screen.queryByRole("button", { name: /Show more/ })).toBeNull();
});

test("a fold shows what a search has found in it", () => {
  render(<AsideRow item={item} at={{ seq: 70 }} row={(one) => <p key={one.key}>{one.kind === "said" && one.text}</p>} />);
  expect(screen.getByText("message 70")).toBeTruthy();
  expect(drawn()).toBe(70);
});
