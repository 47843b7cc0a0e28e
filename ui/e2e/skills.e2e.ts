/** The section of the settings about skills: those of memory and of folders, switching, and what cannot be used. */
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { expectAccessible, launchBrowser, open, screenshot } from "./window";

let chromium: Browser;
beforeAll(async () => {
  chromium = await launchBrowser();
});
afterAll(() => chromium.close());

const AT = "#/settings?at=skills";
const section = (page: Page) => page.getByRole("region", { name: "Skills", exact: true });
const skill = (page: Page, name: string) => section(page).getByRole("list", { name: "Skills" }).getByRole("listitem", { name, exact: true });

async function add(page: Page, path: string) {
  await section(page).getByRole("textbox", { name: "Path of a folder" }).fill(path);
  await section(page).getByRole("button", { name: "Add", exact: true }).click();
  await section(page).getByText(path, { exact: true }).first().waitFor();
}

describe.each(["light", "dark"] as const)("%s", (theme) => {
  test.each([{ width: 900, height: 600 }, { width: 1600, height: 1000 }])("skills that can and cannot be used are complete and accessible in a window of $width pixels", async (size) => {
    const { page, context, pageErrors } = await open(chromium, { at: AT, theme, size });
    await section(page).getByText("No skills yet.").waitFor();
    await expectAccessible(page);
    await add(page, "/home/you/skills/forms");
    await add(page, "/home/you/skills/broken");
    await section(page).getByText("/home/you/skills/broken cannot be used: it has no description").waitFor();
    await skill(page, "forms").getByRole("button", { name: "What it says" }).click();
    await skill(page, "forms").getByText("Read the form first.").waitFor();
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(size.width);
    await expectAccessible(page);
    await section(page).evaluate((element) => element.scrollIntoView());
    await screenshot(page, `skills-${size.width}-${theme}`);
    expect(pageErrors).toEqual([]);
    await context.close();
  });
});

test("a skill is switched off and on by keyboard, and its folder is removed", async () => {
  const { page, context, pageErrors } = await open(chromium, { at: AT });
  await add(page, "/home/you/skills/forms");
  const onOff = skill(page, "forms").getByRole("switch", { name: "Agents may read the skill forms" });
  await onOff.focus();
  await page.keyboard.press("Space");
  await expect.poll(() => onOff.getAttribute("aria-checked")).toBe("false");
  await page.keyboard.press("Space");
  await expect.poll(() => onOff.getAttribute("aria-checked")).toBe("true");
  await section(page).getByRole("button", { name: "Remove: /home/you/skills/forms" }).click();
  await section(page).getByText("No skills yet.").waitFor();
  expect(pageErrors).toEqual([]);
  await context.close();
});
