import { expect, test } from "vitest";
import { place, toAgent, toChange, toPage } from "./links";

test("an address leads back to its place", () => {
  expect(place(toAgent("a-1", "c2"))).toEqual({ view: "agents", id: "a-1", at: "c2", change: null });
  expect(place(toPage("goals/ä b?.md", "history"))).toEqual({ view: "memory", id: "goals/ä b?.md", at: "history", change: null });
  expect(place(toChange("a.md", "0b1c"))).toEqual({ view: "memory", id: "a.md", at: "history", change: "0b1c" });
});

test("anything strange is the chat", () => {
  for (const hash of ["", "#", "#/nowhere", "#/%E0%A4%A", "javascript:alert(1)"]) expect(place(hash).view).toBe("chat");
  expect(place("#/agents/%E0%A4%A").id).toBeNull();
});
