import { expect, test } from "vitest";
import { summary } from "./summary";

const line = (kind: string, data: unknown) => ({ position: 1, agent: "grow", seq: 1, at: 0, kind, data });
const name = (id: string) => (id === "a-1" ? "Scout" : id);

test("an event is summarised in one line", () => {
  expect(summary(line("user_said", { id: "m", text: "two\nlines" }), name)).toMatchObject({ what: "message", detail: "two lines" });
  expect(summary(line("mail_received", { mail: { from: "a-1", to: "grow", body: "cancel" } }), name).what).toBe("mail from Scout");
  expect(summary(line("tool_started", { name: "commit_memory", effect: "e", input: { path: "a.md", content: "long" } }), name)).toMatchObject({ what: "writing", detail: "a.md" });
  expect(summary(line("tool_started", { name: "new_tool", effect: "e", input: { a: 1 } }), name)).toMatchObject({ what: "new_tool", detail: '{"a":1}' });
  expect(summary(line("turn_ended", { ended: { limit: "calls" } }), name)).toMatchObject({ tone: "warn" });
  expect(summary(line("model_answered", { reply: { content: "damaged", cost: null } }), name).detail).toContain("cost unknown");
});

test("messages are shown without Markdown syntax, results of tools unchanged", () => {
  const answer = { content: [{ type: "text", text: "## Plan\n\n- ask **Mara**" }], cost: null, usage: {} };
  expect(summary(line("model_answered", { reply: answer }), name).detail).toBe("cost unknown, 0 tokens. Plan ask Mara");
  expect(summary(line("user_said", { id: "m", text: "is **this** `a_b_c`?" }), name).detail).toBe("is this a_b_c?");
  expect(summary(line("tool_finished", { effect: "e", content: "a.md:5: - **b**", is_error: false }), name).detail).toBe("a.md:5: - **b**");
});

test("charges, interruptions and results of several blocks are summarised", () => {
  const blocks = [{ type: "text", text: "see" }, { type: "image", media_type: "image/png", data: "AAAA" }, { type: "link", uri: "https://a.example", title: "A" }];
  expect(summary(line("tool_finished", { effect: "e", content: blocks, is_error: false }), name).detail).toBe("see [picture] [link: A, https://a.example]");
  expect(summary(line("charge_reserved", { charge: "c", purpose: "web search", reservation: 20_000_000 }), name).detail).toBe("web search, up to $0.20");
  expect(summary(line("charge_settled", { charge: "c", cost: null }), name).detail).toBe("cost unknown");
  expect(summary(line("tool_interrupted", { effect: "e" }), name)).toMatchObject({ what: "interrupted", tone: "warn" });
  expect(summary(line("tool_resumed", { effect: "e" }), name).what).toBe("carried out now");
  expect(summary(line("journal_named", { name: "n" }), name).what).toBe("journal named");
});

test("asks and what the person did with a turn are summarised", () => {
  expect(summary(line("ask_raised", { ask: { id: "k", kind: "question", text: "Which **city**?" } }), name)).toMatchObject({ what: "asks you", detail: "Which city?" });
  expect(summary(line("ask_settled", { ask: "k", by: "deadline" }), name).detail).toBe("The deadline passed without an answer");
  expect(summary(line("turn_paused", { limit: "calls" }), name)).toMatchObject({ what: "paused", tone: "warn" });
  expect(summary(line("mail_received", { mail: { from: "a-1", to: "grow", body: { ask_raised: { ask: "k", text: "Which city?" } } } }), name).detail).toBe("asks the person: Which city?");
});

test("an event of a later build is shown by its kind", () => {
  expect(summary(line("dreamed", {}), name)).toMatchObject({ what: "dreamed", tone: "warn" });
});
