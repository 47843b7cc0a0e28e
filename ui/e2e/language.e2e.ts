/** The window in each language, and from right to left. */
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { cutOff, expectAccessible, launchBrowser, open, screenshot } from "./window";

let chromium: Browser;
beforeAll(async () => {
  chromium = await launchBrowser();
});
afterAll(() => chromium.close());

const language = (page: Page) => page.evaluate(() => document.documentElement.lang);

async function chooseAtStart(page: Page, choice: string) {
  await page.evaluate((value) => localStorage.setItem("language", value), choice);
  await page.reload();
}

const WORDS = {
  de: { first: "Mit dem Begleiter beginnen", settings: "Einstellungen", stack: "Auf beiden Seiten gleich" },
  hi: { first: "मार्गदर्शक के साथ शुरू करें", settings: "सेटिंग", stack: "दोनों ओर समान" },
};

test.each(["de", "hi"] as const)("the first run, settings and the stack are in the chosen language (%s)", async (choice) => {
  const words = WORDS[choice];
  const first = await open(chromium, { world: "empty" });
  await chooseAtStart(first.page, choice);
  await first.page.getByRole("button", { name: words.first }).waitFor();
  expect(await language(first.page)).toBe(choice);
  await expectAccessible(first.page);
  await screenshot(first.page, `language-${choice}-first-run`);
  expect(first.pageErrors).toEqual([]);
  await first.context.close();

  const { page, context, pageErrors } = await open(chromium, { at: "#/settings?at=appearance", stack: "running" });
  const list = page.getByRole("combobox", { name: "Language" });
  await list.selectOption(choice);
  await page.getByRole("region", { name: words.settings, exact: true }).waitFor();
  expect(await language(page)).toBe(choice);
  await page.locator("select:focus").waitFor();
  expect(await page.locator("select:focus").inputValue(), "the focus is on the list again").toBe(choice);
  await expectAccessible(page);
  await screenshot(page, `language-${choice}-settings`);
  await page.keyboard.press("Control+k");
  const palette = page.getByRole("dialog").getByRole("combobox");
  await palette.waitFor();
  await screenshot(page, `language-${choice}-palette`);
  await palette.fill("Stack");
  await page.keyboard.press("Enter");
  await page.getByText(words.stack).waitFor();
  await expectAccessible(page);
  await screenshot(page, `language-${choice}-stack`);
  await page.reload();
  await page.getByText(words.stack).waitFor();
  expect(pageErrors).toEqual([]);
  await context.close();
});

/** The sentences on the page that are the program's own: without those of people, models and the host, code and commands. */
const sentences = (page: Page) =>
  page.evaluate(() => {
    const found = new Set<string>();
    const nodes = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    while (nodes.nextNode()) {
      const text = nodes.currentNode.textContent?.trim() ?? "";
      const isOwn = !nodes.currentNode.parentElement?.closest("[dir=auto], code, pre, kbd, script, style, noscript");
      if (isOwn && /[a-z]{2,} [a-z]{2,}/i.test(text)) found.add(text);
    }
    return [...found];
  });

/** Names and values, and the words of the host. */
const OF_OTHERS = ["Grow Agent", "Anthropic is overloaded."];

/** Each view with what it shows last. */
const VIEWS = [
  { name: "chat", options: { world: "asks" }, keys: "Control+1", last: "[data-ask=open] [data-answer]" },
  { name: "agents", options: {}, keys: "Control+2", last: "[role=log] time" },
  { name: "memory", options: {}, keys: "Control+3", last: "nav a[href*=README]" },
  { name: "inbox", options: { world: "inbox" }, keys: "Control+5", last: "[data-entry]" },
  { name: "stack", options: { stack: "running" }, keys: "Control+6", last: "dl dt" },
] as const;

test.each(["de", "hi"] as const)("no view has English sentences of the program in another language (%s)", async (choice) => {
  for (const { name, options, keys, last } of VIEWS) {
    const { page, context, pageErrors } = await open(chromium, { ...options, at: "#/settings?at=appearance" });
    const list = page.locator("select:has(option[value=hi])");
    await list.waitFor();
    const read = async () => {
      await page.keyboard.press(keys);
      await list.waitFor({ state: "detached" });
      await page.locator(last).first().waitFor();
      await page.waitForFunction(() => !document.querySelector("main [role=status] .breathe"));
      return sentences(page);
    };
    const english = await read();
    await page.keyboard.press("Control+4");
    await list.selectOption(choice);
    await page.waitForFunction((lang) => document.documentElement.lang === lang, choice);
    const other = await read();
    expect(english.length, `${name} was read`).toBeGreaterThan(0);
    await screenshot(page, `language-${choice}-${name}`);
    expect.soft(other.filter((text) => english.includes(text) && !OF_OTHERS.includes(text)), name).toEqual([]);
    await expectAccessible(page);
    expect(pageErrors).toEqual([]);
    await context.close();
  }
});

test("German words fit a small window with large text", async () => {
  const { page, context } = await open(chromium, { size: { width: 480, height: 640 }, stack: "running", at: "#/settings?at=appearance" });
  await page.getByText("Larger", { exact: true }).click();
  await page.getByRole("combobox", { name: "Language" }).selectOption("de");
  await page.getByRole("region", { name: "Einstellungen", exact: true }).waitFor();
  for (const key of ["4", "6"]) {
    await page.keyboard.press(`Control+${key}`);
    await page.getByText(key === "4" ? "GrowQR beenden" : "Auf beiden Seiten gleich").waitFor();
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(480);
    await screenshot(page, `language-de-narrow-${key}`);
  }
  await context.close();
});

test.each([{ width: 1280, height: 820 }, { width: 900, height: 600 }])("from right to left every view is a mirror image without clipped controls ($width)", async (size) => {
  const { page, context, pageErrors } = await open(chromium, { size, stack: "running" });
  await page.getByText("shall I write to Mara").waitFor();
  // No language of the window is written so yet; texts of people and models may be.
  await page.evaluate(() => (document.documentElement.dir = "rtl"));
  for (const [key, name] of ["chat", "agents", "memory", "settings", "inbox", "stack"].entries()) {
    await page.keyboard.press(`Control+${key + 1}`);
    await page.getByRole("region", { name, exact: false }).first().waitFor();
    const nav = await page.getByRole("navigation", { name: "Main" }).boundingBox();
    expect((nav?.x ?? 0) + (nav?.width ?? 0), "the navigation is on the right").toBeCloseTo(size.width, 0);
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(size.width);
    expect(await cutOff(page), name).toEqual([]);
    await screenshot(page, `rtl-${name}-${size.width}`);
  }
  await page.keyboard.press("Control+2");
  await page.getByRole("treeitem").last().click();
  const tabs = await Promise.all(["Transcript", "Log"].map((name) => page.getByRole("tab", { name }).boundingBox()));
  expect(tabs[0]?.x, "the first tab is on the right").toBeGreaterThan(tabs[1]?.x ?? Infinity);
  await page.keyboard.press("Control+k");
  await page.getByRole("combobox").waitFor();
  await screenshot(page, `rtl-palette-${size.width}`);
  expect(pageErrors).toEqual([]);
  await context.close();
});
