import { act, fireEvent, render, screen } from "@testing-library/react";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { Host, Message } from "../bridge";
import { DataProvider, newClient } from "../data/context";
import { Drafts } from "../data/drafts";
import { Journals } from "../data/journals";
import de from "../words/de";
import hi from "../words/hi";
import { ACTIONS } from "./actions";
import Palette from "./Palette";

const hit = (text: string): Message => ({ agent: "grow", seq: 7, at: 0, role: "user", text }) as unknown as Message;

/** `answer` ends the search for this text. */
function show() {
  const waiting = new Map<string, (hits: Message[]) => void>();
  const call = (name: string, args: { text: string }) => {
    if (name === "search") return new Promise((done) => waiting.set(args.text, done));
    return Promise.resolve(name === "memory_list" ? { rows: [{ path: "plans/tea.md" }], next: null } : []);
  };
  const host = { call } as unknown as Host;
  const journals = new Journals(host, { request: () => 0, cancel: () => {} });
  const onClose = vi.fn();
  render(
    <DataProvider host={host} client={newClient()} journals={journals} drafts={new Drafts(host)}>
      <Palette onClose={onClose} />
    </DataProvider>,
  );
  const type = (value: string) => act(async () => void fireEvent.change(screen.getByRole("combobox"), { target: { value } }));
  const answer = async (text: string, hits: Message[]) => {
    await expect.poll(() => waiting.has(text)).toBe(true);
    await act(async () => waiting.get(text)?.(hits));
  };
  return { type, answer, waiting, onClose };
}

const enter = () => act(async () => void fireEvent.keyDown(screen.getByRole("combobox"), { key: "Enter" }));
const status = () => screen.getByRole("status").textContent;

beforeEach(() => void (location.hash = "#/chat"));
afterEach(() => void (location.hash = ""));

test("while the next text is searched, nothing that was found for the last one is opened or counts as no match", async () => {
  const { type, answer, waiting } = show();
  await type("mara");
  fireEvent.click(screen.getByRole("option", { name: "Search everything for “mara”" }));
  await answer("mara", [hit("ask mara")]);
  await screen.findByText("ask", { exact: false });
  await expect.poll(status).toBe("");
  fireEvent.keyDown(screen.getByRole("combobox"), { key: "ArrowDown" });
  await type("marathon");
  expect([status(), waiting.has("marathon")]).toEqual(["Searching…", false]);
  await enter();
  expect(location.hash).toBe("#/chat");
  await answer("marathon", []);
  await expect.poll(status).toBe("No matches.");
});

test("Enter opens the first hit of the text that was typed last, also if it was found for the text before", async () => {
  const { type, answer } = show();
  await type("mara");
  fireEvent.click(screen.getByRole("option", { name: "Search everything for “mara”" }));
  await answer("mara", [hit("ask mara about the marathon")]);
  await screen.findByText("about the", { exact: false });
  await type("marathon");
  await answer("marathon", [hit("ask mara about the marathon")]);
  await expect.poll(status).toBe("");
  expect(screen.getByRole("option", { selected: true }).textContent).toContain("marathon");
  await enter();
  expect(location.hash).toBe("#/agents/grow?at=seq-7");
});

test("a hit that is chosen again is gone to again", async () => {
  const { type, answer } = show();
  const seen: string[] = [];
  const note = () => void seen.push(location.hash);
  location.hash = "#/agents/grow?at=seq-7";
  // Until all changes of the hash so far are told.
  await new Promise((done) => setTimeout(done, 50));
  addEventListener("hashchange", note);
  await type("mara");
  fireEvent.click(screen.getByRole("option", { name: "Search everything for “mara”" }));
  await answer("mara", [hit("ask mara")]);
  await screen.findByText("ask", { exact: false });
  fireEvent.click(screen.getByRole("option", { name: /mara/ }));
  await expect.poll(() => seen).toEqual(["#/agents/grow", "#/agents/grow?at=seq-7"]);
  removeEventListener("hashchange", note);
});

test("what has the typed word comes first, and what only has its letters is not shown beside it", async () => {
  const { type } = show();
  await screen.findByRole("option", { name: "plans/tea.md" });
  await type("tea");
  expect(screen.getAllByRole("option").map((option) => option.textContent?.trim())).toEqual(["plans/tea.md", "Search everything for “tea”"]);
  await enter();
  expect(location.hash).toBe("#/memory/plans%2Ftea.md");
  await type("stck");
  expect(screen.getAllByRole("option")[0]?.textContent).toContain("Stack");
  // These letters are in "Stop the Grow Agent and its sub-agents", too.
  await type("stpgrw");
  expect(screen.getAllByRole("option")).toHaveLength(1);
});

test.each([
  ["q", "Show the quick chat"],
  ["qu", "Show the quick chat"],
  ["qui", "Show the quick chat"],
  ["quit", "Quit GrowQR"],
  ["stop", "Stop the Grow Agent and its sub-agents"],
  ["stop the", "Stop the Grow Agent and its sub-agents"],
  ["cancel", "Stop the Grow Agent and its sub-agents"],
  ["beenden", "Quit GrowQR"],
  ["start", "Start fresh"],
])("%s goes first to %s", async (text, first) => {
  const { type } = show();
  await type(text);
  expect(screen.getAllByRole("option")[0]?.textContent?.trim()).toBe(first);
});

test.each(["sub", "the", "sca", "grow", "gr", "growqr", "agents", "s", "st"])("%s does not go first to what stops, quits or starts fresh", async (text) => {
  const { type } = show();
  await screen.findByRole("option", { name: "plans/tea.md" });
  await type(text);
  expect(screen.getAllByRole("option")[0]?.textContent).not.toMatch(/Stop|Quit|Start fresh/);
});

test.each([["German", de], ["Hindi", hi]])("what stops, quits or starts fresh is found by its verb in %s", (_, words) => {
  const risky = ACTIONS.filter(({ isRisky }) => isRisky);
  expect(risky).toHaveLength(3);
  for (const { label, words: others } of risky) {
    const ownWords = words[label]?.toLowerCase().split(" ");
    expect(others?.split(" ").some((word) => ownWords?.includes(word)), label).toBe(true);
  }
});

test("spaces alone hide nothing", async () => {
  const { type } = show();
  await type("  ");
  expect(screen.getByRole("option", { name: /^Back up now/ })).toBeTruthy();
});
