import { expect, test } from "vitest";
import { decidedWords, outcomeWords } from "./sessions";

test("every outcome but a finished one has words", () => {
  expect(outcomeWords("done")).toBeNull();
  expect(outcomeWords({ failed: { reason: "no model", retryable: false } })).toBe("Its session failed: no model");
  expect(outcomeWords({ interrupted: {} })).toContain("nothing was under way");
  expect(outcomeWords({ interrupted: { in_doubt: ["git push"] } })).toContain("may have happened: git push");
  expect(outcomeWords({ abandoned: { reason: "no route" } })).toContain("(no route): it may still be at work");
});

test("a decision names the rule", () => {
  const decided = { effect: "e", request: "r", session: "s", what: "bash", argument: "cargo test", rule: "allow workbench_bash" };
  expect(decidedWords({ ...decided, reply: "once" })).toBe("bash cargo test is allowed by the rule allow workbench_bash");
  expect(decidedWords({ ...decided, reply: { reject: { message: "no" } } })).toContain("is not allowed");
});
