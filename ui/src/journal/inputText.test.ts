import { expect, test } from "vitest";
import { callInput } from "./inputText";

test("the input of a waiting call is shown by fields, and a long one says how much is missing", () => {
  expect(callInput({ input: '{"path":"a.md","text":"one\\ntwo","force":true}' })).toBe("path: a.md\ntext: \none\ntwo\nforce: true");
  expect(callInput({ input: '{"text":"beg', cut: 12_345 })).toBe('{"text":"beg\n… and 12,345 more bytes');
  expect(callInput({ input: "not JSON" })).toBe("not JSON");
});
