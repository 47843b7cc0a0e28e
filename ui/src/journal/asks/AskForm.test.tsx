import { fireEvent, render, screen } from "@testing-library/react";
import { expect, test, vi } from "vitest";
import type { Ask, AskAnswer } from "../../bridge";
import { AskForm } from "./AskForm";

function show(ask: Ask, isSending = false) {
  const send = vi.fn<(answer: AskAnswer | null) => void>();
  render(<AskForm ask={ask} answer={{ send, retry: () => {}, isSending, error: null, isElsewhere: false }} />);
  return send;
}

const permission: Ask = {
  id: "a",
  kind: "permission",
  text: "Scout wants to use send_mail.",
  detail: { call: { effect: "e", tool: "send_mail", input: "{}", why: { rule: "ask * risky" }, rule: "allow send_mail risky" } },
  options: [{ id: "allow", label: "Allow" }, { id: "deny", label: "Do not allow" }],
  scopes: ["once", "agent", "always"],
};

test("a permission is answered once, or for all such calls with the rule shown", () => {
  const send = show(permission);
  fireEvent.click(screen.getByRole("button", { name: "Allow" }));
  expect(send).toHaveBeenLastCalledWith({ option: "allow" });
  fireEvent.click(screen.getByRole("radio", { name: "Always" }));
  expect(screen.getByText("deny send_mail risky")).toBeTruthy();
  fireEvent.click(screen.getByRole("button", { name: "Do not allow" }));
  expect(send).toHaveBeenLastCalledWith({ option: "deny", scope: "always" });
  expect(screen.queryByRole("textbox"), "free text is for questions").toBeNull();
});

test("a question takes a text, or no answer", () => {
  const send = show({ id: "q", kind: "question", text: "Which city?" });
  const text = screen.getByRole("textbox", { name: "Your answer to: Which city?" });
  fireEvent.submit(text);
  expect(send).not.toHaveBeenCalled();
  fireEvent.change(text, { target: { value: " Berlin " } });
  fireEvent.submit(text);
  expect(send).toHaveBeenLastCalledWith({ text: "Berlin" });
  fireEvent.click(screen.getByRole("button", { name: "Do not answer" }));
  expect(send).toHaveBeenLastCalledWith(null);
});

test("a limit is raised by the named amount or by another one, never by a wrong one", () => {
  const send = show({ id: "l", kind: "budget", text: "At the limit.", detail: { limit: { limit: "per_message", shortfall: { needed: 30_600_000, available: 4_000_000 }, raise: { money: 200_000_000 }, finish: { money: 6_000_000 } } }, options: [{ id: "raise", label: "Raise by $2.00" }, { id: "stop", label: "Stop here" }] });
  const raise = screen.getByRole<HTMLButtonElement>("button", { name: "Raise by $2.00" });
  fireEvent.click(raise);
  expect(send).toHaveBeenLastCalledWith({ option: "raise" });
  const amount = screen.getByRole("textbox", { name: "Raise by another amount: $" });
  fireEvent.change(amount, { target: { value: "0.5" } });
  fireEvent.click(raise);
  expect(send).toHaveBeenLastCalledWith({ option: "raise", amount: 50_000_000 });
  fireEvent.change(amount, { target: { value: "much" } });
  expect(raise.disabled).toBe(true);
  fireEvent.click(screen.getByRole("button", { name: "Stop here" }));
  expect(send).toHaveBeenLastCalledWith({ option: "stop" });
});

test("while an answer is sent, no other one can be given", () => {
  show(permission, true);
  expect(screen.getAllByRole<HTMLButtonElement>("button").every((button) => button.disabled)).toBe(true);
});
