import { fireEvent, render, screen, within } from "@testing-library/react";
import { expect, test } from "vitest";
import type { Host, Reply, Request, Skill, SkillList } from "../bridge";
import { DataProvider, newClient } from "../data/context";
import { Drafts } from "../data/drafts";
import { Journals } from "../data/journals";
import { Skills } from "./Skills";

const tea: Skill = { name: "tea", description: "Makes tea.", place: "skills/tea/ in memory", page: "skills/tea/SKILL.md", is_on: true, new_by_agent: null };
const none: SkillList = { skills: [], unusable: [], folders: [], not_looked_at: 0 };

/** Shows the skills of a host that has these; returns the requests. */
function show(list: Partial<SkillList>): Request[] {
  const requests: Request[] = [];
  const call = async (_command: string, { request }: { request: Request }): Promise<Reply> => {
    requests.push(request);
    if (request.op === "skill") return { skill: { skill: { skill: tea, text: "Boil.\u202e", files: ["leaves.md"] } } };
    return { skills: { skills: { ...none, ...list } } };
  };
  const host = { call } as unknown as Host;
  const journals = new Journals(host, { request: () => 0, cancel: () => {} });
  render(
    <DataProvider host={host} client={newClient()} journals={journals} drafts={new Drafts(host)}>
      <Skills />
    </DataProvider>,
  );
  return requests;
}

test("a skill is switched off, and its page can be opened", async () => {
  const requests = show({ skills: [tea] });
  const row = await screen.findByRole("listitem", { name: "tea" });
  expect(within(row).getByRole("link", { name: "skills/tea/SKILL.md" }).getAttribute("href")).toContain("#/memory/");
  fireEvent.click(within(row).getByRole("switch", { name: "Agents may read the skill tea" }));
  await expect.poll(() => requests).toContainEqual({ op: "change_skills", change: { type: "switch", name: "tea", is_on: false, seen: null } });
});

test("one that an agent has written says so, and is turned on as it was seen", async () => {
  const requests = show({ skills: [{ ...tea, is_on: false, new_by_agent: "0af1" }] });
  const row = await screen.findByRole("listitem", { name: "tea" });
  within(row).getByText("New, written by an agent. Read it before you turn it on.");
  fireEvent.click(within(row).getByRole("switch", { name: "Agents may read the skill tea" }));
  await expect.poll(() => requests).toContainEqual({ op: "change_skills", change: { type: "switch", name: "tea", is_on: true, seen: "0af1" } });
});

test("one that nobody knows who has written says why it is off", async () => {
  show({ skills: [{ ...tea, is_on: false, new_by_agent: "" }] });
  const row = await screen.findByRole("listitem", { name: "tea" });
  within(row).getByText("Off: the history of memory cannot be read (growqr doctor).");
});

test("its text is read only once it is opened, and hides nothing", async () => {
  const requests = show({ skills: [{ ...tea, description: "Makes\u001b tea\u202e." }] });
  const row = await screen.findByRole("listitem", { name: "tea" });
  expect(row.textContent).not.toMatch(/[\u001b\u202e]/);
  expect(requests.some((request) => request.op === "skill")).toBe(false);
  fireEvent.click(screen.getByRole("button", { name: "What it says" }));
  const text = await screen.findByLabelText("The text of tea");
  expect(text.textContent).toContain("Boil.");
  expect(text.textContent).not.toContain("\u202e");
  await screen.findByText("leaves.md");
});

test("what cannot be used or was not looked at is told with the reason", async () => {
  show({ unusable: [{ place: "/home/you/skills/x", reason: "it has no name" }], not_looked_at: 3 });
  await screen.findByText("/home/you/skills/x cannot be used: it has no name");
  await screen.findByText("3 more skills were skipped: at most 500 are read.");
  await screen.findByText("No skills yet.");
});

test("a folder is added and removed", async () => {
  const requests = show({ folders: ["/home/you/skills"] });
  fireEvent.change(await screen.findByRole("textbox", { name: "Path of a folder" }), { target: { value: " /more " } });
  fireEvent.click(screen.getByRole("button", { name: "Add" }));
  await expect.poll(() => requests).toContainEqual({ op: "change_skills", change: { type: "add_folder", path: "/more" } });
  fireEvent.click(screen.getByRole("button", { name: "Remove: /home/you/skills" }));
  await expect.poll(() => requests).toContainEqual({ op: "change_skills", change: { type: "remove_folder", path: "/home/you/skills" } });
});
