/** The section of the settings about quests: starting a page of memory, watching its steps, and what the person decides. */
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { cutOff, expectAccessible, launchBrowser, open, repair, screenshot, waitForFocus } from "./window";

let chromium: Browser;
beforeAll(async () => {
  chromium = await launchBrowser();
});
afterAll(() => chromium.close());

const AT = "#/settings?at=quests";
const section = (page: Page) => page.getByRole("region", { name: "Quests", exact: true });
const quest = (page: Page, name: string) => section(page).getByRole("list", { name: "Quests", exact: true }).getByRole("listitem", { name, exact: true });
const show = (page: Page) => section(page).evaluate((element) => element.scrollIntoView());
const width = (page: Page) => page.evaluate(() => document.documentElement.scrollWidth);

describe.each(["light", "dark"] as const)("%s", (theme) => {
  test.each([{ width: 900, height: 600 }, { width: 1600, height: 1000 }])("quests are complete and accessible in a window of $width pixels", async (size) => {
    const { page, context, pageErrors } = await open(chromium, { world: "quests", at: AT, theme, size });
    await quest(page, "Move the blog").getByText("2 of 6 steps done, 1 at work").waitFor();
    await quest(page, "Prepare the interview").getByText("3 of 5 steps done, 1 failed, 1 at a limit").waitFor();
    await quest(page, "Tidy the desk").getByText("2 of 2 steps done").waitFor();
    await expectAccessible(page);
    await show(page);
    await screenshot(page, `quests-${size.width}-${theme}`);
    await section(page).getByRole("combobox", { name: "Plan" }).selectOption("quests/course.md");
    await section(page).getByText("2 steps to do. They may be done side by side.").waitFor();
    await section(page).getByRole("button", { name: "How to write a plan" }).click();
    await section(page).getByRole("link", { name: "Write a plan" }).scrollIntoViewIfNeeded();
    expect(await width(page)).toBeLessThanOrEqual(size.width);
    await expectAccessible(page);
    await screenshot(page, `quests-start-${size.width}-${theme}`);
    expect(pageErrors).toEqual([]);
    await context.close();
  });

  test("with text of 200 % nothing is cut off", async () => {
    const { page, context } = await open(chromium, { world: "quests", at: AT, theme, size: { width: 900, height: 600 } });
    await page.evaluate(() => localStorage.setItem("text-size", "double"));
    await page.reload();
    await quest(page, "Move the blog").getByText("2 of 6 steps done, 1 at work").waitFor();
    expect(await width(page)).toBeLessThanOrEqual(900);
    expect(await cutOff(page)).toEqual([]);
    await expectAccessible(page);
    await show(page);
    await screenshot(page, `double-quests-${theme}`);
    await context.close();
  });
});

test("a page of memory is started by keyboard, its steps are done while one watches, and it is ticked", async () => {
  const { page, context, pageErrors } = await open(chromium, { world: "quests", at: "#/memory/quests%2Fcourse.md", speed: 4 });
  await page.getByRole("button", { name: "Start this quest" }).waitFor();
  await expectAccessible(page);
  await screenshot(page, "quests-page");
  await page.getByRole("button", { name: "Start this quest" }).focus();
  await page.keyboard.press("Enter");
  const form = section(page).getByRole("form", { name: "Start a quest" });
  await form.getByText("Compare the courses of three schools").waitFor();
  expect(await form.getByRole("combobox", { name: "Plan" }).inputValue()).toBe("quests/course.md");
  await form.getByRole("textbox", { name: "Budget of the quest, in USD" }).focus();
  await page.keyboard.press("Tab");
  await waitForFocus(form.getByRole("button", { name: "Start quest" }));
  await page.keyboard.press("Enter");
  const course = quest(page, "Find a course");
  await waitForFocus(course);
  await course.getByRole("img", { name: "Progress of Find a course: 1 of 3 steps done, 2 at work" }).waitFor();
  await form.getByText("A quest of this page has not ended yet.").waitFor();
  await course.getByText("3 of 3 steps done").waitFor();
  await course.getByRole("button", { name: "Steps" }).click();
  await course.getByRole("link", { name: "Done: the conversation of step 2" }).click();
  await page.getByText("Done as asked.").first().waitFor();
  await page.goto(`${page.url().split("#")[0]}#/memory/quests%2Fcourse.md?at=source`);
  await page.getByText("[x] Find out what each costs").waitFor();
  expect(pageErrors).toEqual([]);
  await context.close();
});

test("steps that did not succeed are retried, and the quest ends", async () => {
  const { page, context, pageErrors } = await open(chromium, { world: "quests", at: AT, speed: 4 });
  const interview = quest(page, "Prepare the interview");
  await interview.getByText("A step has not succeeded").waitFor();
  await interview.getByRole("button", { name: "Retry step 3 of Prepare the interview" }).focus();
  await page.keyboard.press("Enter");
  await waitForFocus(interview.getByRole("list", { name: "Steps of Prepare the interview" }));
  await interview.getByText("attempt 2").waitFor();
  await interview.getByRole("button", { name: "Retry step 4 of Prepare the interview" }).press("Enter");
  await interview.getByText("5 of 5 steps done").waitFor();
  expect(pageErrors).toEqual([]);
  await context.close();
});

test.each(["light", "dark"] as const)("a quest is paused and goes on, its budget is raised, a step is skipped, and it is cancelled with two clicks, also after a reload (%s)", async (theme) => {
  const { page, context, pageErrors } = await open(chromium, { world: "quests", at: AT, theme });
  const blog = quest(page, "Move the blog");
  await blog.getByRole("button", { name: "Pause: Move the blog" }).press("Enter");
  await blog.getByText("Paused", { exact: true }).waitFor();
  await waitForFocus(blog.getByRole("button", { name: "Go on: Move the blog" }));
  await blog.getByRole("button", { name: "Go on: Move the blog" }).press("Enter");
  await blog.getByText("At work", { exact: true }).waitFor();
  await blog.getByRole("button", { name: /\$2\.00 spent/ }).click();
  await blog.getByRole("textbox", { name: "Budget of the quest, in USD" }).fill("3");
  await page.keyboard.press("Enter");
  await blog.getByText(/of \$3\.00 spent/).waitFor();
  const interview = quest(page, "Prepare the interview");
  await interview.getByRole("button", { name: "Skip step 3 of Prepare the interview" }).click();
  await interview.getByRole("button", { name: "Skip step 3 of Prepare the interview now" }).click();
  await interview.getByText("3 of 5 steps done, 1 at a limit, 1 skipped").waitFor();
  await page.reload();
  await blog.getByRole("button", { name: "Cancel: Move the blog" }).click();
  await blog.getByRole("button", { name: "Keep" }).press("Enter");
  await waitForFocus(blog.getByRole("button", { name: "Cancel: Move the blog" }));
  await page.keyboard.press("Enter");
  await page.keyboard.press("Enter");
  await waitForFocus(blog);
  await blog.getByText("2 of 6 steps done, 1 cancelled").waitFor();
  await expectAccessible(page);
  await show(page);
  await screenshot(page, `quests-decided-${theme}`);
  expect(pageErrors).toEqual([]);
  await context.close();
});

test("without quests and plans it shows how to write one; the link leads to a new page", async () => {
  const { page, context } = await open(chromium, { at: AT });
  await section(page).getByText("No quests yet.").waitFor();
  await expectAccessible(page);
  await show(page);
  await screenshot(page, "quests-empty");
  await section(page).getByRole("link", { name: "Write a plan" }).click();
  await page.getByRole("heading", { name: "quests/my-plan.md" }).waitFor();
  await page.getByRole("textbox").first().waitFor();
  await context.close();
});

test("a page without steps says how to write them", async () => {
  const { page, context } = await open(chromium, { world: "quests", at: "#/memory/quests%2Fideas.md" });
  await page.getByRole("button", { name: "Start this quest" }).click();
  await section(page).getByRole("alert").getByText("The page quests/ideas.md has no steps").waitFor();
  await expectAccessible(page);
  await show(page);
  await screenshot(page, "quests-no-plan");
  await context.close();
});

test("quests that cannot be read say why, and are read again", async () => {
  const { page, context } = await open(chromium, { world: "quests", at: AT, fail: "quests" });
  await section(page).getByText("The database cannot be read.").waitFor();
  await repair(page);
  await section(page).getByRole("button", { name: "Try again" }).click();
  await quest(page, "Move the blog").waitFor();
  await context.close();
});

test.each([["de", "2 von 6 Schritten fertig, 1 bei der Arbeit"], ["hi", "6 में से 2 कदम पूरे, 1 काम पर"]] as const)("quests are in the language of the window (%s)", async (language, words) => {
  const { page, context, pageErrors } = await open(chromium, { world: "quests", at: AT });
  await page.getByRole("combobox", { name: "Language" }).selectOption(language);
  const region = page.locator("[data-section=quests]");
  await region.getByText(words).waitFor();
  await region.evaluate((element) => element.scrollIntoView());
  await expectAccessible(page);
  await screenshot(page, `quests-${language}`);
  expect(pageErrors).toEqual([]);
  await context.close();
});
