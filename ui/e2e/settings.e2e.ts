/** The settings about the window itself, where data goes, and the palette that reaches everything. */
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { SHORTCUTS } from "../src/data/shortcuts";
import { SECTIONS } from "../src/settings/sections";
import { expectAccessible, launchBrowser, open, screenshot } from "./window";

let chromium: Browser;
beforeAll(async () => {
  chromium = await launchBrowser();
});
afterAll(() => chromium.close());

const section = (page: Page, name: string) => page.getByRole("region", { name, exact: true });

async function choose(page: Page, words: string) {
  await page.keyboard.press("Control+k");
  await page.getByRole("combobox").fill(words);
  await page.getByRole("option", { name: words }).first().waitFor();
  await page.keyboard.press("Enter");
  await page.getByRole("combobox").waitFor({ state: "detached" });
}

test("the palette reaches every section of the settings, and carries out actions", async () => {
  const { page, context, pageErrors } = await open(chromium);
  await page.getByText("shall I write to Mara").waitFor();
  for (const [id, title] of Object.entries(SECTIONS)) {
    await page.keyboard.press("Control+k");
    await page.getByRole("combobox").fill(`Settings: ${title}`);
    await page.keyboard.press("Enter");
    await page.waitForFunction((name) => (document.activeElement as HTMLElement | null)?.dataset["section"] === name, id);
  }
  await choose(page, "Recent changes of memory");
  await section(page, "Recent changes").waitFor();
  await choose(page, "Switch between comfortable and compact");
  await page.locator("html[data-density=compact]").waitFor();
  await choose(page, "Write a message");
  await page.locator("[data-composer]:focus").waitFor();
  expect(pageErrors).toEqual([]);
  await context.close();
});

test("a failed action says why and stays in the palette", async () => {
  const { page, context } = await open(chromium, { fail: "open_data_folder" });
  await page.getByText("shall I write to Mara").waitFor();
  await page.keyboard.press("Control+k");
  await page.getByRole("combobox").fill("Open data folder");
  await page.keyboard.press("Enter");
  await page.getByRole("dialog").getByRole("alert").getByText("The database cannot be read.").waitFor();
  await expectAccessible(page);
  await context.close();
});

test.each(["light", "dark"] as const)("compact makes the window denser and keeps its controls large enough (%s)", async (theme) => {
  const { page, context } = await open(chromium, { at: "#/settings?at=appearance", theme });
  const rows = section(page, "Appearance");
  const height = async () => (await rows.boundingBox())?.height ?? 0;
  const before = await height();
  await rows.getByText("Compact").click();
  expect(await height()).toBeLessThan(before);
  await page.reload();
  await rows.waitFor();
  expect(await height(), "the choice is kept").toBeLessThan(before);
  for (const [key, name] of ["chat", "agents", "memory", "settings", "inbox", "stack"].entries()) {
    await page.keyboard.press(`Control+${key + 1}`);
    await page.getByRole("region", { name, exact: false }).first().waitFor();
    await expectAccessible(page);
    await screenshot(page, `compact-${name}-${theme}`);
  }
  await page.keyboard.press("Control+1");
  const small = await page.evaluate(() => [...document.querySelectorAll<HTMLElement>("button")].filter((one) => one.checkVisibility() && Math.min(one.offsetWidth, one.offsetHeight) < 24).map((one) => one.getAttribute("aria-label") ?? one.textContent));
  expect(small).toEqual([]);
  await context.close();
});

test("? shows every keyboard shortcut, and not while something is typed", async () => {
  const { page, context } = await open(chromium);
  await page.locator("[data-composer]").focus();
  await page.keyboard.press("?");
  expect(await page.locator("[data-composer]").inputValue()).toBe("?");
  await page.locator("[data-composer]").blur();
  await page.keyboard.press("?");
  const list = section(page, "Keyboard shortcuts");
  await list.getByText("Go to anything, or do anything").waitFor();
  expect(await list.locator("dd").count()).toBe(Object.keys(SHORTCUTS).length);
  await list.getByRole("button", { name: "Change the keys: Ctrl+Shift+G" }).waitFor();
  await expectAccessible(page);
  await screenshot(page, "settings-shortcuts");
  await context.close();
});

test.each(["light", "dark"] as const)("privacy tells what leaves this computer with the settings as they are (%s)", async (theme) => {
  const { page, context } = await open(chromium, { at: "#/settings?at=privacy", theme });
  const privacy = section(page, "Privacy");
  await privacy.getByText("https://api.anthropic.com").waitFor();
  await privacy.getByRole("button", { name: /^Not in use/ }).click();
  await privacy.getByText("never: GrowQR has none of them").waitFor();
  await privacy.scrollIntoViewIfNeeded();
  await expectAccessible(page);
  await screenshot(page, `settings-privacy-${theme}`);
  await section(page, "Who answers").getByRole("combobox", { name: "Model" }).selectOption("guide");
  await privacy.getByText("Nothing leaves this computer.").waitFor();
  await context.close();
});

test("licences are listed and found, and starting at login is off until it is switched on", async () => {
  const { page, context, pageErrors } = await open(chromium, { at: "#/settings?at=licences" });
  const licences = section(page, "Licences");
  await licences.getByRole("button", { name: "Libraries and their licences" }).click();
  await licences.getByRole("textbox").fill("react-dom");
  await licences.getByRole("row", { name: /^react-dom [\d.]+ MIT$/ }).waitFor();
  await expectAccessible(page);
  await screenshot(page, "settings-licences");
  const login = page.getByRole("switch", { name: "Start at login" });
  expect(await login.getAttribute("aria-checked")).toBe("false");
  await login.click();
  await login.and(page.locator("[aria-checked=true]")).waitFor();
  await screenshot(page, "settings-computer");
  expect(pageErrors).toEqual([]);
  await context.close();
});

test("without a keychain yet one is offered, and the keys move there; a dialog that was closed changes nothing", async () => {
  const { page, context, pageErrors } = await open(chromium, { at: "#/settings", keychain: "not_set_up", speed: 4 });
  await page.getByText("There is no keychain yet").first().waitFor();
  expect(await page.getByText("keychain is locked").count()).toBe(0);
  await page.getByRole("button", { name: "Add: Key for an OpenAI-compatible server" }).click();
  const form = page.getByRole("form", { name: "Key for an OpenAI-compatible server" });
  await form.getByLabel("Key for an OpenAI-compatible server").fill("sk-canary-0123456789");
  await form.getByText("The server accepts this key.").waitFor();
  await form.getByRole("button", { name: "Save key" }).click();
  await page.getByText("Kept until GrowQR quits").waitFor();
  await expectAccessible(page);
  await screenshot(page, "settings-keychain-offer");
  await page.getByRole("button", { name: "Create a keychain" }).click();
  await page.getByText("Your system asks you in a window of its own.").waitFor();
  await page.getByText("Keys are stored in the system's keychain").waitFor();
  await page.getByText("Kept until GrowQR quits").waitFor({ state: "detached" });
  expect(await page.getByRole("button", { name: "Create a keychain" }).count()).toBe(0);
  expect(pageErrors).toEqual([]);
  await context.close();
  const locked = await open(chromium, { at: "#/settings", keychain: "locked", speed: 4 });
  await locked.page.getByRole("button", { name: "Unlock the keychain" }).click();
  await locked.page.getByText("Nothing has changed").waitFor();
  await expectAccessible(locked.page);
  await locked.context.close();
});

test("a backup is made with one press, and its place is told", async () => {
  const { page, context } = await open(chromium, { at: "#/settings?at=backup" });
  const backup = section(page, "Backup");
  await backup.getByRole("button", { name: "Back up now" }).click();
  await backup.getByText(/^Last backup .*GrowQR backup .*\.tar\.gz$/).waitFor();
  await backup.getByText("memory/clone: it is a repository of its own").waitFor();
  await expectAccessible(page);
  await screenshot(page, "settings-backup");
  await context.close();
});
