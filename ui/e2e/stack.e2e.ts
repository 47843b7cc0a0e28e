/** The stack view: every state in light and dark, and what the person does in it. */
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { expectAccessible, launchBrowser, open, screenshot, setStack, waitForFocus } from "./window";

let chromium: Browser;
beforeAll(async () => {
  chromium = await launchBrowser();
});
afterAll(() => chromium.close());

const AT = "#/stack";
const card = (page: Page, name: string) => page.getByRole("region", { name, exact: true });
const said = (page: Page) => page.locator("[data-announcer=stack] p").allTextContents();

const STATES: Array<{ stack: string; ready: string }> = [
  { stack: "never", ready: "Download and start (about 361 MB)" },
  { stack: "off", ready: "Start" },
  { stack: "unknown", ready: "Looking for it" },
  { stack: "absent", ready: "Find Docker" },
  { stack: "no_answer", ready: "Find Docker" },
  { stack: "refused", ready: "Find Docker" },
  { stack: "offline", ready: "Try again" },
  { stack: "downloading", ready: "150 MB so far" },
  { stack: "starting", ready: "Starting OpenCode" },
  { stack: "running", ready: "The same on both sides" },
  { stack: "stopped", ready: "It is stopped and starts when it is needed." },
  { stack: "failed", ready: "cannot allocate memory" },
  { stack: "behind", ready: "Behind by 3 changes" },
  { stack: "diverged", ready: "Join both sides…" },
  { stack: "orphans", ready: "Left over in Docker" },
];

describe.each(["light", "dark"] as const)("%s", (theme) => {
  test.each(STATES)("the state $stack is accessible and has at most one primary button", async ({ stack, ready }) => {
    const { page, context, pageErrors } = await open(chromium, { stack, theme, at: AT });
    await page.getByText(ready, { exact: false }).first().waitFor();
    await expectAccessible(page);
    await screenshot(page, `stack-${stack}-${theme}`);
    expect(await page.locator("main button.bg-accent").count()).toBeLessThanOrEqual(1);
    expect(pageErrors).toEqual([]);
    await context.close();
  });
});

test.each([{ width: 900, height: 600 }, { width: 1600, height: 1000 }])("a window of $width pixels shows everything without scrolling sideways", async (size) => {
  for (const stack of ["never", "downloading", "failed", "orphans"]) {
    const { page, context } = await open(chromium, { stack, size, at: AT });
    await page.getByRole("heading", { name: "Workbench" }).waitFor();
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(size.width);
    await screenshot(page, `stack-${stack}-${size.width}`);
    await context.close();
  }
});

test("the first start, with the keyboard only: download, layers, start, and where the focus is", async () => {
  const { page, context, pageErrors } = await open(chromium, { stack: "never", at: "#/chat", speed: 2 });
  await page.getByText("shall I write to Mara").waitFor();
  await page.keyboard.press("Control+6");
  const start = page.getByRole("button", { name: "Download and start (about 361 MB)" });
  await start.waitFor();
  for (let count = 0; count < 30 && !(await start.evaluate((element) => element === document.activeElement)); count += 1) await page.keyboard.press("Tab");
  await page.keyboard.press("Enter");
  const bar = page.getByRole("progressbar", { name: "Download of Workbench" });
  await bar.waitFor();
  await waitForFocus(page.getByRole("heading", { name: "Stack", exact: true }));
  const shares: number[] = [];
  const end = Date.now() + 30_000;
  while (Date.now() < end && (await bar.count()) > 0) {
    const value = await bar.getAttribute("aria-valuenow", { timeout: 1_000 }).catch(() => null);
    if (value !== null) shares.push(Number(value));
    if (shares.length === 3) {
      await page.keyboard.press("Tab");
      await page.keyboard.press("Enter");
      await page.getByRole("list", { name: "Layers of Memory server" }).getByText("Downloading").first().waitFor();
      await expectAccessible(page);
      await screenshot(page, "stack-layers");
    }
    await page.waitForTimeout(100);
  }
  expect(shares.length).toBeGreaterThan(3);
  expect(shares[0], "the bar begins at its beginning").toBeLessThan(50);
  expect(shares, "the bar never goes back").toEqual(shares.toSorted((a, b) => a - b));
  await card(page, "Workbench").getByText("Running").waitFor();
  await card(page, "Memory server").getByRole("link", { name: "127.0.0.1:42000" }).waitFor();
  expect(await said(page), "each state is said once, no percentage").toEqual([
    "Memory server: Downloading.",
    "Workbench: Downloading.",
    "Memory server: Starting.",
    "Workbench: Starting.",
    "Memory server: Running.",
    "Workbench: Running.",
  ]);
  expect(pageErrors).toEqual([]);
  await context.close();
});

test("a failure says its reason with the last log lines, as text; it is retried and runs", async () => {
  const { page, context, pageErrors } = await open(chromium, { stack: "running", at: AT, speed: 4 });
  await card(page, "Workbench").getByText("Running").waitFor();
  await setStack(page, "failed");
  const workbench = card(page, "Workbench");
  await workbench.getByText("out of memory (limit 1 GB)").waitFor();
  await workbench.getByText("3 after failures").waitFor();
  const log = workbench.getByLabel("Log of Workbench", { exact: true });
  await log.waitFor();
  const text = await log.textContent();
  expect(text).toContain(`<img src=x onerror="document.title='taken over'"> ⟨U+202E⟩gpj.exe`);
  expect(text).not.toContain("\u001b");
  expect(await log.locator("img").count()).toBe(0);
  expect(await log.evaluate((box) => box.scrollHeight - box.scrollTop - box.clientHeight), "the newest lines are in view").toBeLessThan(2);
  expect(await said(page)).toEqual(["Workbench: Failed. It ended with code 137: out of memory (limit 1 GB)."]);
  await context.grantPermissions(["clipboard-read", "clipboard-write"]);
  await workbench.getByRole("button", { name: "Copy the log of Workbench" }).click();
  await workbench.getByRole("button", { name: "Copied: the log of Workbench" }).waitFor();
  expect(await page.evaluate(() => navigator.clipboard.readText())).toContain("cannot allocate memory");
  await page.getByRole("button", { name: "Try again" }).click();
  await workbench.getByText("Running").waitFor();
  expect(pageErrors).toEqual([]);
  await context.close();
});

test("the data is removed only after the profile's id was typed, and the view says what stays", async () => {
  const { page, context } = await open(chromium, { stack: "behind", at: AT });
  await page.getByRole("button", { name: "Remove data…" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByText("there is nothing to export first").waitFor();
  await dialog.getByText("not the same at the moment (behind by 3 changes)").waitFor();
  const remove = dialog.getByRole("button", { name: "Remove data", exact: true });
  const id = dialog.getByRole("textbox", { name: /type the id of your profile: local/ });
  expect(await remove.isDisabled()).toBe(true);
  await id.fill("loca");
  expect(await remove.isDisabled()).toBe(true);
  await id.press("Enter");
  await dialog.waitFor();
  await expectAccessible(page);
  await screenshot(page, "stack-reset");
  await page.keyboard.press("Escape");
  await dialog.waitFor({ state: "detached" });
  await card(page, "Memory server").getByText("Running").waitFor();
  await page.getByRole("button", { name: "Remove data…" }).click();
  await id.fill("local");
  await remove.click();
  await dialog.waitFor({ state: "detached" });
  await card(page, "Memory server").getByText("Off").waitFor();
  expect(await page.getByText("Memory on Gitea").count()).toBe(0);
  await waitForFocus(page.getByRole("heading", { name: "Stack", exact: true }));
  await context.close();
});

test("a new password is shown once and is nowhere in the page afterwards", async () => {
  const { page, context } = await open(chromium, { stack: "running", at: AT });
  await page.getByRole("button", { name: "New password…" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByText("shown once and stored nowhere").waitFor();
  await expectAccessible(page);
  await dialog.getByRole("button", { name: "Set a new password" }).click();
  await dialog.getByText("canary-1-Vd8sK2pQ").waitFor();
  await dialog.getByText("It is not stored.").waitFor();
  await expectAccessible(page);
  await screenshot(page, "stack-password");
  await context.grantPermissions(["clipboard-read", "clipboard-write"]);
  await dialog.getByRole("button", { name: "Copy the password" }).click();
  await dialog.getByRole("button", { name: "Copied: the password" }).waitFor();
  expect(await page.evaluate(() => navigator.clipboard.readText())).toBe("canary-1-Vd8sK2pQ");
  await dialog.getByRole("button", { name: "Close" }).click();
  await dialog.waitFor({ state: "detached" });
  const left = await page.evaluate(() => JSON.stringify({ ...localStorage, ...sessionStorage }) + location.href + document.documentElement.outerHTML);
  expect(left).not.toContain("canary");
  await page.getByRole("button", { name: "New password…" }).click();
  await dialog.getByRole("button", { name: "Set a new password" }).waitFor();
  await context.close();
});

test("Gitea's pages open only after the person has seen the address", async () => {
  const { page, context } = await open(chromium, { stack: "running", at: AT });
  await card(page, "Memory server").getByRole("link", { name: "127.0.0.1:42000" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByText("http://127.0.0.1:42000/").waitFor();
  await dialog.getByRole("button", { name: "Open", exact: true }).click();
  await page.waitForFunction(() => document.documentElement.dataset["opened"] === "http://127.0.0.1:42000/");
  expect(await card(page, "Workbench").getByRole("link").count(), "OpenCode has no pages for people").toBe(0);
  await context.close();
});

test("memory that waits is sent, and memory that was replaced is joined only after an explanation", async () => {
  const { page, context } = await open(chromium, { stack: "behind", at: AT, speed: 4 });
  const memory = card(page, "Memory on Gitea");
  await memory.getByRole("button", { name: "Sync memory now" }).click();
  await memory.getByText("The same on both sides").waitFor();
  await setStack(page, "diverged");
  await memory.getByText("none of the commits that were there yesterday").waitFor();
  expect(await said(page)).toEqual(["Memory on Gitea: Stopped until you decide."]);
  await memory.getByRole("button", { name: "Join both sides…" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByText("Nothing is overwritten on either side.").waitFor();
  await expectAccessible(page);
  await screenshot(page, "stack-join");
  await dialog.getByRole("button", { name: "Join both sides" }).click();
  await dialog.waitFor({ state: "detached" });
  await memory.getByText("The same on both sides").waitFor();
  await context.close();
});

test("what is left over in Docker is listed, and removed only after a question", async () => {
  const { page, context } = await open(chromium, { stack: "orphans", at: AT });
  const left = card(page, "Left over in Docker");
  await left.getByText("growqr-p-old-gitea-data").waitFor();
  await left.getByRole("button", { name: "Remove 3 things…" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByText("A volume holds data").waitFor();
  await expectAccessible(page);
  await screenshot(page, "stack-orphans-remove");
  await dialog.getByRole("button", { name: "Keep" }).click();
  await left.getByRole("button", { name: "Remove 3 things…" }).click();
  await dialog.getByRole("button", { name: "Remove now" }).click();
  await left.getByText("growqr-p-old-gitea-data").waitFor({ state: "detached" });
  // What another data folder has left is removed by itself.
  await left.getByRole("button", { name: "Remove 1 thing…" }).click();
  await dialog.getByText("Of the data folder /media/disk/growqr").waitFor();
  await expectAccessible(page);
  await dialog.getByRole("button", { name: "Remove now" }).click();
  await left.waitFor({ state: "detached" });
  await context.close();
});

test("stopping keeps the data, and a refused request is said next to its button", async () => {
  const { page, context } = await open(chromium, { stack: "running", at: AT, speed: 4 });
  await page.getByRole("button", { name: "Stop both" }).click();
  await card(page, "Workbench").getByText("Off").waitFor();
  await card(page, "Workbench").getByText("1.2 GB").waitFor();
  await page.getByRole("button", { name: "Start", exact: true }).click();
  await card(page, "Workbench").getByText("Running").waitFor();
  await context.close();
  const failing = await open(chromium, { stack: "off", fail: "ask:stack_up", at: AT });
  await failing.page.getByRole("button", { name: "Start", exact: true }).click();
  await failing.page.getByRole("alert").getByText("The database cannot be read.").waitFor();
  await expectAccessible(failing.page);
  await failing.context.close();
});

test("offline, the download says that it needs the network", async () => {
  const { page, context } = await open(chromium, { stack: "never", at: AT });
  await page.getByRole("button", { name: "Download and start" }).waitFor();
  await context.setOffline(true);
  await page.getByText("You are offline. The download needs the network.").waitFor();
  await expectAccessible(page);
  await context.close();
});
