/** What is selected in a conversation is what is copied. */
import { type Browser, type Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { launchBrowser, open } from "./window";

let chromium: Browser;
beforeAll(async () => {
  chromium = await launchBrowser();
});
afterAll(() => chromium.close());

async function clipboard(page: Page): Promise<string> {
  await page.context().grantPermissions(["clipboard-read", "clipboard-write"]);
  await page.keyboard.press("Control+C");
  return page.evaluate(() => navigator.clipboard.readText());
}

/** Waits until the window has loaded what is not needed for the first paint. */
async function loaded(page: Page) {
  await page.waitForFunction(() => performance.getEntriesByType("resource").some(({ name }) => name.includes("/CopyRows-")));
  // React renders it with the next task, and listens after the frame.
  await page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(done, 300)))));
}

/** Selects from the beginning of one text to the end of another, both in view. */
async function select(page: Page, from: string, to: string) {
  await page.evaluate(
    ([from, to]) => {
      const find = (wanted: string) => {
        const walker = document.createTreeWalker(document.querySelector("[role=log]")!, NodeFilter.SHOW_TEXT);
        for (let node = walker.nextNode(); node; node = walker.nextNode()) if (node.textContent?.includes(wanted)) return node;
        throw new Error(`not in view: ${wanted}`);
      };
      const [begin, end] = [find(from), find(to)];
      getSelection()!.setBaseAndExtent(begin, begin.textContent!.indexOf(from), end, end.textContent!.indexOf(to) + to.length);
    },
    [from, to] as const,
  );
}

test("Ctrl+A copies the whole conversation in Markdown, rows out of view included, without labels of buttons", async () => {
  const { page, context, pageErrors } = await open(chromium, { size: { width: 1000, height: 500 } });
  const log = page.getByRole("log", { name: "Conversation" });
  await page.getByText("shall I write to Mara").waitFor();
  await loaded(page);
  await log.focus();
  await page.keyboard.press("Control+A");
  const text = await clipboard(page);
  for (const part of ["Remember that I want to move into systems engineering", "## A plan for the next three months", "- A key-value store that survives `kill -9`", "| Week 4 | Ask **Mara** for a review | she works on storage |", "/// Appends a record", "**Next step:** shall I write to Mara", "Searched memory for “Rust”"]) expect(text).toContain(part);
  for (const label of ["Copy", "$0.", "claude-", "Open sub-agent", "Today"]) expect(text).not.toContain(label);
  expect(text.indexOf("Remember that")).toBeLessThan(text.indexOf("Next step"));
  expect(pageErrors).toEqual([]);
  await context.close();
});

test("a selection over many rows is copied although those between have left the window", async () => {
  const { page, context } = await open(chromium, { world: "long" });
  await page.getByText("Message number 4999").waitFor();
  await loaded(page);
  await select(page, "number 4998", "how do I go on");
  await page.getByRole("log").hover();
  const anchor = await page.evaluate(() => getSelection()!.anchorNode!.textContent);
  expect(anchor).toContain("4998");
  await page.mouse.wheel(0, -6_000);
  await page.waitForFunction(() => !document.querySelector("[role=log]")!.textContent!.includes("number 4997:"));
  await page.evaluate(() => {
    const rows = [...document.querySelectorAll<HTMLElement>("[data-index]")].filter((row) => row.textContent?.includes("Message number") && row.getBoundingClientRect().top > 100);
    const walker = document.createTreeWalker(rows[0]!, NodeFilter.SHOW_TEXT);
    let node = walker.nextNode();
    while (node && !node.textContent?.includes("Message number")) node = walker.nextNode();
    getSelection()!.extend(node!, node!.textContent!.indexOf("number"));
  });
  const text = await clipboard(page);
  const numbers = [...text.matchAll(/number (\d+):/g)].map((found) => Number(found[1]));
  expect(numbers.length).toBeGreaterThan(15);
  expect(numbers.at(-1)).toBe(4997);
  numbers.forEach((number, index) => expect(number).toBe(numbers[0]! + index));
  expect(text).toMatch(/^number \d+:/);
  expect(text).toMatch(/Message$/);
  await context.close();
});

test("a part of one answer is copied as it is read, with its links and without its buttons", async () => {
  const { page, context } = await open(chromium, { speed: 6 });
  await page.getByText("shall I write to Mara").waitFor();
  await loaded(page);
  await select(page, "Week 1", "in memory.");
  const text = await clipboard(page);
  expect(text).toMatch(/^Week 1\tRustlings, evenings\tsyntax out of the way\nWeeks 2–3\t/);
  expect(text).toContain("    let offset = self.file.seek");
  expect(text).toMatch(/people in memory\.$/);
  expect(text).not.toContain("Copy");
  await context.close();
});

test("the whole of a long conversation is copied, also what was not loaded yet", async () => {
  const { page, context } = await open(chromium, { world: "long" });
  await page.getByText("Message number 4999").waitFor();
  await loaded(page);
  await page.getByRole("log").focus();
  await page.keyboard.press("Control+A");
  await page.waitForFunction(() => document.querySelector("[data-index='0']")?.textContent?.includes("Message number 0:"), undefined, { timeout: 60_000 });
  const text = await clipboard(page);
  expect([...text.matchAll(/Message number (\d+):/g)]).toHaveLength(5_000);
  await context.close();
});
