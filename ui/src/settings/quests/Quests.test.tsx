import { fireEvent, render, screen, within } from "@testing-library/react";
import { afterEach, expect, test } from "vitest";
import { HostError, type Host, type Quest, type QuestPlan, type QuestStep, type Request } from "../../bridge";
import { DataProvider, newClient } from "../../data/context";
import { Drafts } from "../../data/drafts";
import { Journals } from "../../data/journals";
import { toQuest } from "../../data/questLink";
import { Quests } from "./Quests";

const USD = 100_000_000;

const step = (number: number, state: QuestStep["state"], part: Partial<QuestStep> = {}): QuestStep => ({ number, title: `Step ${number}`, state, agent: null, spent: 0, attempt: 0, after: number === 1 ? null : number - 1, ...part });

const blog: Quest = {
  id: "q-1", path: "quests/blog.md", name: "Blog", state: "at_work", budget: 2 * USD, spent: USD / 2, reserved: USD / 4, created_at: 0, by_agent: null, page_changed: false,
  steps: [step(1, "done", { agent: "a-1", attempt: 2, spent: USD / 2 }), step(2, "at_work", { agent: "a-2", attempt: 1 }), step(3, "waiting")],
};

const desk: QuestPlan = { path: "quests/desk.md", name: "Desk", steps: [{ number: 1, title: "Sort", after: null, done: true }, { number: 2, title: "Keep", after: 1, done: false }] };

interface Known {
  quests?: Quest[];
  plans?: QuestPlan[];
  agents?: Array<{ id: string; asks: number; depth: number }>;
  refuse?: boolean;
}

/** Shows the quests of a host that knows these; returns the requests. */
function show({ quests = [], plans = [], agents = [], refuse = false }: Known): Request[] {
  const requests: Request[] = [];
  const call = async (command: string, args: { request: Request; path: string }) => {
    switch (command) {
      case "quests":
        return quests;
      case "quest_plans":
        return plans;
      case "agents":
        return agents;
      case "quest_plan": {
        const found = plans.find(({ path }) => path === args.path);
        if (!found) throw new HostError({ code: "bad_request", message: `the page ${args.path} has no steps`, retryable: false, next_step: "Write a list of tasks" });
        return found;
      }
      default:
        requests.push(args.request);
        if (refuse) throw new HostError({ code: "bad_request", message: "the quest has ended", retryable: false, next_step: "Start a new one: growqr quest start PATH" });
        return { quest: { quest: blog } };
    }
  };
  const host = { call } as unknown as Host;
  const journals = new Journals(host, { request: () => 0, cancel: () => {} });
  render(
    <DataProvider host={host} client={newClient()} journals={journals} drafts={new Drafts(host)}>
      <Quests />
    </DataProvider>,
  );
  return requests;
}

afterEach(() => {
  location.hash = "";
});

test("a quest has its progress as a picture and in words, its money, and its steps with their conversations", async () => {
  show({ quests: [blog], agents: [{ id: "a-2", asks: 1, depth: 1 }] });
  const row = within(await screen.findByRole("listitem", { name: "Blog" }));
  row.getByRole("img", { name: "Progress of Blog: 1 of 3 steps done, 1 at work" });
  expect(row.getByRole("status").textContent).toBe("1 of 3 steps done, 1 at work");
  expect(row.getByRole("meter", { name: "Budget of Blog" }).getAttribute("aria-valuetext")).toBe("$0.50 of $2.00 spent");
  row.getByText(/\$0\.25 set aside/);
  const [first, second, third] = within(row.getByRole("list", { name: "Steps of Blog" })).getAllByRole("listitem");
  expect(first?.textContent).toMatch(/1\. Step 1.*Done.*attempt 2.*\$0\.50/);
  expect(within(first as HTMLElement).getByRole("link").getAttribute("href")).toBe("#/agents/a-1");
  within(second as HTMLElement).getByRole("link", { name: "Asks you: the conversation of step 2" });
  expect(third?.textContent).toContain("Not begun");
});

test("each state of a step has a sign of its own, besides its colour", async () => {
  const states = ["waiting", "due", "at_work", "done", "failed", "limit", "cancelled", "skipped"] as const;
  show({ quests: [{ ...blog, steps: states.map((state, index) => step(index + 1, state)) }] });
  const segments = [...(await screen.findByRole("img")).querySelectorAll("[title]")];
  expect(segments.map((segment) => segment.getAttribute("title"))).toEqual(["1. Step 1: Not begun", "2. Step 2: About to begin", "3. Step 3: At work", "4. Step 4: Done", "5. Step 5: Failed", "6. Step 6: Reached a limit", "7. Step 7: Cancelled", "8. Step 8: Skipped"]);
  expect(new Set(segments.map((segment) => segment.querySelector("svg")?.innerHTML)).size).toBe(states.length);
});

test("a quest is paused, goes on, and is cancelled with two clicks", async () => {
  const requests = show({ quests: [blog, { ...blog, id: "q-2", name: "Later", state: "paused" }] });
  fireEvent.click(await screen.findByRole("button", { name: "Pause: Blog" }));
  fireEvent.click(screen.getByRole("button", { name: "Go on: Later" }));
  fireEvent.click(screen.getByRole("button", { name: "Cancel: Later" }));
  await expect.poll(() => requests).toHaveLength(2);
  fireEvent.click(screen.getByRole("button", { name: "Keep" }));
  fireEvent.click(screen.getByRole("button", { name: "Cancel: Later" }));
  fireEvent.click(screen.getByRole("button", { name: "Cancel now: Later" }));
  await expect.poll(() => requests).toEqual([{ op: "pause_quest", id: "q-1" }, { op: "resume_quest", id: "q-2" }, { op: "cancel_quest", id: "q-2" }]);
});

test("a step that did not succeed is retried, or skipped with two clicks; the quest says why it waits", async () => {
  const requests = show({ quests: [{ ...blog, state: "blocked", steps: [step(1, "done"), step(2, "failed", { agent: "a-2", attempt: 1 }), step(3, "waiting")] }] });
  await screen.findByText(/A step has not succeeded/);
  expect(screen.getAllByRole("button", { name: /^Retry/ })).toHaveLength(1);
  fireEvent.click(screen.getByRole("button", { name: "Retry step 2 of Blog" }));
  await expect.poll(() => requests).toEqual([{ op: "retry_step", id: "q-1", step: 2 }]);
  fireEvent.click(screen.getByRole("button", { name: "Skip step 2 of Blog" }));
  fireEvent.click(screen.getByRole("button", { name: "Skip step 2 of Blog now" }));
  await expect.poll(() => requests.at(-1)).toEqual({ op: "skip_step", id: "q-1", step: 2 });
});

test("while a quest is paused, a step is skipped but not retried", async () => {
  show({ quests: [{ ...blog, state: "paused", steps: [step(1, "limit")] }] });
  await screen.findByRole("button", { name: "Skip step 1 of Blog" });
  expect(screen.queryByRole("button", { name: /^Retry/ })).toBeNull();
});

test("without money the form for the budget is open, and takes only an amount that is another one", async () => {
  const requests = show({ quests: [{ ...blog, state: "no_money" }] });
  const budget = await screen.findByRole("textbox", { name: "Budget of the quest, in USD" });
  const set = screen.getByRole("button", { name: "Set budget" });
  expect(set).toHaveProperty("disabled", true);
  fireEvent.change(budget, { target: { value: "more" } });
  expect(set).toHaveProperty("disabled", true);
  fireEvent.change(budget, { target: { value: "3.50" } });
  fireEvent.click(set);
  await expect.poll(() => requests).toEqual([{ op: "set_quest_budget", id: "q-1", budget: 3.5 * USD }]);
});

test("a quest that has ended offers nothing to do, and its steps are folded", async () => {
  show({ quests: [{ ...blog, state: "cancelled", page_changed: true, by_agent: "a-7", steps: [step(1, "failed")] }] });
  const row = within(await screen.findByRole("listitem", { name: "Blog" }));
  row.getByText("The page has changed since. This quest keeps the plan that it was started with.");
  expect(row.getByRole("link", { name: "An agent has asked for this quest." }).getAttribute("href")).toContain("a-7");
  expect(row.getAllByRole("button").map((button) => button.textContent)).toEqual(["Steps"]);
  fireEvent.click(row.getByRole("button", { name: "Steps" }));
  row.getByText(/1\. Step 1/);
  expect(row.queryByRole("button", { name: /Retry/ })).toBeNull();
});

test("a refusal is shown at the quest, without a command for what can be done here", async () => {
  show({ quests: [blog], refuse: true });
  fireEvent.click(await screen.findByRole("button", { name: "Pause: Blog" }));
  expect((await screen.findByRole("alert")).textContent?.trim()).toBe("The quest has ended.");
});

test("a page is started once, after its steps were shown", async () => {
  const requests = show({ plans: [desk] });
  const plan = await screen.findByRole("combobox", { name: "Plan" });
  const start = screen.getByRole("button", { name: "Start quest" });
  expect(start).toHaveProperty("disabled", true);
  fireEvent.change(plan, { target: { value: desk.path } });
  await screen.findByText("1 step to do. One after the other.");
  const [first] = within(screen.getByRole("list", { name: "Steps of the plan" })).getAllByRole("listitem");
  expect(first?.textContent).toContain("done already");
  fireEvent.change(screen.getByRole("textbox", { name: /^Budget of the quest/ }), { target: { value: "0.75" } });
  fireEvent.click(start);
  fireEvent.click(start);
  await expect.poll(() => requests[0]).toEqual({ op: "start_quest", quest: { id: expect.stringMatching(/^q-[0-9a-f]{16}$/), path: desk.path, budget: 75_000_000 } });
  // With the same id the host takes a double click for one.
  expect(new Set(requests.map((request) => JSON.stringify(request))).size).toBe(1);
});

test("another budget is another quest", async () => {
  const requests = show({ plans: [desk], refuse: true });
  fireEvent.change(await screen.findByRole("combobox", { name: "Plan" }), { target: { value: desk.path } });
  await screen.findByText("1 step to do. One after the other.");
  const start = screen.getByRole("button", { name: "Start quest" });
  const again = async (times: number) => {
    fireEvent.click(start);
    await expect.poll(() => requests.length).toBe(times);
    await screen.findByRole("alert");
  };
  await again(1);
  await again(2);
  fireEvent.change(screen.getByRole("textbox", { name: /^Budget of the quest/ }), { target: { value: "3" } });
  await again(3);
  const ids = requests.map((request) => (request.op === "start_quest" ? request.quest.id : ""));
  expect([ids[0] === ids[1], ids[1] === ids[2]]).toEqual([true, false]);
});

test("a page whose quest goes on is not started again", async () => {
  show({ quests: [{ ...blog, path: desk.path }], plans: [desk] });
  fireEvent.change(await screen.findByRole("combobox", { name: "Plan" }), { target: { value: desk.path } });
  await screen.findByText("A quest of this page has not ended yet.");
  expect(screen.getByRole("button", { name: "Start quest" })).toHaveProperty("disabled", true);
});

test("a link from a page chooses it, and says what is missing if it is no plan", async () => {
  location.hash = toQuest("quests/ideas.md");
  show({ plans: [desk] });
  expect(await screen.findByRole("combobox", { name: "Plan" })).toHaveProperty("value", "quests/ideas.md");
  await screen.findByText(/^The page quests\/ideas.md has no steps/);
  expect(screen.getByRole("button", { name: "Start quest" })).toHaveProperty("disabled", true);
});

test("without a plan it shows how to write one", async () => {
  show({});
  await screen.findByText("No quests yet.");
  const example = await screen.findByLabelText("Example of a plan");
  expect(example.textContent).toMatch(/^# Move the blog\n[^]*1\. \[ \] List/);
  expect(screen.getByRole("link", { name: "Write a plan" }).getAttribute("href")).toBe("#/memory/quests%2Fmy-plan.md?at=edit");
});
