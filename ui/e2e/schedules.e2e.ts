/** The section of the settings about schedules: adding, what is due, running by hand, pausing, removing. */
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { expectAccessible, launchBrowser, open, screenshot } from "./window";

let chromium: Browser;
beforeAll(async () => {
  chromium = await launchBrowser();
});
afterAll(() => chromium.close());

const AT = "#/settings?at=schedules";
const section = (page: Page) => page.getByRole("region", { name: "Work at a set time", exact: true });
const schedule = (page: Page, name: string) => page.getByRole("list", { name: "Schedules" }).getByRole("listitem", { name, exact: true });

async function add(page: Page, when: string, name: string) {
  const form = page.getByRole("form", { name: "Add a schedule" });
  await form.getByRole("textbox", { name: "When" }).fill(when);
  await form.getByRole("textbox", { name: "Name of the schedule" }).fill(name);
  await form.getByRole("textbox", { name: "Task" }).fill("Read the news and say what matters to me.");
  await form.getByRole("button", { name: "Add schedule" }).click();
  await schedule(page, name).waitFor();
}

describe.each(["light", "dark"] as const)("%s", (theme) => {
  test.each([{ width: 900, height: 600 }, { width: 1600, height: 1000 }])("schedules are complete and accessible in a window of $width pixels", async (size) => {
    const { page, context, pageErrors } = await open(chromium, { at: AT, theme, size });
    await section(page).getByText("No schedules yet.").waitFor();
    await expectAccessible(page);
    await add(page, "every weekday at 8", "The news of the morning");
    await add(page, "tomorrow at 9:30", "Prepare the interview");
    await schedule(page, "The news of the morning").getByRole("button", { name: "Run now: The news of the morning" }).click();
    await schedule(page, "The news of the morning").getByRole("button", { name: "History" }).click();
    await page.getByRole("list", { name: "History of The news of the morning" }).getByText("started by hand").waitFor();
    await section(page).getByRole("textbox", { name: "When" }).fill("soon");
    await section(page).getByText("is not understood here").waitFor();
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(size.width);
    await expectAccessible(page);
    await section(page).evaluate((element) => element.scrollIntoView());
    await screenshot(page, `schedules-${size.width}-${theme}`);
    expect(pageErrors).toEqual([]);
    await context.close();
  });
});

test("a schedule is paused, goes on, survives a reload and is removed with two clicks", async () => {
  const { page, context, pageErrors } = await open(chromium, { at: AT });
  await add(page, "every day at 8", "News");
  const news = schedule(page, "News");
  await news.getByRole("button", { name: "Pause: News" }).click();
  await news.getByText("Paused").waitFor();
  await news.getByRole("button", { name: "Go on: News" }).click();
  await news.getByText(/^Next: /).waitFor();
  await page.reload();
  await news.getByText(/^Next: /).waitFor();
  await news.getByRole("button", { name: "Remove: News" }).click();
  await news.getByRole("button", { name: "Remove now: News" }).click();
  await section(page).getByText("No schedules yet.").waitFor();
  expect(pageErrors).toEqual([]);
  await context.close();
});
