/** The quick chat's window: asking, answering a question, its draft, and the ways out of it. */
import { type Browser, type Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { expectAccessible, launchBrowser, open, say, screenshot, waitForFocus } from "./window";

let chromium: Browser;
beforeAll(async () => {
  chromium = await launchBrowser();
});
afterAll(() => chromium.close());

const QUICK = { file: "quick.html", size: { width: 420, height: 600 } } as const;
const message = (page: Page) => page.getByRole("textbox", { name: "Message", exact: true });

/** Records what the page asks of the other windows. */
async function recorded(page: Page): Promise<() => Promise<string[]>> {
  await page.evaluate(() => {
    const calls: string[] = [];
    (globalThis as unknown as { calls: string[] }).calls = calls;
    addEventListener("fake-quick-hidden", () => calls.push("hidden"));
    addEventListener("fake-opened-in-window", (event) => calls.push((event as CustomEvent<string>).detail));
  });
  return () => page.evaluate(() => (globalThis as unknown as { calls: string[] }).calls);
}

test.each(["light", "dark"] as const)("is ready to type and shows the answer, its tool steps folded (%s)", async (theme) => {
  const { page, context, pageErrors } = await open(chromium, { ...QUICK, theme, speed: 10 });
  await waitForFocus(message(page));
  await page.getByText("shall I write to Mara").waitFor();
  await say(page, "hello");
  await page.getByText("hello", { exact: true }).waitFor();
  await expectAccessible(page);
  await screenshot(page, `quick-${theme}`);
  expect(pageErrors).toEqual([]);
  await context.close();
});

test("a held change is read and approved in it", async () => {
  const { page, context, pageErrors } = await open(chromium, { ...QUICK, speed: 4 });
  await say(page, "Please propose a change");
  const ask = page.locator("[data-ask=open]");
  await ask.getByLabel("Part 1", { exact: true }).getByText("+Reviewed in autumn.").waitFor();
  await expectAccessible(page);
  await screenshot(page, "quick-review");
  await ask.getByRole("button", { name: "Approve" }).click();
  await page.getByText("You answered: Approve").waitFor();
  expect(pageErrors).toEqual([]);
  await context.close();
});

test("an ask is answered in it, and a button leads to the inbox of the main window", async () => {
  const { page, context } = await open(chromium, { ...QUICK, speed: 4 });
  const calls = await recorded(page);
  await say(page, "Plan it and ask me a question");
  const ask = page.getByRole("group", { name: /^Grow Agent asks: “Which evening/ });
  const text = ask.getByRole("textbox", { name: /^Your answer to/ });
  await text.fill("Sunday");
  await expectAccessible(page);
  await screenshot(page, "quick-ask");
  await page.getByRole("button", { name: "Inbox: 1 question waits" }).click();
  expect(await calls()).toEqual(["#/inbox"]);
  await text.press("Enter");
  await ask.getByText("You answered: “Sunday”").waitFor();
  await page.getByRole("button", { name: /^Inbox/ }).waitFor({ state: "detached" });
  await page.getByText("I have planned the evening.").last().waitFor();
  await context.close();
});

test("Escape hides it, a link opens in the main window, and the draft is in both", async () => {
  const { page, context } = await open(chromium, QUICK);
  await waitForFocus(message(page));
  const calls = await recorded(page);
  await page.keyboard.type("half a thought");
  await page.keyboard.press("Escape");
  expect(await calls()).toEqual(["hidden"]);
  await page.getByRole("button", { name: "Open in the main window" }).click();
  expect(await calls()).toEqual(["hidden", "#/chat"]);

  const main = await context.newPage();
  await main.goto(page.url().replace("quick.html", ""));
  expect(await message(main).inputValue()).toBe("half a thought");
  await message(main).fill("half a thought, and the rest");
  await page.waitForFunction(() => document.querySelector<HTMLTextAreaElement>("[data-composer]")?.value === "half a thought, and the rest");

  await page.evaluate(() => {
    location.hash = "#/memory/goals.md?at=history";
  });
  await page.waitForFunction(() => (globalThis as unknown as { calls: string[] }).calls.length === 3);
  expect((await calls()).at(-1)).toBe("#/memory/goals.md?at=history");
  expect(await page.evaluate(() => location.hash)).toBe("");
  await context.close();
});
