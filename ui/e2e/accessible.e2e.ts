/** What everybody needs: large text, no animations where they are not wanted, live regions that do not chatter, the keyboard alone. */
import type { Browser, Locator, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { cutOff, expectAccessible, launchBrowser, open, say, screenshot, waitForFocus } from "./window";

let chromium: Browser;
beforeAll(async () => {
  chromium = await launchBrowser();
});
afterAll(() => chromium.close());

const VIEWS = ["chat", "agents", "memory", "settings", "inbox", "stack"];

describe.each(["light", "dark"] as const)("text of 200 % (%s)", (theme) => {
  test.each([{ width: 1280, height: 820 }, { width: 900, height: 600 }])("every view is complete and accessible in a window of $width pixels", async (size) => {
    const { page, context } = await open(chromium, { size, theme, world: "asks", stack: "running" });
    await page.evaluate(() => localStorage.setItem("text-size", "double"));
    await page.reload();
    for (const [key, name] of VIEWS.entries()) {
      await page.keyboard.press(`Control+${key + 1}`);
      await page.getByRole("region", { name, exact: false }).first().waitFor();
      expect(await page.evaluate(() => getComputedStyle(document.documentElement).fontSize)).toBe("30px");
      expect(await page.evaluate(() => document.documentElement.scrollWidth), name).toBeLessThanOrEqual(size.width);
      expect(await cutOff(page), name).toEqual([]);
      await expectAccessible(page);
      await screenshot(page, `double-${name}-${size.width}-${theme}`);
    }
    await page.keyboard.press("Control+k");
    await page.getByRole("combobox").waitFor();
    await expectAccessible(page);
    await screenshot(page, `double-palette-${size.width}-${theme}`);
    await context.close();
  });

  test("the first run is complete and accessible", async () => {
    const { page, context } = await open(chromium, { world: "empty", theme });
    await page.evaluate(() => localStorage.setItem("text-size", "double"));
    await page.reload();
    await page.getByRole("button", { name: "Start with the guide" }).waitFor();
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(1280);
    expect(await cutOff(page)).toEqual([]);
    await expectAccessible(page);
    await screenshot(page, `double-first-run-${theme}`);
    await context.close();
  });
});

test("nothing moves if the system asks for reduced motion", async () => {
  const seen = { reduce: new Set<string>(), "no-preference": new Set<string>() };
  for (const motion of [undefined, "no-preference"] as const) {
    const { page, context } = await open(chromium, { speed: 3, ...(motion ? { motion } : {}) });
    await say(page, "Send three helpers to find out about databases");
    for (const step of [page.getByText("Waiting for sub-agents"), page.getByRole("button", { name: "Stop", exact: true })]) {
      await step.first().waitFor();
      for (const name of await page.evaluate(() => document.getAnimations().map((one) => ("animationName" in one ? String(one.animationName) : one.constructor.name)))) seen[motion ?? "reduce"].add(name);
    }
    await context.close();
  }
  expect([...seen.reduce]).toEqual([]);
  expect(seen["no-preference"].size, "otherwise something does move").toBeGreaterThan(0);
});

/** Records every text that live regions announce from now on. */
async function announcements(page: Page): Promise<() => Promise<string[]>> {
  await page.evaluate(() => {
    const said: string[] = [];
    (globalThis as unknown as { said: string[] }).said = said;
    const before = new Map<Element, string>();
    const region = (node: Node): Element | null => {
      const found = (node instanceof Element ? node : node.parentElement)?.closest("[aria-live], [role=status], [role=alert], [role=log]") ?? null;
      return found?.getAttribute("aria-live") === "off" ? null : found;
    };
    new MutationObserver((changes) => {
      for (const place of new Set(changes.map((change) => region(change.target)))) {
        const text = place?.textContent?.trim() ?? "";
        if (!place || before.get(place) === text) continue;
        before.set(place, text);
        if (text) said.push(text);
      }
    }).observe(document.body, { subtree: true, childList: true, characterData: true });
  });
  return () => page.evaluate(() => (globalThis as unknown as { said: string[] }).said);
}

test("live regions tell the end of an answer once, and nothing of its words or of the clock", async () => {
  const { page, context } = await open(chromium, { speed: 4 });
  await page.getByText("shall I write to Mara").waitFor();
  const said = await announcements(page);
  await say(page, "Send three helpers to find out about databases");
  await page.getByText("Waiting for sub-agents").waitFor();
  await page.getByRole("button", { name: "Stop", exact: true }).waitFor({ state: "detached", timeout: 60_000 });
  const all = await said();
  console.log(`announced: ${JSON.stringify(all)}`);
  expect(all.length, JSON.stringify(all)).toBeLessThanOrEqual(12);
  expect(all.length, "the end of an answer is announced").toBeGreaterThan(0);
  expect(all.filter((text) => /\d+ s\b|\$\d/.test(text)), "no clock and no money").toEqual([]);
  expect(all.filter((text) => /\*\*|```|\|--/.test(text)), "no signs of Markdown").toEqual([]);
  await context.close();
});

async function tabTo(page: Page, target: Locator) {
  for (let step = 0; step < 60; step += 1) {
    if ((await target.and(page.locator(":focus")).count()) > 0) return;
    await page.keyboard.press("Tab");
  }
  throw new Error("the keyboard does not reach it");
}

test("the whole first run and one ask by the keyboard alone", async () => {
  const { page, context, pageErrors } = await open(chromium, { world: "empty", speed: 4 });
  await page.evaluate(() => {
    for (const name of ["pointerdown", "mousedown", "touchstart"]) addEventListener(name, () => (document.documentElement.dataset["pointer"] = name), true);
  });
  await page.getByRole("heading", { name: "Your Grow Agent" }).waitFor();
  await tabTo(page, page.getByRole("textbox", { name: "Anthropic key" }));
  await page.keyboard.type("sk-ant-canary-0123456789");
  await page.getByText("Anthropic accepts this key.").waitFor();
  await tabTo(page, page.getByRole("button", { name: "Start with Claude" }));
  await page.keyboard.press("Enter");
  const message = page.getByRole("textbox", { name: "Message", exact: true });
  await message.waitFor();
  await tabTo(page, message);
  await page.keyboard.type("Plan it and ask me a question");
  await page.keyboard.press("Enter");
  await page.locator("[data-announcer=asks]").getByText(/Which evening/).waitFor({ state: "attached" });
  await page.keyboard.press("Control+5");
  const ask = page.getByRole("group", { name: /^Grow Agent asks: “Which evening/ });
  await waitForFocus(ask);
  await tabTo(page, ask.getByRole("textbox", { name: /^Your answer to/ }));
  await page.keyboard.type("Sunday");
  await expectAccessible(page);
  await page.keyboard.press("Enter");
  await ask.getByText("You answered: “Sunday”").waitFor();
  await page.keyboard.press("Control+1");
  await page.getByText("I have planned the evening.").last().waitFor();
  expect(await page.evaluate(() => document.documentElement.dataset["pointer"] ?? null), "no pointer was used").toBeNull();
  expect(pageErrors).toEqual([]);
  await context.close();
});
