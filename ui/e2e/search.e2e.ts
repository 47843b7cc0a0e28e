/** The search over everything: from the palette to messages of all conversations and lines of memory, each with its place. */
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { expectAccessible, launchBrowser, open, screenshot } from "./window";

let chromium: Browser;
beforeAll(async () => {
  chromium = await launchBrowser();
});
afterAll(() => chromium.close());

/** Types a text into the palette and searches everything for it, by keyboard alone. */
async function search(page: Page, text: string) {
  await page.keyboard.press("Control+k");
  await page.getByRole("combobox").fill(text);
  await page.getByRole("option", { name: `Search everything for “${text}”` }).waitFor();
  await page.keyboard.press("End");
  await page.keyboard.press("Enter");
}

test.each(["light", "dark"] as const)("messages and lines of memory are found and lead to their places (%s)", async (theme) => {
  const { page, context, pageErrors } = await open(chromium, { theme });
  await page.getByText("shall I write to Mara").waitFor();
  await search(page, "mara");
  const results = page.getByRole("dialog");
  const messages = results.getByRole("group", { name: "Messages" });
  const lines = results.getByRole("group", { name: "Memory" });
  await messages.getByRole("option").first().waitFor();
  await lines.getByRole("option").first().waitFor();
  await expectAccessible(page);
  await screenshot(page, `search-everything-${theme}`);

  await messages.getByRole("option").first().click();
  await page.waitForURL(/#\/agents\/[^?]+\?at=seq-\d+$/);
  await page.getByRole("log", { name: "Conversation" }).getByText(/mara/i).first().waitFor();

  await search(page, "mara");
  await lines.getByRole("option").first().click();
  await page.waitForURL(/#\/memory\/[^?]+\?line=\d+$/);
  expect(pageErrors).toEqual([]);
  await context.close();
});

test("Enter goes to what has the typed name, and a search without a match says so", async () => {
  const { page, context } = await open(chromium);
  await page.getByText("shall I write to Mara").waitFor();
  await page.keyboard.press("Control+k");
  await page.getByRole("combobox").fill("Stack");
  await page.keyboard.press("Enter");
  await page.waitForURL(/#\/stack$/);
  await search(page, "zzzz nothing");
  await page.getByRole("dialog").getByRole("status").getByText("No matches.").waitFor();
  await context.close();
});

test("more matches are shown on demand", async () => {
  const { page, context } = await open(chromium, { world: "long" });
  await page.getByRole("log", { name: "Conversation" }).waitFor();
  await search(page, "e");
  const messages = page.getByRole("dialog").getByRole("group", { name: "Messages" });
  const more = messages.getByRole("option", { name: "Show more matches" });
  await more.waitFor();
  expect(await messages.getByRole("option").count()).toBe(31);
  await more.click();
  await page.waitForFunction(() => document.querySelectorAll("[role=dialog] [role=option]").length > 32);
  await context.close();
});
