import { describe, expect, test } from "vitest";
import type { Ask } from "../bridge";
import { addedRule, announcement, answerWords, askTitle, deadlineWords, leastRaise, limitWords, parseAmount, raiseWords, reasonWords, ruleOf, scopesOf, settledWords } from "./asks";

const permission: Ask = { id: "a", kind: "permission", text: "Scout wants to use send_mail.", options: [{ id: "allow", label: "Allow" }, { id: "deny", label: "Do not allow" }], scopes: ["once", "agent", "always"] };
const question: Ask = { id: "q", kind: "question", text: "Which city?", options: [{ id: "1", label: "Berlin" }], deadline: 3_600_000, default: { option: "1" } };

describe("a settled ask says how and by whom", () => {
  test.each([
    [{ by: "person", answer: { option: "allow", scope: "always" }, rule: null }, "You answered: Allow, always"],
    [{ by: "person", answer: { option: "deny" }, rule: null }, "You answered: Do not allow"],
    [{ by: "person", answer: null, rule: null }, "You did not answer"],
    [{ by: "rule", answer: { option: "allow" }, rule: "allow send_mail" }, "A rule decided: Allow (allow send_mail)"],
    [{ by: "deadline", answer: null, rule: null }, "The deadline passed without an answer"],
    [{ by: "gitea", answer: { option: "reject", text: "too long" }, rule: null }, "Decided in Gitea: reject: “too long”"],
    [{ by: "withdrawn", answer: null, rule: null }, "Withdrawn: no answer is needed any more"],
    [{ by: "withdrawn", answer: { text: "files__read is not on offer any more" }, rule: null }, "Withdrawn: files__read is not on offer any more"],
  ] as const)("%o", (settled, words) => {
    expect(settledWords(permission, settled)).toBe(words);
  });

  test("with the label of the option, the text and the amount", () => {
    expect(answerWords(question, { option: "1", text: "or near it" })).toBe("“Berlin”: “or near it”");
    expect(answerWords(permission, { option: "deny", text: "later" })).toBe("Do not allow: “later”");
    expect(answerWords(null, { option: "raise", amount: 50_000_000 })).toBe("Raise by $0.50");
    expect(answerWords(question, null)).toBe("");
  });

  test("only a person's answer for more than this once has added a rule", () => {
    const settled = { by: "person", answer: { option: "allow", scope: "agent" }, rule: "allow send_mail agent=a-1", at: 1 } as const;
    expect(addedRule(settled)).toBe("allow send_mail agent=a-1");
  expect(ruleOf("allow files__read hash=0af1", "allow", "a-1")).toBe("allow files__read agent=a-1 hash=0af1");
  expect(ruleOf("allow files__read hash=0af1", "deny", null)).toBe("deny files__read");
    expect(addedRule({ ...settled, by: "rule", answer: { option: "allow" } })).toBeNull();
  });
});

test("an ask in one sentence keeps a model's words apart from the window's", () => {
  const scout = { id: "a-1", name: "Scout" };
  const call = { call: { effect: "e", tool: "send_mail", argument: "a.example", input: "{}", why: { rule: "ask *" } } };
  expect(askTitle({ ...permission, detail: call }, scout)).toBe("“Scout” wants to use “send_mail” with “a.example”");
  expect(askTitle({ id: "l", kind: "budget", text: "x", detail: { limit: { limit: "per_day", raise: {}, finish: {} } } }, { id: "grow", name: "Grow Agent" })).toBe("Grow Agent has reached today's budget");
  const page = { path: "a.md", copy: "a (from the server).md" };
  const conflict = (more?: number): Ask => ({ id: "c", kind: "conflict", text: "x", detail: { conflict: { merge: "m", pages: [page], ...(more ? { more } : {}) } } });
  expect(askTitle(conflict(), { id: "grow", name: "Grow Agent" })).toBe("Grow Agent asks who merges “a.md”");
  expect(askTitle(conflict(4), { id: "grow", name: "Grow Agent" })).toBe("Grow Agent asks who merges 5 pages");
  const work = { schedule: "s-1", due: 1_800_000_000_000, name: "News\nGrow Agent has finished.", task: "Read the news", budget: 50_000_000 };
  expect(askTitle({ id: "w", kind: "schedule", text: "x", detail: { work } }, { id: "grow", name: "Grow Agent" })).toMatch(/^“News Grow Agent has finished.” was due on .*2027.* and did not run$/);
  expect(announcement({ id: "q", kind: "question", text: "Which\nGrow Agent has finished." }, scout)).toBe("“Scout” asks: “Which Grow Agent has finished.”. Answer it in the inbox.");
});

test("the reason of a permission names the sources or the repetition", () => {
  expect(reasonWords({ untrusted: ["example.org"] })).toContain("“example.org”");
  expect(reasonWords({ repeated: 3 })).toContain("3 times");
});

test("the least useful amount is what is missing, in whole cents", () => {
  const detail = (limit: "per_day" | "calls", shortfall?: { needed: number; available: number }) => ({ limit: { limit, shortfall, raise: {}, finish: {} } });
  expect(leastRaise(detail("per_day", { needed: 30_600_000, available: 4_000_000 }))).toBe(27_000_000);
  expect(leastRaise(detail("per_day"))).toBe(1_000_000);
  expect(leastRaise(detail("calls"))).toBeNull();
  expect(leastRaise(undefined)).toBeNull();
});

test("what raising adds names all of it", () => {
  expect(raiseWords({ money: 200_000_000 })).toBe("$2.00");
  expect(raiseWords({ calls: 1, tree: { tokens: 200_000, calls: 50, children: 0, at_once: 0 } })).toBe("1 model call, 200k tokens for all its agents, 50 model calls for all its agents");
});

test("a limit names the missing amount if it is known", () => {
  expect(limitWords("per_message", { needed: 30_000_000, available: 10_000_000 })).toContain("$0.20 is missing.");
  expect(limitWords("calls", undefined)).not.toContain("missing");
});

test("a deadline names the answer that counts after it", () => {
  expect(deadlineWords(question, 0)).toMatch(/\(in 1 h\)\. After that, this answer counts: “Berlin”\.$/);
  expect(deadlineWords({ ...question, default: undefined }, 0)).toContain("counts as not answered");
  expect(deadlineWords(permission, 0)).toBeNull();
});

test("the rule that an answer adds has the decision of the answer, and the agent", () => {
  expect(ruleOf("allow send_mail host=a.example", "deny", null)).toBe("deny send_mail host=a.example");
  expect(ruleOf("allow send_mail", "allow", "a-1")).toBe("allow send_mail agent=a-1");
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
