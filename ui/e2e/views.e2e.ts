/** Every view in light and dark: no page errors, accessible, with a screenshot; and the other states of every view. */
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { cutOff, expectAccessible, launchBrowser, unblock, repair, open, type Options, screenshot, say } from "./window";

let chromium: Browser;
beforeAll(async () => {
  chromium = await launchBrowser();
});
afterAll(() => chromium.close());

const VIEWS: Array<{ name: string; options: Options; ready: string }> = [
  { name: "first-run", options: { world: "empty" }, ready: "Start with the guide" },
  { name: "chat", options: {}, ready: "shall I write to Mara" },
  { name: "inbox", options: { world: "asks", at: "#/inbox" }, ready: "It has reached the budget for one message." },
  { name: "inbox-empty", options: { at: "#/inbox" }, ready: "Nothing waits for you" },
  { name: "chat-asks", options: { world: "asks" }, ready: "asks for permission" },
  { name: "agents-all", options: { at: "#/agents" }, ready: "has an answer of the model" },
  { name: "agent", options: { at: "#/agents/grow" }, ready: "shall I write to Mara" },
  { name: "memory", options: { at: "#/memory" }, ready: "Begin README.md" },
  { name: "page", options: { at: "#/memory/goals%2Frust.md" }, ready: "Key-value store" },
  { name: "history", options: { at: "#/memory/journal%2Fnotes.md?at=history" }, ready: "Remember: I want" },
  { name: "blame", options: { at: "#/memory/journal%2Fnotes.md?at=blame" }, ready: "Prefers mornings" },
  { name: "source", options: { at: "#/memory/journal%2Fnotes.md?at=source" }, ready: "# Notes" },
  { name: "edit", options: { at: "#/memory/journal%2Fnotes.md?at=edit" }, ready: "Saved as your own change" },
  { name: "stack", options: { stack: "running", at: "#/stack" }, ready: "The same on both sides" },
  { name: "settings", options: { at: "#/settings" }, ready: "Version 0.2.0" },
];

describe.each(["light", "dark"] as const)("%s", (theme) => {
  test.each(VIEWS)("$name is accessible and reports no page errors", async ({ name, options, ready }) => {
    const { page, context, pageErrors } = await open(chromium, { ...options, theme });
    await page.getByText(ready).first().waitFor();
    await expectAccessible(page);
    await screenshot(page, `${name}-${theme}`);
    expect(pageErrors).toEqual([]);
    await context.close();
  });

  test("a running turn with expanded details is accessible", async () => {
    const { page, context } = await open(chromium, { theme, speed: 3 });
    await say(page, "Send three helpers to find out about databases");
    await page.getByText("Waiting for sub-agents").waitFor();
    await screenshot(page, `working-${theme}`);
    await expectAccessible(page);
    await page.getByRole("button", { name: "Searched memory for" }).last().click();
    await page.getByRole("button", { name: "Thought process" }).last().click();
    await expectAccessible(page);
    await context.close();
  });

  test("the command palette is accessible", async () => {
    const { page, context } = await open(chromium, { theme });
    await page.getByText("shall I write to Mara").waitFor();
    await page.keyboard.press("Control+k");
    await page.getByPlaceholder("Go to a view").waitFor();
    await screenshot(page, `palette-${theme}`);
    await expectAccessible(page);
    await context.close();
  });
});

test.each([
  ["another", "Understood", "light"],
  ["withheld", "Use the pages in this folder", "dark"],
] as const)("the notice about memory (%s) says which conversation, and stays until it is confirmed", async (memory, button, theme) => {
  const { page, context, pageErrors } = await open(chromium, { memory, theme });
  await page.getByText("postgres://db/growqr").waitFor();
  await expectAccessible(page);
  await screenshot(page, `memory-notice-${memory}-${theme}`);
  await page.keyboard.press("Control+3");
  await page.getByRole("button", { name: button }).click();
  await page.getByText("postgres://db/growqr").waitFor({ state: "detached" });
  expect(pageErrors).toEqual([]);
  await context.close();
});

const FAILING: Array<[string, Options]> = [
  ["chat", { fail: "events_before" }],
  ["agents", { fail: "ask:log", at: "#/agents" }],
  ["window", { fail: "agents" }],
  ["inbox", { fail: "asks", at: "#/inbox" }],
  ["rules", { fail: "rules", at: "#/settings" }],
  ["memory", { fail: "memory_log,memory_list", at: "#/memory" }],
  ["page", { fail: "memory_read", at: "#/memory/README.md" }],
  ["blame", { fail: "memory_blame", at: "#/memory/README.md?at=blame" }],
  ["about", { fail: "about", at: "#/settings" }],
  ["stack", { fail: "ask:stack_status", at: "#/stack" }],
  ["settings", { fail: "settings", at: "#/settings" }],
];

describe("a failed read", () => {
  test.each(FAILING)("of %s shows the error, the next step and a retry button", async (name, options) => {
    const { page, context } = await open(chromium, options);
    const alert = page.getByRole("alert").first();
    await alert.getByText("The database cannot be read.").waitFor();
    await alert.getByText("Check that the disk is there").waitFor();
    await alert.getByRole("button", { name: "Try again" }).waitFor();
    await expectAccessible(page);
    await screenshot(page, `failed-${name}`);
    if (name === "chat") expect((await page.getByRole("textbox", { name: "Message", exact: true }).boundingBox())?.y, "the message field stays in its place").toBeGreaterThan(700);
    await context.close();
  });
});

test.each(["light", "dark"] as const)("without a known profile, only what would be stored for it shows the error (%s)", async (theme) => {
  const { page, context } = await open(chromium, { fail: "about", theme });
  const message = page.getByRole("textbox", { name: "Message", exact: true });
  await page.getByText("shall I write to Mara").waitFor();
  await page.getByText("Your draft is lost").waitFor();
  await message.fill("half a sentence");
  await expectAccessible(page);
  await screenshot(page, `failed-about-${theme}`);
  await page.keyboard.press("Control+4");
  await page.getByRole("region", { name: "On this computer" }).getByRole("button", { name: "Try again" }).waitFor();
  await page.getByText("Length of one answer").waitFor();
  await page.evaluate(() => (location.hash = "#/memory/README.md?at=edit"));
  const again = page.getByRole("alert").getByRole("button", { name: "Try again" });
  await again.waitFor();
  await repair(page);
  await again.click();
  await page.getByRole("textbox", { name: "Text of README.md" }).waitFor();
  await page.keyboard.press("Control+1");
  expect(await page.getByText("Your draft is lost").count()).toBe(0);
  expect(await message.inputValue()).toBe("half a sentence");
  expect(await page.evaluate(() => localStorage.getItem("draft:local:grow")), "the draft is stored from now on").toBe("half a sentence");
  await context.close();
});

test("a loading view announces that it is loading", async () => {
  const { page, context } = await open(chromium, { block: "calls" });
  await page.getByRole("status").getByText("Loading").waitFor();
  await expectAccessible(page);
  await unblock(page);
  await page.getByText("shall I write to Mara").waitFor();
  await context.close();
  for (const at of ["#/chat", "#/agents", "#/memory/README.md", "#/stack", "#/settings"]) {
    const { page, context } = await open(chromium, { slow: 8_000, at });
    await page.getByRole("status").getByText("Loading").first().waitFor();
    await expectAccessible(page);
    await context.close();
  }
});

test("the actions of a change do not move while its diff loads", async () => {
  const { page, context } = await open(chromium, { slow: 500, at: "#/memory/goals%2FREADME.md?at=history" });
  await page.getByRole("region", { name: "History" }).getByRole("button", { expanded: false }).first().click();
  const undo = page.getByRole("button", { name: "Undo this change" });
  const before = await undo.boundingBox();
  expect(await page.getByLabel("Difference").count()).toBe(0);
  await page.getByLabel("Difference").waitFor();
  expect(await undo.boundingBox()).toEqual(before);
  await context.close();
});

test("an empty view says what to do", async () => {
  const { page, context } = await open(chromium, { world: "empty" });
  await page.getByRole("button", { name: "Start with the guide" }).click();
  await page.getByText("What would you like to grow?").waitFor();
  await expectAccessible(page);
  await screenshot(page, "empty-chat");
  await page.keyboard.press("Control+2");
  await page.getByText("No agents yet.").waitFor();
  await expectAccessible(page);
  await page.keyboard.press("Control+3");
  await page.getByText("No changes yet").waitFor();
  await expectAccessible(page);
  await context.close();
});

test.each(["light", "dark"] as const)("the offline bar says what works and what is sent later, and it is sent when the network is back (%s)", async (theme) => {
  const { page, context } = await open(chromium, { theme, speed: 8 });
  await page.getByText("shall I write to Mara").waitFor();
  // Offline, the browser would not get the code of the bar: the window of the app has all its files at hand.
  await page.waitForFunction(() => performance.getEntriesByType("resource").some(({ name }) => name.includes("/Bars-")));
  await page.waitForLoadState("networkidle");
  await context.setOffline(true);
  await page.getByText("Offline since").waitFor();
  await page.getByText("Messages to your Grow Agent are saved").waitFor();
  // The bar shrinks the transcript, which must stay at its end.
  await page.waitForFunction(() => {
    const log = document.querySelector("[role=log]");
    return log && log.scrollHeight - log.scrollTop - log.clientHeight <= 2;
  });
  await expectAccessible(page);
  await say(page, "Remember to ask Jon");
  await page.getByText("Your last message is sent when the network is back.").waitFor();
  await page.getByText("There is no connection to api.anthropic.com").waitFor();
  await page.getByText("Your message is saved.").waitFor();
  await say(page, "And Mara");
  await page.getByText("Your last 2 messages are sent").waitFor();
  await expectAccessible(page);
  await screenshot(page, `offline-${theme}`);
  await page.keyboard.press("Control+3");
  await page.getByText("Your last 2 messages are sent").waitFor();
  await page.keyboard.press("Control+1");
  await context.setOffline(false);
  await page.getByText("Offline since").waitFor({ state: "detached" });
  await page.getByText("Tell me what you are working on").last().waitFor();
  await page.getByRole("button", { name: "Resume" }).waitFor({ state: "detached" });
  await context.close();
});

test.each(["normal", "larger"])("a window of 900 by 600 shows every view completely, with %s text", async (size) => {
  const { page, context } = await open(chromium, { size: { width: 900, height: 600 } });
  await page.evaluate((chosen) => localStorage.setItem("text-size", chosen), size);
  await page.reload();
  for (const [key, name] of ["chat", "agents", "memory", "settings", "inbox", "stack"].entries()) {
    await page.keyboard.press(`Control+${key + 1}`);
    await page.getByRole("region", { name, exact: false }).first().waitFor();
    expect(await cutOff(page)).toEqual([]);
    await expectAccessible(page);
    await screenshot(page, `small-${name}-${size}`);
  }
  await context.close();
});

test("a narrow window shows either the pages or the recent changes, with links between them", async () => {
  const { page, context } = await open(chromium, { at: "#/memory", size: { width: 480, height: 700 } });
  await page.getByRole("link", { name: "Recent changes" }).click();
  await page.getByRole("region", { name: "Recent changes" }).waitFor();
  expect(await page.getByRole("navigation", { name: "Pages" }).isVisible()).toBe(false);
  await expectAccessible(page);
  await screenshot(page, "narrow-memory-recent");
  await page.getByRole("link", { name: "All pages" }).click();
  await page.getByRole("navigation", { name: "Pages" }).waitFor();
  await screenshot(page, "narrow-memory-pages");
  await context.close();
});

test("a narrow window with large text does not scroll sideways or clip controls", async () => {
  const { page, context } = await open(chromium, { at: "#/settings" });
  await page.getByText("Larger").click();
  await page.setViewportSize({ width: 480, height: 640 });
  for (const [key, name] of [["1", "Chat"], ["2", "Agents"], ["3", "Memory"], ["4", "Settings"], ["5", "Inbox"], ["6", "Stack"]] as const) {
    await page.keyboard.press(`Control+${key}`);
    await page.getByRole("region", { name, exact: true }).waitFor();
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(480);
    expect(await cutOff(page)).toEqual([]);
    await screenshot(page, `narrow-larger-${name.toLowerCase()}`);
  }
  // The header of the chat at its widest.
  await page.keyboard.press("Control+1");
  await say(page, "Send three helpers to find out about databases");
  await page.getByRole("button", { name: "Stop", exact: true }).waitFor();
  expect(await cutOff(page)).toEqual([]);
  await page.getByTitle("since the beginning").getByText(/^\$\d.* in all/).waitFor();
  await screenshot(page, "narrow-larger-working");
  await page.getByRole("link", { name: /^Agents\s*\d at work$/ }).waitFor();
  await context.close();
});
