import { fireEvent, render, screen } from "@testing-library/react";
import { expect, test } from "vitest";
import { HostError, type Host, type Request, type Schedule, type ScheduleRun } from "../bridge";
import { DataProvider, newClient } from "../data/context";
import { Drafts } from "../data/drafts";
import { Journals } from "../data/journals";
import { Schedules } from "./Schedules";

const run = (outcome: ScheduleRun["outcome"], part: Partial<ScheduleRun> = {}): ScheduleRun => ({ schedule: "s-1", name: "News", due: 1_800_000_000_000, last: 1_800_000_000_000, count: 1, outcome, agent: null, ask: null, by_hand: false, ...part });

const schedule: Schedule = {
  id: "s-1", name: "News", task: "Read the news", words: "every weekday at 8", cron: "0 8 * * 1-5", zone: "Europe/Berlin", on_missed: "ask",
  budget: 50_000_000, has_price: true, state: "active", next_at: 1_800_000_000_000, by_agent: null, created_at: 0, last: run("done"), problem: null,
};

/** Shows the schedules of a host that knows these; returns the requests. */
function show(schedules: Schedule[], runs: ScheduleRun[] = []): Request[] {
  const requests: Request[] = [];
  const call = async (command: string, args: { request: Request; words: string }) => {
    switch (command) {
      case "schedules":
        return schedules;
      case "schedule_runs":
        return runs;
      case "schedule_preview":
        if (!args.words.startsWith("every")) throw new HostError({ code: "bad_request", message: `"${args.words}" is not understood here`, retryable: false, next_step: "Examples: every weekday at 8" });
        return { cron: "0 8 * * *", zone: "Europe/Berlin", next: [1_800_000_000_000] };
      default:
        requests.push(args.request);
        return { schedule: { schedule } };
    }
  };
  const host = { call } as unknown as Host;
  const journals = new Journals(host, { request: () => 0, cancel: () => {} });
  render(
    <DataProvider host={host} client={newClient()} journals={journals} drafts={new Drafts(host)}>
      <Schedules />
    </DataProvider>,
  );
  return requests;
}

test("a schedule says when it is due, what it may spend and what became of its runs", async () => {
  show([schedule], [run("done", { agent: "a-1" }), run("missed", { due: 1_790_000_000_000, last: 1_790_500_000_000, count: 5 }), run("busy", { due: 1_780_000_000_000 })]);
  await screen.findByText("every weekday at 8 (Europe/Berlin)");
  screen.getByText("Up to $0.50 a run. If missed: Ask me");
  screen.getByText(/^Next: /);
  fireEvent.click(screen.getByRole("button", { name: "History" }));
  const link = await screen.findByRole("link", { name: "Ran" });
  expect(link.getAttribute("href")).toContain("a-1");
  screen.getByText("Missed");
  screen.getByText(/\(5×\)/);
  screen.getByText("Left out: the run before was still at work");
});

test("without a known price a schedule says what limits its runs", async () => {
  show([{ ...schedule, has_price: false }]);
  await screen.findByText("Your model has no known price: tokens and calls limit a run instead.");
});

test("a schedule says that an agent has asked for it", async () => {
  show([schedule, { ...schedule, id: "s-2", by_agent: "a-7" }]);
  const links = await screen.findAllByRole("link", { name: "An agent has asked for this schedule." });
  expect(links.map((link) => link.getAttribute("href"))).toEqual([expect.stringContaining("a-7")]);
});

test("it is run, paused, taken up again, and removed with two clicks", async () => {
  const requests = show([schedule, { ...schedule, id: "s-2", name: "Later", state: "paused", next_at: null, last: null }]);
  fireEvent.click(await screen.findByRole("button", { name: "Run now: News" }));
  await expect.poll(() => requests).toContainEqual({ op: "run_schedule", id: "s-1" });
  fireEvent.click(screen.getByRole("button", { name: "Pause: News" }));
  fireEvent.click(screen.getByRole("button", { name: "Go on: Later" }));
  fireEvent.click(screen.getByRole("button", { name: "Remove: Later" }));
  expect(requests).not.toContainEqual({ op: "remove_schedule", id: "s-2" });
  fireEvent.click(screen.getByRole("button", { name: "Remove now: Later" }));
  await expect.poll(() => requests.map((request) => request.op)).toEqual(["run_schedule", "pause_schedule", "resume_schedule", "remove_schedule"]);
});

test("what the words mean is shown while they are written, and a schedule is added once", async () => {
  const requests = show([]);
  await screen.findByText("No schedules yet.");
  const when = screen.getByRole("textbox", { name: "When" });
  fireEvent.change(when, { target: { value: "soon" } });
  await screen.findByText(/"soon" is not understood here/i);
  fireEvent.change(when, { target: { value: "every day at 8" } });
  await screen.findByText(/^Next: .* \(Europe\/Berlin\)$/);
  const add = screen.getByRole("button", { name: "Add schedule" });
  expect(add).toHaveProperty("disabled", true);
  fireEvent.change(screen.getByRole("textbox", { name: "Name of the schedule" }), { target: { value: "News" } });
  fireEvent.change(screen.getByRole("textbox", { name: /^Task/ }), { target: { value: "Read the news" } });
  fireEvent.change(screen.getByRole("textbox", { name: "Budget of one run, in USD" }), { target: { value: "nothing" } });
  expect(add).toHaveProperty("disabled", true);
  // Some write a thousand like this.
  fireEvent.change(screen.getByRole("textbox", { name: "Budget of one run, in USD" }), { target: { value: "1,000" } });
  expect(add).toHaveProperty("disabled", true);
  fireEvent.change(screen.getByRole("textbox", { name: "Budget of one run, in USD" }), { target: { value: "0.25" } });
  fireEvent.click(add);
  fireEvent.click(add);
  await expect.poll(() => when).toHaveProperty("value", "");
  expect(requests[0]).toEqual({ op: "add_schedule", schedule: { id: expect.stringMatching(/^s-[0-9a-f]{16}$/), name: "News", task: "Read the news", words: "every day at 8", zone: null, on_missed: "run_once", budget: 25_000_000 } });
  // With the same id the host takes a double click for one.
  expect(new Set(requests.map((request) => JSON.stringify(request))).size).toBe(1);
});
