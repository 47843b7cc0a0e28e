import { describe, expect, test } from "vitest";
import type { Ask } from "../bridge";
import { answerWords, deadlineWords, limitWords, parseAmount, reasonWords, ruleOf, scopesOf, settledWords } from "./asks";

const permission: Ask = { id: "a", kind: "permission", text: "Scout wants to use send_mail.", options: [{ id: "allow", label: "Allow" }, { id: "deny", label: "Do not allow" }], scopes: ["once", "agent", "always"] };
const question: Ask = { id: "q", kind: "question", text: "Which city?", options: [{ id: "1", label: "Berlin" }], deadline: 3_600_000, default: { option: "1" } };

describe("a settled ask says how and by whom", () => {
  test.each([
    [{ by: "person", answer: { option: "allow", scope: "always" }, rule: null }, "You answered: Allow, always"],
    [{ by: "person", answer: { option: "deny" }, rule: null }, "You answered: Do not allow"],
    [{ by: "person", answer: null, rule: null }, "You did not answer"],
    [{ by: "rule", answer: { option: "allow" }, rule: "allow send_mail" }, "A rule decided: Allow (allow send_mail)"],
    [{ by: "deadline", answer: null, rule: null }, "The deadline passed without an answer"],
    [{ by: "withdrawn", answer: null, rule: null }, "Withdrawn: no answer is needed any more"],
  ] as const)("%o", (settled, words) => {
    expect(settledWords(permission, settled)).toBe(words);
  });

  test("with the label of the option, the text and the amount", () => {
    expect(answerWords(question, { option: "1", text: "or near it" })).toBe("Berlin: or near it");
    expect(answerWords(null, { option: "raise", amount: 50_000_000 })).toBe("raise ($0.50)");
    expect(answerWords(question, null)).toBe("");
  });
});

test("the reason of a permission names the rule, the sources, or the repetition", () => {
  expect(reasonWords({ rule: "ask * risky" })).toContain("ask * risky");
  expect(reasonWords({ untrusted: ["example.org"] })).toContain("example.org");
  expect(reasonWords({ repeated: 3 })).toContain("3 times");
});

test("a limit names the missing amount if it is known", () => {
  expect(limitWords("per_message", { needed: 30_000_000, available: 10_000_000 })).toContain("$0.20 is missing.");
  expect(limitWords("calls", undefined)).not.toContain("missing");
});

test("a deadline names the answer that counts after it", () => {
  expect(deadlineWords(question, 0)).toMatch(/\(in 1 h\)\. After that, this answer counts: Berlin\.$/);
  expect(deadlineWords({ ...question, default: undefined }, 0)).toContain("counts as not answered");
  expect(deadlineWords(permission, 0)).toBeNull();
});

test("the rule that an answer adds has the decision of the answer", () => {
  expect(ruleOf("allow send_mail host=a.example risky", "deny")).toBe("deny send_mail host=a.example risky");
  expect(ruleOf("allow send_mail", "allow")).toBe("allow send_mail");
});

test("a single scope is no choice", () => {
  expect(scopesOf({ ...permission, scopes: ["once"] })).toEqual([]);
  expect(scopesOf(permission)).toHaveLength(3);
});

test("an amount in dollars is read exactly", () => {
  expect(parseAmount("0.5")).toBe(50_000_000);
  expect(parseAmount("$2")).toBe(200_000_000);
  for (const wrong of ["", "0", "-1", "much", "1,5"]) expect(parseAmount(wrong)).toBeNull();
});
