import { expect, test } from "vitest";
import { place, toAgent, toChange, toHeading, toLine, toPage, toStack } from "./links";

test("a hash parses back to the place that it was built from", () => {
  expect(place(toAgent("a-1", "c2"))).toEqual({ view: "agents", id: "a-1", at: "c2", change: null, line: null, heading: null });
  expect(place(toStack).view).toBe("stack");
  expect(place(toPage("goals/ä b?.md", "history"))).toEqual({ view: "memory", id: "goals/ä b?.md", at: "history", change: null, line: null, heading: null });
  expect(place(toChange("a.md", "0b1c"))).toEqual({ view: "memory", id: "a.md", at: "history", change: "0b1c", line: null, heading: null });
  expect(place(toLine("a.md", 12))).toEqual({ view: "memory", id: "a.md", at: null, change: null, line: 12, heading: null });
  expect(place(toLine("a.md", 12, "source"))).toMatchObject({ at: "source", line: 12 });
  expect(place(toHeading("a b.md", "the start"))).toMatchObject({ id: "a b.md", at: null, line: null, heading: "the start" });
});

test("an invalid hash leads to the chat", () => {
  for (const hash of ["", "#", "#/nowhere", "#/%E0%A4%A", "javascript:alert(1)"]) expect(place(hash).view).toBe("chat");
  expect(place("#/agents/%E0%A4%A").id).toBeNull();
  for (const line of ["0", "-1", "x", "1e9", "99999999999"]) expect(place(`#/memory/a.md?line=${line}`).line).toBeNull();
});
