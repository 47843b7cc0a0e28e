import { fireEvent, render, screen } from "@testing-library/react";
import { expect, test, vi } from "vitest";
import { type Ask, type AskAnswer, HostError } from "../../bridge";
import { AskForm } from "./AskForm";
import type { Answering } from "./useAnswer";

function show(ask: Ask, answering: Partial<Answering> = {}) {
  const send = vi.fn<(answer: AskAnswer | null) => void>();
  const answer: Answering = { send, retry: null, reset: () => {}, isSending: false, error: null, amountProblem: null, isElsewhere: false, ...answering };
  render(<AskForm ask={ask} agent="a-scout" answer={answer} />);
  return send;
}

const permission: Ask = {
  id: "a",
  kind: "permission",
  text: "Scout wants to use send_mail.",
  detail: { call: { effect: "e", tool: "send_mail", input: "{}", why: { rule: "ask * as risky" }, rule: "allow send_mail" } },
  options: [{ id: "allow", label: "Allow" }, { id: "deny", label: "Do not allow" }],
  scopes: ["once", "agent", "always"],
};

test("a permission is answered once, or for all such calls with the rule shown", () => {
  const send = show(permission);
  fireEvent.click(screen.getByRole("button", { name: "Allow" }));
  expect(send).toHaveBeenLastCalledWith({ option: "allow" });
  fireEvent.click(screen.getByRole("radio", { name: "For this agent" }));
  expect(screen.getByText("allow send_mail agent=a-scout")).toBeTruthy();
  fireEvent.click(screen.getByRole("radio", { name: "Always" }));
  expect(screen.getByText("deny send_mail")).toBeTruthy();
  fireEvent.change(screen.getByRole("textbox", { name: "Tell the agent why" }), { target: { value: " Ask her first. " } });
  fireEvent.click(screen.getByRole("button", { name: "Do not allow" }));
  expect(send).toHaveBeenLastCalledWith({ option: "deny", scope: "always", text: "Ask her first." });
});

test("a permission of the workbench shows the rule that it adds", () => {
  const detail = { session: { effect: "e", request: "per_1", session: "ses_1", permission: { what: "bash", command: "cargo test" }, rule: 'allow workbench_bash command="cargo *"' } };
  show({ ...permission, detail });
  fireEvent.click(screen.getByRole("radio", { name: "Always" }));
  expect(screen.getByText('allow workbench_bash command="cargo *"')).toBeTruthy();
});

test("a question takes a text, or no answer", () => {
  const send = show({ id: "q", kind: "question", text: "Which city?" });
  const text = screen.getByRole("textbox", { name: "Your answer to: “Which city?”" });
  fireEvent.submit(text);
  expect(send).not.toHaveBeenCalled();
  fireEvent.change(text, { target: { value: " Berlin " } });
  fireEvent.submit(text);
  expect(send).toHaveBeenLastCalledWith({ text: "Berlin" });
  fireEvent.click(screen.getByRole("button", { name: "Do not answer" }));
  expect(send).toHaveBeenLastCalledWith(null);
});

const limit: Ask = { id: "l", kind: "budget", text: "At the limit.", detail: { limit: { limit: "per_message", shortfall: { needed: 30_600_000, available: 4_000_000 }, raise: { money: 200_000_000 }, finish: { money: 6_000_000 } } }, options: [{ id: "raise", label: "Raise by $2.00" }, { id: "stop", label: "Stop here" }] };

test("a limit is raised by the named amount or by another one, never by a wrong one", () => {
  const send = show(limit);
  const raise = screen.getByRole<HTMLButtonElement>("button", { name: "Raise by $2.00" });
  fireEvent.click(raise);
  expect(send).toHaveBeenLastCalledWith({ option: "raise" });
  const amount = screen.getByRole<HTMLInputElement>("spinbutton", { name: "Raise by another amount: $" });
  expect(amount.min).toBe("0.27");
  fireEvent.change(amount, { target: { value: "0.5" } });
  fireEvent.click(raise);
  expect(send).toHaveBeenLastCalledWith({ option: "raise", amount: 50_000_000 });
  fireEvent.change(amount, { target: { value: "0.26" } });
  expect(raise.disabled).toBe(true);
  fireEvent.click(screen.getByRole("button", { name: "Stop here" }));
  expect(send).toHaveBeenLastCalledWith({ option: "stop" });
});

test("an amount that the host refuses stays, with the reason next to it", () => {
  const amountProblem = new HostError({ code: "bad_request", message: "an amount can be at most $1000000.00", retryable: false, next_step: "See what it asks: growqr asks list" });
  show(limit, { amountProblem });
  const amount = screen.getByRole<HTMLInputElement>("spinbutton");
  fireEvent.change(amount, { target: { value: "2000000" } });
  expect(screen.getByRole("alert").textContent?.trim()).toBe("An amount can be at most $1000000.00.");
  expect(amount.value).toBe("2000000");
});

test("while an answer is sent, no other one can be given", () => {
  show(permission, { isSending: true });
  expect(screen.getAllByRole<HTMLButtonElement>("button").every((button) => button.disabled)).toBe(true);
});
