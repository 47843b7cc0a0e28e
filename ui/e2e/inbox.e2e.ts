/** The inbox besides the questions: problems and finished work, with their places and next steps, unread until they are opened. */
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { afterReload, expectAccessible, launchBrowser, open, repair, screenshot, setStack } from "./window";

let chromium: Browser;
beforeAll(async () => {
  chromium = await launchBrowser();
});
afterAll(() => chromium.close());

const entry = (page: Page, name: string | RegExp) => page.getByRole("group", { name });
const link = (page: Page, name: RegExp) => page.getByRole("navigation", { name: "Main" }).getByRole("link", { name });

for (const theme of ["light", "dark"] as const) {
  for (const size of [{ width: 900, height: 600 }, { width: 1600, height: 1000 }]) {
    test(`questions, problems and finished work wait in one place (${theme}, ${size.width} wide)`, async () => {
      const { page, context, pageErrors } = await open(chromium, { world: "inbox", stack: "failed", theme, size, at: "#/inbox" });
      await link(page, /^Inbox\s*1 question and 2 problems wait for you$/).waitFor();
      const failed = entry(page, "“Archivist” could not finish");
      await failed.getByText("New").waitFor();
      await entry(page, "OpenCode needs you").getByText("It ended with code 137").waitFor();
      await entry(page, "“Translator” is done").getByText("It took 26 min 0 s.").waitFor();
      await expectAccessible(page);
      await screenshot(page, `inbox-all-${theme}-${size.width}`);
      await failed.scrollIntoViewIfNeeded();
      await screenshot(page, `inbox-problems-${theme}-${size.width}`);
      expect(pageErrors).toEqual([]);
      await context.close();
    });
  }
}

test("an entry is unread until its place is opened, also after a restart", async () => {
  const { page, context, pageErrors } = await open(chromium, { world: "inbox", stack: "failed", at: "#/inbox" });
  await entry(page, "“Archivist” could not finish").getByRole("link", { name: "Open the agent" }).click();
  await page.waitForURL(/#\/agents\/a-archivist$/);
  await link(page, /^Inbox\s*1 question and 1 problem wait for you$/).waitFor();
  await link(page, /^Stack/).click();
  await link(page, /^Inbox\s*1 question waits for you$/).waitFor();
  await afterReload(page, async () => void (await page.reload()));
  await link(page, /^Inbox\s*1 question waits for you$/).click();
  const failed = entry(page, "“Archivist” could not finish");
  await failed.waitFor();
  expect(await failed.getByText("New").count()).toBe(0);
  const done = entry(page, "“Translator” is done");
  await done.getByRole("button", { name: "Mark as read" }).click();
  await done.getByRole("button", { name: "Mark as read" }).waitFor({ state: "detached" });
  await expectAccessible(page);
  expect(pageErrors).toEqual([]);
  await context.close();
});

test("a failed agent is resumed from the inbox by keyboard, and leaves the list", async () => {
  const { page, context, pageErrors } = await open(chromium, { world: "inbox", speed: 4, at: "#/inbox" });
  const failed = entry(page, "“Archivist” could not finish");
  await failed.getByRole("button", { name: "Resume" }).focus();
  await page.keyboard.press("Enter");
  await failed.waitFor({ state: "detached" });
  await link(page, /^Inbox\s*1 question waits for you$/).waitFor();
  expect(pageErrors).toEqual([]);
  await context.close();
});

test("a failure that arrives while another view is open is counted and announced", async () => {
  const { page, context, pageErrors } = await open(chromium, { world: "lived", stack: "running", at: "#/memory" });
  await page.getByText("Recent changes").first().waitFor();
  await page.locator("[data-announcer=inbox]").waitFor({ state: "attached" });
  await link(page, /^Inbox$/).waitFor();
  await setStack(page, "failed");
  await link(page, /^Inbox\s*1 problem needs you$/).waitFor();
  await page.locator("[data-announcer=inbox]").getByText("OpenCode needs you. See the inbox.").waitFor({ state: "attached" });
  await setStack(page, "running");
  await link(page, /^Inbox$/).waitFor();
  expect(pageErrors).toEqual([]);
  await context.close();
});

test("an inbox that cannot be read says so, and the questions stay", async () => {
  const { page, context } = await open(chromium, { world: "inbox", fail: "ask:inbox", at: "#/inbox" });
  await page.getByRole("list", { name: "Waiting for you" }).waitFor();
  await page.getByText("The database cannot be read.").waitFor();
  await expectAccessible(page);
  await repair(page);
  await page.getByRole("button", { name: "Try again" }).click();
  await entry(page, "“Translator” is done").waitFor();
  await context.close();
});

test("notifications are set up in the settings", async () => {
  for (const theme of ["light", "dark"] as const) {
    const { page, context, pageErrors } = await open(chromium, { theme, at: "#/settings?at=notifications" });
    const group = page.getByRole("region", { name: "Notifications" });
    await group.getByLabel("Notifications", { exact: true }).selectOption({ label: "Not shown" });
    await group.getByLabel("Quiet hours").fill("22:00-07:00");
    await page.keyboard.press("Enter");
    await group.getByRole("button", { name: "Reset to default: Quiet hours" }).waitFor();
    await group.getByLabel("Text in notifications").selectOption({ label: "Only how many things wait" });
    await group.getByLabel("Tell me when work took at least (minutes)").waitFor();
    await expectAccessible(page);
    await screenshot(page, `settings-notifications-${theme}`);
    expect(pageErrors).toEqual([]);
    await context.close();
  }
});

test("spending is summed up for today, this month and since the beginning", async () => {
  for (const theme of ["light", "dark"] as const) {
    const { page, context, pageErrors } = await open(chromium, { theme, at: "#/settings" });
    const group = page.getByRole("region", { name: "Spending" });
    for (const period of ["Today", "This month", "Since the beginning"]) {
      await group.getByLabel("Period (UTC days)").selectOption({ label: period });
      await group.getByText(/in total\. The most: Grow Agent/).first().waitFor();
    }
    await group.getByText(/of the prompt tokens came from the cache/).waitFor();
    await group.getByLabel("Spending by").selectOption({ label: "By day" });
    await group.getByRole("img", { name: /^Chart\./ }).waitFor();
    await group.scrollIntoViewIfNeeded();
    await expectAccessible(page);
    await screenshot(page, `settings-spending-${theme}`);
    expect(pageErrors).toEqual([]);
    await context.close();
  }
});
