/** The agents as a picture: the tree with states, times and money, and the timeline of a turn. */
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { expectAccessible, launchBrowser, open, repair, say, screenshot, waitForFocus } from "./window";

let chromium: Browser;
beforeAll(async () => {
  chromium = await launchBrowser();
});
afterAll(() => chromium.close());

const SIZES = [{ width: 900, height: 600 }, { width: 1600, height: 1000 }];
const tree = (page: Page) => page.getByRole("tree", { name: "All agents" });
const agent = (page: Page, name: RegExp) => tree(page).getByRole("treeitem", { name }).first();

for (const theme of ["light", "dark"] as const) {
  for (const size of SIZES) {
    test(`a tree of hundreds of agents shows states, times, money and steps (${theme}, ${size.width} wide)`, async () => {
      const { page, context, pageErrors } = await open(chromium, { world: "crowd", theme, size, at: "#/agents" });
      await agent(page, /^Team 1 Waiting \$\d.*, \$\d.* left/).waitFor();
      await agent(page, /^Reader 1\.1 Thinking \$\d.*, \$\d.* left Thinking \d+ min \d+ s$/).waitFor();
      expect(await tree(page).getByRole("treeitem").count(), "only the rows in view exist").toBeLessThan(60);
      await expectAccessible(page);
      await screenshot(page, `agents-tree-${theme}-${size.width}`);
      expect(pageErrors).toEqual([]);
      await context.close();
    });

    test(`the timeline of a turn shows where its time and money went (${theme}, ${size.width} wide)`, async () => {
      const { page, context, pageErrors } = await open(chromium, { theme, size, at: "#/agents/grow" });
      await page.getByRole("tab", { name: "Timeline" }).click();
      await page.getByRole("heading", { name: "Turn 3 of 3" }).waitFor();
      const sums = page.getByRole("table");
      await sums.getByRole("row", { name: /^Model .* \$\d/ }).waitFor();
      await sums.getByRole("row", { name: /^Sub-agents/ }).waitFor();
      await page.getByRole("list", { name: "Parts" }).getByRole("listitem").first().waitFor();
      await expectAccessible(page);
      await screenshot(page, `timeline-${theme}-${size.width}`);
      await page.getByRole("button", { name: "Earlier turn" }).click();
      await page.getByRole("heading", { name: "Turn 2 of 3" }).waitFor();
      expect(pageErrors).toEqual([]);
      await context.close();
    });
  }
}

test("the tree is walked, folded and opened by keyboard alone", async () => {
  const { page, context } = await open(chromium, { world: "crowd", at: "#/agents" });
  await agent(page, /^Grow Agent/).focus();
  for (let step = 0; step < 3; step += 1) await page.keyboard.press("ArrowDown");
  await waitForFocus(tree(page).getByRole("treeitem").nth(3));
  await page.keyboard.press("ArrowDown");
  await waitForFocus(agent(page, /^Team 1 /));
  await page.keyboard.press("ArrowLeft");
  await agent(page, /^Team 1 .*20 agents below, \d+ at work$/).waitFor();
  expect(await agent(page, /^Reader 1\.1 /).count()).toBe(0);
  await expectAccessible(page);
  await page.keyboard.press("ArrowDown");
  await waitForFocus(agent(page, /^Team 2 /));
  await page.keyboard.press("ArrowUp");
  await page.keyboard.press("ArrowRight");
  await agent(page, /^Reader 1\.1 /).waitFor();
  await page.keyboard.type("reader 7.1");
  await waitForFocus(agent(page, /^Reader 7\.1 /));
  await page.keyboard.press("End");
  await waitForFocus(agent(page, /^Reader 20\.20 /));
  await page.keyboard.press("Enter");
  await page.waitForURL(/#\/agents\/a-20-20$/);
  await context.close();
});

test("a screen reader hears the level, the place among siblings and whether a branch is open", async () => {
  const { page, context } = await open(chromium, { world: "crowd", at: "#/agents" });
  const team = agent(page, /^Team 1 /);
  await team.waitFor();
  const said = (row: typeof team) => row.evaluate((element) => ["aria-level", "aria-posinset", "aria-setsize", "aria-expanded"].map((name) => element.getAttribute(name)));
  expect([await said(team), await said(agent(page, /^Reader 1\.2 /))]).toEqual([["2", "4", "23", "true"], ["3", "2", "20", null]]);
  await team.focus();
  await page.keyboard.press("ArrowLeft");
  await page.getByRole("treeitem", { name: /^Team 1 /, expanded: false }).waitFor();
  await page.keyboard.press("Shift+Tab");
  expect(await tree(page).locator(":focus").count(), "the tree is one stop of Tab").toBe(0);
  await page.keyboard.press("Tab");
  await waitForFocus(team);
  await context.close();
});

test("the row with the focus keeps it while it is scrolled out of the view", async () => {
  const { page, context } = await open(chromium, { world: "crowd", at: "#/agents" });
  const team = agent(page, /^Team 1 /);
  await team.focus();
  await tree(page).evaluate((element) => element.parentElement?.scrollTo(0, 12_000));
  await agent(page, /^Reader 1[0-9]\.\d+ /).waitFor();
  await waitForFocus(team);
  await page.keyboard.press("ArrowDown");
  await waitForFocus(agent(page, /^Reader 1\.1 /));
  await context.close();
});

test("an agent that is opened from elsewhere is in view in the tree", async () => {
  const { page, context } = await open(chromium, { world: "crowd", at: "#/agents/a-15-3" });
  const row = agent(page, /^Reader 15\.3 /);
  await row.waitFor();
  await expect.poll(() => row.evaluate((element) => element.getBoundingClientRect().bottom <= innerHeight && element.getBoundingClientRect().top > 0)).toBe(true);
  expect(await row.getAttribute("aria-current")).toBe("page");
  await context.close();
});

test("an agent that comes above the view does not move what is in view", async () => {
  const { page, context } = await open(chromium, { world: "crowd", at: "#/agents" });
  await agent(page, /^Grow Agent/).focus();
  await page.keyboard.press("End");
  const last = agent(page, /^Reader 20\.20 /);
  await waitForFocus(last);
  const reader = agent(page, /^Reader 20\.15 /);
  const settled = async () => (await reader.boundingBox())?.y;
  let before = await settled();
  await expect.poll(async () => { const now = await settled(); const same = now === before; before = now; return same; }).toBe(true);
  await page.evaluate(() => void dispatchEvent(new Event("fake-new-agent")));
  await expect.poll(() => last.evaluate((element) => element.closest("li")?.dataset["index"])).toBe("424");
  expect(Math.abs(((await settled()) ?? 0) - (before ?? 0))).toBeLessThanOrEqual(1);
  await context.close();
});

test("a turn that still runs is shown as running, and as done once it has ended", async () => {
  const { page, context } = await open(chromium, { speed: 2 });
  await say(page, "Send three helpers to find out about databases");
  await page.getByRole("button", { name: "Stop People" }).last().waitFor();
  await page.evaluate(() => void (location.hash = "#/agents/grow"));
  await page.getByRole("tab", { name: "Timeline" }).click();
  await page.getByText("Still running").waitFor();
  await page.getByRole("list", { name: "Parts" }).getByText("running").first().waitFor();
  await expectAccessible(page);
  await screenshot(page, "timeline-running");
  await page.getByText("Still running").waitFor({ state: "detached" });
  await page.getByRole("list", { name: "Parts" }).getByRole("link", { name: "People", exact: true }).click();
  await page.getByRole("heading", { name: "People" }).waitFor();
  await context.close();
});

test("a timeline that cannot be read says so, and is read again", async () => {
  const { page, context } = await open(chromium, { fail: "timeline", at: "#/agents/grow" });
  await page.getByRole("tab", { name: "Timeline" }).click();
  const alert = page.getByRole("alert");
  await alert.getByText("The database cannot be read.").waitFor();
  await expectAccessible(page);
  await repair(page);
  await alert.getByRole("button", { name: "Try again" }).click();
  await page.getByRole("heading", { name: /^Turn/ }).waitFor();
  await context.close();
});

test("an earlier turn that cannot be read leads back to the latest one", async () => {
  const { page, context } = await open(chromium, { at: "#/agents/grow" });
  await page.getByRole("tab", { name: "Timeline" }).click();
  await page.getByRole("heading", { name: "Turn 3 of 3" }).waitFor();
  await page.evaluate(() => void dispatchEvent(new CustomEvent("fake-fail", { detail: "timeline" })));
  await page.getByRole("button", { name: "Earlier turn" }).click();
  await page.getByRole("alert").getByText("The database cannot be read.").waitFor();
  await expectAccessible(page);
  await repair(page);
  await page.getByRole("button", { name: "Show the latest turn" }).click();
  await page.getByRole("heading", { name: "Turn 3 of 3" }).waitFor();
  await context.close();
});

test("agents, timelines and logs say that they load, are empty or cannot be read, and work offline", async () => {
  const loading = await open(chromium, { block: "calls", at: "#/agents" });
  await loading.page.getByRole("status").getByText("Loading").first().waitFor({ state: "attached" });
  await loading.context.close();

  const failed = await open(chromium, { fail: "ask:log", at: "#/agents" });
  const alert = failed.page.getByRole("main").getByRole("alert");
  await alert.getByText("The database cannot be read.").waitFor();
  await expectAccessible(failed.page);
  await screenshot(failed.page, "log-failed");
  await repair(failed.page);
  await alert.getByRole("button", { name: "Try again" }).click();
  await log(failed.page).getByText("has an answer of the model").first().waitFor();
  // In a browser the code of a view comes over the network: it is loaded before.
  await agent(failed.page, /^Projects/).click();
  await failed.page.getByRole("tab", { name: "Timeline" }).click();
  await failed.page.getByRole("heading", { name: /^Turn 1 of/ }).waitFor();
  await failed.context.setOffline(true);
  await failed.page.getByText("Offline since").waitFor();
  await channel(failed.page, "memory");
  await log(failed.page).getByText("changes the page").first().waitFor();
  await agent(failed.page, /^People/).click();
  await failed.page.getByRole("tab", { name: "Timeline" }).click();
  await failed.page.getByRole("heading", { name: /^Turn 1 of/ }).waitFor();
  await expectAccessible(failed.page);
  await screenshot(failed.page, "timeline-offline");
  await failed.context.close();

  const empty = await open(chromium, { stack: "off", at: "#/agents/%23stack" });
  await empty.page.getByText("Nothing yet").waitFor();
  await expectAccessible(empty.page);
  await screenshot(empty.page, "log-empty");
  await empty.context.close();
});

const log = (page: Page) => page.getByRole("log", { name: "Log" });
const channel = (page: Page, name: string) => page.getByRole("navigation", { name: "Logs" }).getByRole("link", { name }).click();

for (const theme of ["light", "dark"] as const) {
  for (const size of SIZES) {
    test(`the log is in plain words, by channels (${theme}, ${size.width} wide)`, async () => {
      const { page, context, pageErrors } = await open(chromium, { theme, size, stack: "running", at: "#/agents" });
      await log(page).getByText("has an answer of the model").first().waitFor();
      await expectAccessible(page);
      await screenshot(page, `log-${theme}-${size.width}`);
      await channel(page, "stack");
      await log(page).getByText("runs").first().waitFor();
      await expectAccessible(page);
      await channel(page, "memory");
      await log(page).getByText("changes the page").first().waitFor();
      expect(pageErrors).toEqual([]);
      await context.close();
    });
  }
}

test("a channel is filtered, paused, followed, copied and exported", async () => {
  const { page, context } = await open(chromium, { at: "#/agents", speed: 4 });
  await context.grantPermissions(["clipboard-read", "clipboard-write"]);
  await log(page).getByText("has an answer of the model").first().waitFor();
  const filter = page.getByRole("searchbox", { name: "Filter the log" });
  await filter.fill("LONG PLAN");
  await log(page).getByRole("button", { name: /long plan for the next months/ }).waitFor();
  await expect.poll(() => log(page).getByRole("button").count()).toBeLessThan(5);
  await page.getByRole("button", { name: /^Copy \d lines?/ }).click();
  await page.getByRole("button", { name: /^Copied/ }).waitFor();
  expect(await page.evaluate(() => navigator.clipboard.readText())).toMatch(/UTC {2}Grow Agent: you wrote: “Give me a long plan/);
  await page.getByRole("button", { name: "Export" }).click();
  await page.getByText("Exported to /home/you/Downloads/GrowQR log all.txt").waitFor();
  await filter.fill("nothing has this text");
  await page.getByText("No line with this text").waitFor();
  await expectAccessible(page);
  await filter.fill("");
  await page.getByRole("button", { name: "Pause" }).click();
  await page.getByText("Paused. What comes meanwhile").waitFor();
  await page.keyboard.press("Control+1");
  await say(page, "Remember that I like the sea");
  await page.getByText("sea").last().waitFor();
  await page.keyboard.press("Control+2");
  await log(page).getByText("you wrote: “Remember that I like the sea”").waitFor();
  await context.close();
});

test("what comes while a channel is paused is shown once it follows again", async () => {
  const { page, context } = await open(chromium, { world: "crowd", at: "#/agents/%23all" });
  await log(page).getByText("agent created").last().waitFor();
  await page.getByRole("button", { name: "Pause" }).click();
  await page.evaluate(() => void dispatchEvent(new Event("fake-new-agent")));
  await agent(page, /^Latecomer/).or(agent(page, /^Grow Agent/)).first().waitFor();
  expect(await log(page).getByText("Latecomer").count()).toBe(0);
  await page.getByRole("button", { name: "Follow" }).click();
  await log(page).getByText("Latecomer").waitFor();
  await context.close();
});
