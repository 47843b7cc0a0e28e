import { expect, test } from "vitest";
import { headingLine } from "./headings";

test("a heading is found by the end of a link or by its words, not inside code", () => {
  const page = "# Links\n\n```\n## Start\n```\n\n## Start\n\n### What's *new*, Zoë?\n";
  expect(headingLine(page, "links")).toBe(1);
  expect(headingLine(page, "start")).toBe(7);
  expect(headingLine(page, "whats-new-zoë")).toBe(9);
  expect(headingLine(page, "What's new, Zoë?")).toBe(9);
  expect(headingLine(page, "gone")).toBeNull();
});
