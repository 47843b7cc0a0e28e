/** Signing in: every state, signing in and out, switching profiles, and links that open a place in the window. */
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { expectAccessible, afterReload, launchBrowser, waitForFocus, open, type Options, screenshot, say } from "./window";

let chromium: Browser;
beforeAll(async () => {
  chromium = await launchBrowser();
});
afterAll(() => chromium.close());

const accountButton = (page: Page) => page.getByRole("button", { name: "Account:" });
const dispatch = (page: Page, event: string) => page.evaluate((name) => void dispatchEvent(new Event(name)), `fake-${event}`);

const STATES: Array<{ name: string; options: Options; ready: string }> = [
  { name: "signed-out", options: { account: "signed_out" }, ready: "Not signed in" },
  { name: "waiting", options: { account: "signing_in" }, ready: "Finish in your browser" },
  { name: "waiting-notice", options: { account: "signing_in", notice: "No browser could be opened: copy the address and open it by hand." }, ready: "No browser could be opened" },
  { name: "choosing", options: { account: "choosing" }, ready: "Is the data on this computer yours" },
  { name: "online", options: { account: "online" }, ready: "Ada Okafor" },
  { name: "offline", options: { account: "offline" }, ready: "Last confirmed 1 d ago" },
  { name: "needs-sign-in", options: { account: "needs_sign_in" }, ready: "Your sign-in has ended" },
  { name: "notice", options: { account: "signed_out", notice: "Signing in did not work: access was denied. Start again." }, ready: "access was denied" },
  { name: "settings", options: { account: "online", at: "#/settings" }, ready: "Last confirmed" },
  { name: "settings-offline", options: { account: "offline", at: "#/settings" }, ready: "cannot be reached" },
  { name: "settings-none", options: { account: "not_configured", at: "#/settings" }, ready: "Everything works without signing in" },
  { name: "first-run", options: { account: "signed_out", world: "empty" }, ready: "Already have an account?" },
];

describe.each(["light", "dark"] as const)("%s", (theme) => {
  test.each(STATES)("$name is accessible and reports no page errors", async ({ name, options, ready }) => {
    const { page, context, pageErrors } = await open(chromium, { ...options, theme });
    await page.getByText(ready).first().waitFor();
    await expectAccessible(page);
    await screenshot(page, `account-${name}-${theme}`);
    expect(pageErrors).toEqual([]);
    await context.close();
  });

  test("the menu of a sign-in that is not confirmed says what still works", async () => {
    const { page, context } = await open(chromium, { account: "offline", theme });
    await accountButton(page).click();
    await page.getByRole("menu").waitFor();
    await context.setOffline(true);
    await page.getByText("Offline: last confirmed 1 d ago").last().waitFor();
    await page.getByText("Everything on this computer still works").waitFor();
    await expectAccessible(page);
    await screenshot(page, `account-menu-offline-${theme}`);
    await context.close();
  });

  test("the menu is accessible", async () => {
    const { page, context } = await open(chromium, { account: "online", theme });
    await accountButton(page).click();
    await page.getByRole("menuitem", { name: "Switch to Lin Park" }).waitFor();
    await expectAccessible(page);
    await screenshot(page, `account-menu-${theme}`);
    await context.close();
  });
});

test("without a sign-in service only the settings mention accounts", async () => {
  const { page, context } = await open(chromium);
  await page.getByText("shall I write to Mara").waitFor();
  expect(await accountButton(page).count()).toBe(0);
  await context.close();
});

test("the menu works by keyboard alone and restores the focus", async () => {
  const { page, context } = await open(chromium, { account: "online" });
  await accountButton(page).focus();
  await page.keyboard.press("Enter");
  await page.getByRole("menu").waitFor();
  await page.keyboard.press("Escape");
  await waitForFocus(accountButton(page));
  await page.keyboard.press("Enter");
  await waitForFocus(page.getByRole("menuitem", { name: "Switch to Lin Park" }));
  await page.keyboard.press("End");
  await waitForFocus(page.getByRole("menuitem", { name: "Sign out" }));
  await page.keyboard.press("Enter");
  await page.getByRole("button", { name: "Account: Local profile Not signed in" }).waitFor();
  await context.close();
});

test("a new person signs in, is asked who owns the data, and takes it over", async () => {
  const { page, context } = await open(chromium, { account: "signed_out" });
  await accountButton(page).click();
  await page.getByRole("menuitem", { name: "Sign in…" }).click();
  const waiting = page.getByRole("dialog", { name: "Finish in your browser" });
  await waiting.getByRole("group", { name: "Address" }).getByText("ai.growqr.desktop").waitFor();
  await dispatch(page, "signed-in");
  await page.getByRole("dialog", { name: "Is the data on this computer yours, Ada Okafor?" }).waitFor();
  await page.getByRole("button", { name: "Yes, it is mine" }).click();
  await page.getByRole("button", { name: "Account: Ada Okafor Signed in" }).waitFor();
  expect(await page.getByRole("dialog").count()).toBe(0);
  await context.close();
});

test("keys pressed while the question appears neither answer it nor reach the view behind it", async () => {
  const { page, context } = await open(chromium, { account: "choosing" });
  const question = page.getByRole("dialog", { name: "Is the data on this computer yours, Ada Okafor?" });
  await waitForFocus(question);
  await page.keyboard.press("Enter");
  await page.keyboard.press("3");
  await page.keyboard.press("Tab");
  await waitForFocus(page.getByRole("button", { name: "Yes, it is mine" }));
  expect(new URL(page.url()).hash).toBe("");
  await context.close();
});

test("cancelling the question, or the attempt, signs nobody in", async () => {
  const { page, context } = await open(chromium, { account: "choosing" });
  await page.getByRole("dialog").getByRole("button", { name: "Cancel" }).click();
  await accountButton(page).click();
  await page.getByRole("menuitem", { name: "Sign in…" }).click();
  await page.getByRole("dialog", { name: "Finish in your browser" }).getByRole("button", { name: "Cancel", exact: true }).click();
  await page.getByRole("button", { name: "Account: Local profile Not signed in" }).waitFor();
  await context.close();
});

test("an attempt without a response can be retried over a port, and can wait in the background", async () => {
  const { page, context } = await open(chromium, { account: "signing_in" });
  const waiting = page.getByRole("dialog", { name: "Finish in your browser" });
  await waiting.getByRole("button", { name: "Try another way" }).click();
  await waiting.getByRole("group", { name: "Address" }).getByText("127.0.0.1").waitFor();
  await page.keyboard.press("Escape");
  await waiting.waitFor({ state: "detached" });
  await page.getByRole("button", { name: "Account: Local profile Signing in…" }).click();
  await page.getByRole("menuitem", { name: "Show sign-in…" }).click();
  await waiting.waitFor();
  await context.close();
});

test("another person gets another profile, and drafts stay with their profile", async () => {
  const { page, context } = await open(chromium, { account: "online" });
  await page.getByRole("textbox", { name: "Message", exact: true }).fill("words of Ada");
  await accountButton(page).click();
  await afterReload(page, () => page.getByRole("menuitem", { name: "Switch to Lin Park" }).click());
  await page.getByRole("button", { name: "Account: Lin Park" }).waitFor();
  expect(await page.getByRole("textbox", { name: "Message", exact: true }).inputValue()).toBe("");
  await accountButton(page).click();
  await afterReload(page, () => page.getByRole("menuitem", { name: "Switch to Ada Okafor" }).click());
  await page.getByRole("button", { name: "Account: Ada Okafor" }).waitFor();
  expect(await page.getByRole("textbox", { name: "Message", exact: true }).inputValue()).toBe("words of Ada");
  await context.close();
});

test("a person whose sign-in has ended can keep working and sign in again", async () => {
  const { page, context } = await open(chromium, { account: "needs_sign_in" });
  const box = await page.getByRole("textbox", { name: "Message", exact: true }).boundingBox();
  expect(box && box.y + box.height < 820, "a notice above the view pushes nothing out of the window").toBe(true);
  await say(page, "still here?");
  await page.getByText("still here?").first().waitFor();
  await page.getByRole("button", { name: "Sign in again", exact: true }).click();
  await page.getByRole("dialog", { name: "Finish in your browser" }).waitFor();
  await dispatch(page, "signed-in");
  await page.getByRole("button", { name: "Account: Ada Okafor Signed in" }).waitFor();
  expect(await page.getByText("Your sign-in has ended").count()).toBe(0);
  await context.close();
});

test("the settings sign out and say what stays on this computer", async () => {
  const { page, context } = await open(chromium, { account: "online", at: "#/settings" });
  const account = page.getByRole("region", { name: "Account" });
  await account.getByText("stay on this computer for your next sign-in").waitFor();
  await account.getByRole("button", { name: "Sign out" }).click();
  await page.getByRole("button", { name: "Account: Local profile Not signed in" }).waitFor();
  await context.close();
});

test.each([
  ["sign_in", "signed_out", "Sign in…"],
  ["sign_out", "online", "Sign out"],
  ["sign_in_check", "offline", "Check now"],
  ["switch_profile", "online", "Switch to Lin"],
] as const)("a failed %s shows the error with the next step", async (fail, account, item) => {
  const { page, context } = await open(chromium, { account, fail });
  await accountButton(page).click();
  await page.getByRole("menuitem", { name: item }).click();
  await page.getByRole("alert").getByText("Check that the disk is there").waitFor();
  await expectAccessible(page);
  await context.close();
});

test("a link opens an agent or a page, also one that started the program, and does nothing else", async () => {
  const { page, context } = await open(chromium);
  await page.getByText("shall I write to Mara").waitFor();
  const place = (view: string, id: string) => page.evaluate((json) => sessionStorage.setItem("fake-place", json), JSON.stringify({ view, id }));
  await place("memory", "goals/rust.md");
  await dispatch(page, "place");
  await page.getByText("Key-value store").first().waitFor();
  await place("agents", "nobody");
  await dispatch(page, "place");
  await page.getByText("no agent").first().waitFor();
  await screenshot(page, "link-to-no-agent");
  await place("memory", "no/such page.md");
  await page.reload();
  await page.getByText("There is no page").first().waitFor();
  expect(await page.evaluate(() => document.documentElement.dataset["opened"] ?? null)).toBe(null);
  await context.close();
});

test("a narrow window shows the account button and its whole menu", async () => {
  const { page, context } = await open(chromium, { account: "online", size: { width: 480, height: 640 } });
  await accountButton(page).click();
  await page.getByRole("menuitem", { name: "Account settings" }).waitFor();
  const box = await page.getByRole("menu").boundingBox();
  expect(box && box.x >= 0 && box.x + box.width <= 480 && box.y >= 0 && box.y + box.height <= 640).toBe(true);
  await screenshot(page, "account-narrow");
  await context.close();
});

test("an error in a narrow window is readable and can be closed", async () => {
  const { page, context } = await open(chromium, { account: "online", fail: "sign_out", size: { width: 480, height: 640 } });
  await accountButton(page).click();
  await page.getByRole("menuitem", { name: "Sign out" }).click();
  const alert = page.getByRole("alert");
  await alert.waitFor();
  expect((await alert.boundingBox())?.width).toBeGreaterThan(200);
  await page.getByRole("button", { name: "Close" }).click();
  await alert.waitFor({ state: "detached" });
  await context.close();
});
