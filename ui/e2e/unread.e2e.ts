/** What is new in a conversation since the person was there: counted in the sidebar, with a line where it begins. */
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { afterReload, expectAccessible, launchBrowser, open, type Options, say, screenshot } from "./window";

let chromium: Browser;
beforeAll(async () => {
  chromium = await launchBrowser();
});
afterAll(() => chromium.close());

const chat = (page: Page, name: RegExp) => page.getByRole("navigation", { name: "Main" }).getByRole("link", { name });
const line = (page: Page) => page.getByRole("separator", { name: "New since you were here" });

/** Opens a window that has the focus only while `look` says so, also after a reload. */
async function openWatched(options: Options) {
  const window = await open(chromium, options);
  const watch = () => void (document.hasFocus = () => sessionStorage.getItem("looks") !== "elsewhere");
  await window.page.addInitScript(watch);
  await window.page.evaluate(watch);
  return window;
}

const look = (page: Page, where: "here" | "elsewhere") =>
  page.evaluate((where) => {
    sessionStorage.setItem("looks", where);
    dispatchEvent(new Event(where === "here" ? "focus" : "blur"));
  }, where);

/** The person looks elsewhere while the agent answers. */
async function answerMeanwhile(page: Page) {
  await page.getByRole("log", { name: "Conversation" }).waitFor();
  // What is visible counts as seen once the list has rested.
  await page.waitForFunction(() => (globalThis as { seenConversation?: number }).seenConversation !== undefined);
  await look(page, "elsewhere");
  await say(page, "hello");
  await chat(page, /^Chat\s*1 new message$/).waitFor();
}

for (const theme of ["light", "dark"] as const) {
  for (const size of [{ width: 900, height: 600 }, { width: 1600, height: 1000 }]) {
    test(`an answer that came meanwhile is counted, and marked with a line when the person comes back (${theme}, ${size.width} wide)`, async () => {
      const { page, context, pageErrors } = await openWatched({ theme, size, speed: 20, at: "#/chat" });
      await answerMeanwhile(page);
      expect(await line(page).count()).toBe(0);
      await screenshot(page, `unread-count-${theme}-${size.width}`);
      await look(page, "here");
      await line(page).waitFor();
      await chat(page, /^Chat$/).waitFor();
      await expectAccessible(page);
      await screenshot(page, `unread-line-${theme}-${size.width}`);
      expect(await page.locator("[aria-live=polite]", { hasText: "New since" }).count()).toBe(0);
      await say(page, "thanks");
      await line(page).waitFor({ state: "detached" });
      expect(pageErrors).toEqual([]);
      await context.close();
    });
  }
}

test("what is unread stays so after a restart, until the window that shows it has the focus", async () => {
  const { page, context, pageErrors } = await openWatched({ speed: 20, at: "#/chat" });
  await answerMeanwhile(page);
  await afterReload(page, async () => void (await page.reload()));
  await chat(page, /^Chat\s*1 new message$/).waitFor();
  await look(page, "here");
  await line(page).waitFor();
  await chat(page, /^Chat$/).waitFor();
  await afterReload(page, async () => void (await page.reload()));
  await page.getByRole("log", { name: "Conversation" }).waitFor();
  await chat(page, /^Chat$/).waitFor();
  expect(await line(page).count()).toBe(0);
  expect(pageErrors).toEqual([]);
  await context.close();
});
