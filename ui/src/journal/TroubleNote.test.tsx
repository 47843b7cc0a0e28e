import { fireEvent, render, screen } from "@testing-library/react";
import { expect, test, vi } from "vitest";
import type { AgentTrouble } from "../bridge";
import { TroubleWords } from "./TroubleNote";

const error: AgentTrouble["error"] = { code: "disk_full", message: "the disk is full", retryable: true, next_step: "Make room on the disk." };
const trouble: AgentTrouble = { agent: "grow", error, since: 1_000, has_given_up: false };

test("an agent that cannot go on says why, what to do, and tries at once", () => {
  const onTry = vi.fn();
  render(<TroubleWords trouble={trouble} mail={undefined} isTrying={false} onTry={onTry} />);
  const note = screen.getByRole("status").textContent;
  expect(note).toMatch(/Cannot go on since .*: the disk is full\..*Make room on the disk\. It tries again until it can\./);
  fireEvent.click(screen.getByRole("button", { name: "Try now" }));
  expect(onTry).toHaveBeenCalledOnce();
});

test("one that has given up says so, and mail that waits is counted", () => {
  render(<TroubleWords trouble={{ ...trouble, has_given_up: true }} mail={{ to: "grow", count: 3, cause: "the disk is full", since: 1_000 }} isTrying onTry={() => {}} />);
  const note = screen.getByRole("status").textContent;
  expect(note).toContain("It does not try again by itself");
  expect(note).toMatch(/3 messages wait for it since/);
});

test("nothing is shown while all is well", () => {
  const { container } = render(<TroubleWords trouble={undefined} mail={undefined} isTrying={false} onTry={() => {}} />);
  expect(container.textContent).toBe("");
});
