import { expect, test } from "vitest";
import { hashes, merged } from "./attachedFiles";

const [one, other] = ["a".repeat(64), "b".repeat(64)];

test("the hashes of a draft come in its order", () => {
  expect(hashes(`${one} {}\n${other} {}`)).toEqual([one, other]);
  expect(hashes("")).toEqual([]);
});

test("a message that is put back has each file once, its own first", () => {
  expect(merged(`${one} {"name":"a"}`, `${other} {}\n${one} {"name":"again"}`)).toBe(`${one} {"name":"a"}\n${other} {}`);
  expect(merged("", "")).toBe("");
});

test("a damaged line is neither shown nor sent", () => {
  const damaged = `nonsense\n${one}\n${one} {"name":\n${one} 3\n{"name":"a"}`;
  expect([hashes(`${damaged}\n${other} {}`), hashes(damaged), merged(damaged)]).toEqual([[other], [], ""]);
});
