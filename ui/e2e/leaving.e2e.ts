/** Leaving the past behind: fresh starts, messages that are sent again; and the export of a conversation. */
import { type Browser, type Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { expectAccessible, launchBrowser, open, say, screenshot, waitForFocus } from "./window";

let chromium: Browser;
beforeAll(async () => {
  chromium = await launchBrowser();
});
afterAll(() => chromium.close());

const message = (page: Page) => page.getByRole("textbox", { name: "Message", exact: true });
const divider = (page: Page) => page.getByRole("separator", { name: /^Fresh start/ });
const stop = (page: Page) => page.getByRole("button", { name: "Stop", exact: true });

test.each(["light", "dark"] as const)("a fresh start is a dated line, and what was said before is still found (%s)", async (theme) => {
  const { page, context, pageErrors } = await open(chromium, { theme, speed: 10 });
  await page.getByText("shall I write to Mara").waitFor();
  await page.getByRole("button", { name: /^Start fresh/ }).click();
  await divider(page).waitFor();
  await waitForFocus(message(page));
  // A second one changes nothing.
  await page.getByRole("button", { name: /^Start fresh/ }).click();
  await say(page, "hello");
  await page.getByText("hello", { exact: true }).waitFor();
  await stop(page).waitFor({ state: "detached" });
  expect(await divider(page).count()).toBe(1);
  await expectAccessible(page);
  await screenshot(page, `fresh-${theme}`);
  await page.getByRole("button", { name: "Search this conversation" }).click();
  await page.getByRole("searchbox").fill("Mara");
  await page.getByRole("list", { name: "Results" }).getByRole("button").first().waitFor();
  expect(pageErrors).toEqual([]);
  await context.close();
});

test("during a turn a fresh start is announced, and the next message waits for it", async () => {
  const { page, context } = await open(chromium, { speed: 2 });
  await page.getByText("shall I write to Mara").waitFor();
  await say(page, "Send three sub-agents to look through my goals");
  await stop(page).waitFor();
  await page.getByRole("button", { name: /^Start fresh/ }).click();
  await page.getByText("You asked for a fresh start: it begins once this turn has ended").waitFor();
  await say(page, "something new");
  await page.getByText("Not read yet. The fresh start begins with it, once this turn has ended.").waitFor();
  expect(await divider(page).count()).toBe(0);
  await expectAccessible(page);
  await screenshot(page, "fresh-waits");
  await stop(page).click();
  await divider(page).waitFor();
  await page.getByText("Not read yet.").waitFor({ state: "detached" });
  await context.close();
});

test("the palette starts afresh, and so does the quick chat", async () => {
  const { page, context } = await open(chromium, { at: "#/settings" });
  await page.getByRole("heading", { name: "GrowQR: Settings" }).waitFor({ state: "attached" });
  await page.keyboard.press("Control+k");
  await page.getByPlaceholder("Go to a view").fill("fresh");
  await page.keyboard.press("Enter");
  await divider(page).waitFor();
  await context.close();
  const quick = await open(chromium, { file: "quick.html", size: { width: 420, height: 600 } });
  await quick.page.getByText("shall I write to Mara").waitFor();
  await quick.page.getByRole("button", { name: /^Start fresh/ }).click();
  await divider(quick.page).waitFor();
  await expectAccessible(quick.page);
  await screenshot(quick.page, "fresh-quick");
  await quick.context.close();
});

/** Opens the editor of the last message with this text. */
async function editAgain(page: Page, text: string) {
  const bubble = page.getByText(text, { exact: true }).last();
  await bubble.hover();
  await bubble.locator("xpath=..").getByRole("button", { name: "Edit and send again" }).click();
}

test.each(["light", "dark"] as const)("a message is sent again, and what came after it is folded and still found (%s)", async (theme) => {
  const { page, context, pageErrors } = await open(chromium, { theme, speed: 10 });
  await page.getByText("shall I write to Mara").waitFor();
  await say(page, "hello");
  await page.getByText("Good to hear from you").first().waitFor();
  await stop(page).waitFor({ state: "detached" });
  await editAgain(page, "hello");
  const text = page.getByRole("textbox", { name: "Write your message anew" });
  await page.getByText("Changes of memory stay, and what it has cost is spent.").waitFor();
  await expectAccessible(page);
  await screenshot(page, `again-${theme}`);
  await text.fill("hello again");
  await text.press("Enter");
  await page.getByText("hello again", { exact: true }).waitFor();
  const folded = page.getByRole("button", { name: /^Set aside: 2 messages/ });
  await folded.waitFor();
  expect(await page.getByText("hello", { exact: true }).count()).toBe(0);
  await stop(page).waitFor({ state: "detached" });
  await folded.click();
  await page.getByText("hello", { exact: true }).waitFor();
  expect(await page.getByRole("button", { name: "Edit and send again" }).count()).toBeGreaterThan(0);
  await expectAccessible(page);
  await screenshot(page, `aside-${theme}`);
  await folded.click();
  await page.getByRole("button", { name: "Search this conversation" }).click();
  await page.getByRole("searchbox").fill("hello");
  const results = page.getByRole("list", { name: "Results" }).getByRole("button");
  await results.nth(1).waitFor();
  await results.last().click();
  await page.getByText("hello", { exact: true }).last().waitFor();
  expect(pageErrors).toEqual([]);
  await context.close();
});

test("while the agent works nothing is sent again, and the reason is said; the text stays", async () => {
  const { page, context } = await open(chromium, { speed: 1 });
  await page.getByText("shall I write to Mara").waitFor();
  await say(page, "Send three sub-agents to look through my goals");
  await stop(page).waitFor();
  await editAgain(page, "Send three sub-agents to look through my goals");
  const text = page.getByRole("textbox", { name: "Write your message anew" });
  await text.fill("Send two");
  await page.getByText("The agent is at work. Wait until it has finished, or stop it; then send.").waitFor();
  expect(await page.getByRole("button", { name: "Send again", exact: true }).isDisabled()).toBe(true);
  await text.press("Enter");
  await expectAccessible(page);
  await stop(page).click();
  await page.getByText("The agent is at work.").waitFor({ state: "detached" });
  expect(await text.inputValue()).toBe("Send two");
  await page.getByRole("button", { name: "Send again", exact: true }).click();
  await page.getByText("Send two", { exact: true }).waitFor();
  await context.close();
});

test("a conversation is exported, and the window says where it is", async () => {
  const { page, context } = await open(chromium);
  await page.getByText("shall I write to Mara").waitFor();
  await page.getByRole("button", { name: "Export this conversation as Markdown" }).click();
  await page.getByText("Exported to /home/you/Downloads/Conversation with Grow Agent.md").waitFor();
  await expectAccessible(page);
  await screenshot(page, "exported");
  await page.getByRole("button", { name: "Close", exact: true }).click();
  await page.getByText("Exported to").waitFor({ state: "detached" });
  await context.close();
  const failing = await open(chromium, { fail: "export_conversation", theme: "dark" });
  await failing.page.getByText("shall I write to Mara").waitFor();
  await failing.page.getByRole("button", { name: "Export this conversation as Markdown" }).click();
  await failing.page.getByText("The database cannot be read.").waitFor();
  await expectAccessible(failing.page);
  await failing.context.close();
});
