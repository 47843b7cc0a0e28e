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
const tree = (page: Page) => page.getByRole("list", { name: "All agents as a tree" });
const agent = (page: Page, name: RegExp) => tree(page).getByRole("link", { name }).first();

for (const theme of ["light", "dark"] as const) {
  for (const size of SIZES) {
    test(`a tree of hundreds of agents shows states, times, money and steps (${theme}, ${size.width} wide)`, async () => {
      const { page, context, pageErrors } = await open(chromium, { world: "crowd", theme, size, at: "#/agents" });
      await agent(page, /^Team 1 Waiting \$\d.*, \$\d.* left/).waitFor();
      await agent(page, /^Reader 1\.1 .*min/).waitFor();
      await agent(page, /Thinking$/).waitFor();
      expect(await tree(page).getByRole("listitem").count(), "only the rows in view exist").toBeLessThan(60);
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
  const people = agent(page, /^People/);
  await waitForFocus(people.or(agent(page, /^Courses|^Projects/)).first());
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
  await page.keyboard.press("End");
  await waitForFocus(agent(page, /^Reader 20\.20 /));
  await page.keyboard.press("Enter");
  await page.waitForURL(/#\/agents\/a-20-20$/);
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
  await expect.poll(() => last.evaluate((element) => element.closest("li")?.getAttribute("aria-setsize"))).toBe("425");
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
  await page.getByRole("list", { name: "Parts" }).getByRole("link", { name: "People" }).click();
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
