/** User journeys through the window, from start to end. */
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { expectAccessible, launchBrowser, waitForFocus, open, screenshot, say } from "./window";

let chromium: Browser;
beforeAll(async () => {
  chromium = await launchBrowser();
});
afterAll(() => chromium.close());

test("an answer streams, calls tools, starts sub-agents and ends", async () => {
  const { page, context } = await open(chromium, { speed: 6 });
  await say(page, "Send three helpers to find out about databases");
  await page.getByText("Thinking…").waitFor();
  await page.getByRole("button", { name: "Searched memory for" }).last().waitFor();
  await page.getByRole("button", { name: "Stop People" }).waitFor();
  await page.getByText("Waited for sub-agents").last().waitFor();
  await page.getByText("shall I write to Mara").last().waitFor();
  await page.getByRole("button", { name: "Stop", exact: true }).waitFor({ state: "detached" });
  await context.close();
});

/** The streaming answer. */
const streaming = (page: Page) => page.getByRole("log").locator("[aria-busy=true]");

test("a message sent during a turn is queued under the answer, and a draft survives a reload", async () => {
  const { page, context } = await open(chromium);
  await say(page, "Write a long plan");
  await streaming(page).getByText("What to learn").waitFor();
  await say(page, "Remember that I like short plans");
  await page.getByText("The agent reads it before its next step").waitFor();
  const answer = await streaming(page).boundingBox();
  const waiting = await page.getByText("Remember that I like short plans").boundingBox();
  expect(answer && waiting && waiting.y > answer.y, "the queued message is below the streaming answer").toBe(true);
  await expectAccessible(page);
  await screenshot(page, "waiting-message");
  await page.getByText("The agent reads it before its next step").waitFor({ state: "detached" });
  await page.getByRole("textbox", { name: "Message", exact: true }).fill("not yet sent");
  await page.getByText("I have written it down in").last().waitFor();
  await page.reload();
  await page.getByText("I have written it down in").last().waitFor();
  expect(await page.getByRole("textbox", { name: "Message", exact: true }).inputValue()).toBe("not yet sent");
  await context.close();
});

test("scrolling up during an answer stops following it, even by a little", async () => {
  const { page, context } = await open(chromium, { speed: 2 });
  await say(page, "endless");
  await streaming(page).getByText("What to learn").nth(2).waitFor();
  await page.getByRole("log").hover();
  await page.mouse.wheel(0, -20);
  const left = () => page.getByRole("log").evaluate((log) => log.scrollHeight - log.scrollTop - log.clientHeight);
  await page.waitForFunction((before) => document.querySelector("[role=log]")!.scrollHeight > before + 200, await page.getByRole("log").evaluate((log) => log.scrollHeight));
  expect(await left()).toBeGreaterThan(200);
  await page.getByRole("button", { name: "Jump to latest" }).click();
  await page.waitForFunction((before) => document.querySelector("[role=log]")!.scrollHeight > before + 200, await page.getByRole("log").evaluate((log) => log.scrollHeight));
  expect(await left()).toBeLessThan(200);
  await context.close();
});

test("Enter sends, Shift+Enter adds a line, Enter during IME composition does neither", async () => {
  const { page, context } = await open(chromium, { speed: 6 });
  const box = page.getByRole("textbox", { name: "Message", exact: true });
  await box.fill("one");
  await box.press("Shift+Enter");
  await box.pressSequentially("two");
  await box.dispatchEvent("keydown", { key: "Enter", isComposing: true, keyCode: 229 });
  expect(await box.inputValue()).toBe("one\ntwo");
  await box.press("Enter");
  expect(await box.inputValue()).toBe("");
  await page.getByText("one\ntwo").waitFor();
  await context.close();
});

test("a reload during an answer loses and duplicates nothing", async () => {
  const { page, context } = await open(chromium, { speed: 1 });
  await say(page, "Write a long plan, please");
  await streaming(page).getByText("What to learn").waitFor();
  await page.reload();
  await page.getByText("Write a long plan, please").waitFor();
  const stop = page.getByRole("button", { name: "Stop", exact: true });
  await stop.waitFor();
  await stop.waitFor({ state: "detached" });
  await page.getByText("Which of the three would you like to begin with?").last().waitFor();
  const log = await page.evaluate(() => document.querySelector("[role=log]")?.textContent ?? "");
  expect(log.split("Write a long plan, please")).toHaveLength(2);
  expect(log.split("Write a long plan, please")[1]?.split("Which of the three")).toHaveLength(2);
  expect(log.split("Write a long plan, please")[1]?.split("A plan for the next three months")).toHaveLength(2);
  await context.close();
});

test("stopping keeps what was done and offers to resume", async () => {
  const { page, context } = await open(chromium, { speed: 2 });
  await say(page, "endless");
  await streaming(page).getByText("What to learn").first().waitFor();
  await page.getByRole("button", { name: "Stop", exact: true }).click();
  await page.getByText("Stopped. What was done so far is kept.").waitFor();
  await expectAccessible(page);
  await screenshot(page, "stopped");
  await page.getByRole("button", { name: "Resume" }).click();
  await page.getByText("Tell me what you are working on").waitFor();
  await context.close();
});

test("an answer that searched the web says so and has its sources as links, which ask before they open", async () => {
  const { page, context, pageErrors } = await open(chromium);
  await say(page, "Search the web: how hot for green tea?");
  await page.getByText("Searched the web: temperature for green tea").waitFor();
  await page.getByText("Take 70 degrees, and two minutes.").waitFor();
  const sources = page.getByRole("list", { name: "Sources" });
  expect(await sources.getByRole("listitem").allInnerTexts()).toEqual(["Green tea tea.example", "A guide to leaves leaf.example"]);
  await expectAccessible(page);
  await screenshot(page, "web-sources");
  await sources.getByRole("link", { name: "A guide to leaves" }).click();
  await page.getByRole("heading", { name: "Open leaf.example?" }).waitFor();
  await page.getByText("https://leaf.example/guide?kind=green", { exact: true }).waitFor();
  expect(pageErrors).toEqual([]);
  await context.close();
});

test("searching the web is off until it is switched on, and fetching pages is on", async () => {
  const { page, context } = await open(chromium, { at: "#/settings?at=tools" });
  const searching = page.getByRole("switch", { name: "Search the web with Anthropic" });
  await page.getByText("Each search costs $0.01").waitFor();
  expect(await searching.getAttribute("aria-checked")).toBe("false");
  expect(await page.getByRole("switch", { name: "Fetch pages of the web" }).getAttribute("aria-checked")).toBe("true");
  await searching.click();
  await page.getByRole("switch", { name: "Search the web with Anthropic", checked: true }).waitFor();
  await context.close();
});

test("a tool's result shows its texts, pictures and links; an interrupted call and a charge say how they stand", async () => {
  const { page, context, pageErrors } = await open(chromium, { speed: 2 });
  await say(page, "Draw me a picture");
  await page.getByText("up to $0.0200 reserved").waitFor();
  await page.getByText("interrupted, looking up whether it happened").waitFor();
  await screenshot(page, "interrupted");
  await page.getByText("interrupted before it happened, trying again").waitFor();
  await page.getByText("Mara has the chart.").last().waitFor();
  await page.getByText("Summary of the chart").waitFor();
  await page.getByText("$0.0120").waitFor();
  await page.getByRole("button", { name: "draw_chart" }).click();
  const picture = page.getByRole("img", { name: "Result: a picture" });
  await picture.waitFor();
  expect(await picture.evaluate((image: HTMLImageElement) => image.decode().then(() => image.naturalWidth))).toBe(160);
  await page.getByText("[link: A file, file:///etc/hosts]").waitFor();
  await expectAccessible(page);
  await screenshot(page, "tool-result");
  await page.getByRole("link", { name: "Practice log" }).click();
  await page.getByRole("dialog").getByText("example.org").first().waitFor();
  await page.keyboard.press("Escape");
  await page.evaluate(() => void (location.hash = "#/agents/grow"));
  await page.getByRole("tab", { name: "Log" }).click();
  await page.getByText("it looks up whether the step happened").waitFor();
  expect(pageErrors, "the content security policy allows the picture").toEqual([]);
  await screenshot(page, "log-of-tools");
  await context.close();
});

test("a turn that did not end normally shows a sentence with the next step", async () => {
  const { page, context } = await open(chromium, { speed: 6 });
  await say(page, "Use up the budget");
  await page.getByText("The budget for one message is used up.").waitFor();
  await page.getByRole("main").getByRole("link", { name: "Open Settings" }).waitFor();
  await screenshot(page, "budget");
  await say(page, "Something broken");
  await page.getByText("The key was refused by Anthropic.").waitFor();
  await page.getByText("Check the key in Settings.").waitFor();
  await expectAccessible(page);
  await context.close();
});

test("a hit of the conversation search opens its message", async () => {
  const { page, context } = await open(chromium, { world: "long" });
  await page.getByText("Message number 4999").waitFor({ timeout: 60_000 });
  await page.getByRole("button", { name: "Search this conversation" }).click();
  await page.getByRole("searchbox").fill("number 4321:");
  await page.getByRole("list", { name: "Results" }).getByRole("button").first().click();
  await page.getByRole("log").getByText("Message number 4321").waitFor();
  await page.getByRole("searchbox").fill("number");
  await page.getByText("More than 200 found.").waitFor();
  await page.getByText("Only the newest 200 are listed").waitFor();
  await screenshot(page, "search-cut");
  await page.getByRole("searchbox").fill("number 123");
  await page.getByText(/^11 found. Press Enter to show the newest/).waitFor();
  expect(await page.getByText("Only the newest").count()).toBe(0);
  await page.getByRole("searchbox").press("Enter");
  await page.getByRole("log").getByText("Message number 1239:").waitFor();
  await page.getByRole("searchbox").press("Enter");
  await page.getByRole("log").getByText("Message number 1238:").waitFor();
  await page.getByText(/^2 of \d+$/).waitFor();
  await page.keyboard.press("Escape");
  await waitForFocus(page.getByRole("textbox", { name: "Message", exact: true }));
  await page.getByRole("button", { name: "Jump to latest" }).click();
  await page.getByText("Message number 4999").waitFor();
  await context.close();
});

test("the tree shows sub-agents at work, and one is stopped in its own view", async () => {
  const { page, context } = await open(chromium);
  await say(page, "Send three helpers to find out about databases");
  await page.getByRole("button", { name: "Stop People" }).last().waitFor();
  await page.keyboard.press("Control+2");
  await page.getByRole("region", { name: "Agents" }).getByRole("treeitem", { name: /^Projects Working|^Projects Thinking/ }).click();
  await page.getByText(/^for \d+\.\d s$/).waitFor();
  await screenshot(page, "elapsed-working");
  await page.getByRole("main").getByRole("button", { name: "Stop", exact: true }).first().click();
  await page.getByText("Stopped. What was done so far is kept.").waitFor();
  const took = await page.getByText(/^took \d+(\.\d)? s$/).textContent();
  await page.waitForTimeout(1_200);
  expect(await page.getByText(/^took/).textContent(), "the time has stopped").toBe(took);
  await page.getByRole("tab", { name: "Log" }).click();
  await page.getByRole("button", { name: "is to stop, by you" }).click();
  await page.getByText('"by_person": true').waitFor();
  await page.getByRole("navigation", { name: "Logs" }).getByRole("link", { name: "all" }).click();
  await page.getByRole("log", { name: "Log" }).getByText("is to stop, by you").waitFor();
  await context.close();
});

test("a sub-agent's conversation can be searched", async () => {
  const { page, context } = await open(chromium, { at: "#/agents" });
  await page.getByRole("region", { name: "Agents" }).getByRole("treeitem", { name: /^People Done/ }).click();
  await page.getByText("No messages yet").or(page.getByRole("log", { name: "Conversation" })).first().waitFor();
  await page.getByRole("link", { name: "Agents", exact: true }).focus();
  await page.keyboard.press("/");
  await waitForFocus(page.getByRole("searchbox"));
  await page.keyboard.type("mara");
  const hit = page.getByRole("list", { name: "Results" }).getByRole("button", { name: /^People Two people: Mara \(storage team/ });
  await hit.locator("mark").first().waitFor();
  await page.keyboard.press("Enter");
  await page.getByText("1 of 1").waitFor();
  await expectAccessible(page);
  await screenshot(page, "channel-search");
  await context.close();
});

test("a failed stop, resume or open shows the error with the next step", async () => {
  const { page, context } = await open(chromium, { fail: "ask:cancel,ask:resume,open_memory_folder", at: "#/memory" });
  const said = page.getByRole("alert").getByText("Check that the disk is there");
  await page.getByRole("button", { name: "Open memory folder" }).click();
  await said.waitFor();
  await expectAccessible(page);
  await page.keyboard.press("Control+1");
  await say(page, "Use up the budget");
  await page.getByRole("button", { name: "Resume" }).click();
  await said.waitFor();
  await expectAccessible(page);
  await page.reload();
  await say(page, "Send three helpers to find out about databases");
  await page.getByRole("button", { name: "Stop People" }).last().click();
  await said.waitFor();
  await expectAccessible(page);
  await context.close();
});

test("a page is edited, its lines show their author, and the change is undone", async () => {
  const { page, context } = await open(chromium, { at: "#/memory/journal%2Fnotes.md" });
  await page.getByRole("button", { name: "Edit" }).click();
  const box = page.getByRole("textbox", { name: "Text of journal/notes.md" });
  await box.fill(`${await box.inputValue()}- Sleeps well\n`);
  await page.getByRole("button", { name: "Save" }).click();
  await page.getByText("Sleeps well").waitFor();
  await page.getByRole("tab", { name: "Who wrote what" }).click();
  await page.getByRole("row", { name: /You.*Sleeps well/ }).waitFor();
  await page.getByRole("tab", { name: "History" }).click();
  await page.getByRole("button", { name: "Write journal/notes.md" }).click();
  await page.getByText("+- Sleeps well").waitFor();
  await screenshot(page, "diff");
  await expectAccessible(page);
  await page.getByRole("button", { name: "Undo this change" }).click();
  await page.getByText("Undone by a new change.").waitFor();
  await page.getByRole("tab", { name: "Page", exact: true }).click();
  await page.getByText("Sleeps well").first().waitFor({ state: "detached" });
  await page.getByText("Tea, no coffee").waitFor();
  await context.close();
});

test.each(["light", "dark"] as const)("all changes of a turn are shown and then undone together (%s)", async (theme) => {
  const { page, context, pageErrors } = await open(chromium, { theme, speed: 4 });
  await say(page, "Remember that I like chess");
  await page.getByText("I like chess").nth(1).waitFor();
  await page.goto(`${page.url().split("#")[0]}#/memory/journal%2Fnotes.md?at=history`);
  const history = page.getByRole("region", { name: "History" });
  await history.getByRole("button", { expanded: false }).first().click();
  await history.getByRole("button", { name: /^Undo all of turn \d+…$/ }).click();
  const preview = history.getByRole("region", { name: /^Undo all of turn \d+ of / });
  await preview.getByLabel("What undoing changes").getByText(/^-.*chess/).waitFor();
  await expectAccessible(page);
  await screenshot(page, `undo-together-${theme}`);
  await preview.getByRole("button", { name: "Undo this change" }).click();
  await preview.getByText("Undone by a new change.").waitFor();
  await page.getByRole("tab", { name: "Page", exact: true }).click();
  await page.getByText("chess").first().waitFor({ state: "detached" });
  expect(pageErrors).toEqual([]);
  await context.close();
});

test.each(["light", "dark"] as const)("a search hit opens its page at the line, rendered and in the source (%s)", async (theme) => {
  const { page, context } = await open(chromium, { theme, at: "#/memory", size: { width: 1100, height: 420 } });
  await page.getByRole("searchbox").fill("promises");
  const hit = page.getByRole("link", { name: /goals\/README.md, line 10/ });
  await hit.press("Enter");
  const marked = page.locator("[data-marked]");
  await waitForFocus(marked);
  await marked.getByText("Building things that keep their promises.").waitFor();
  expect(await marked.evaluate((element) => element.getBoundingClientRect().bottom < innerHeight)).toBe(true);
  await expectAccessible(page);
  await screenshot(page, `found-line-${theme}`);
  // The same hit again, after moving the focus away.
  await page.getByRole("searchbox").focus();
  await hit.click();
  await waitForFocus(marked);
  await page.getByRole("tab", { name: "Page", exact: true }).focus();
  await page.keyboard.press("ArrowRight");
  await page.locator("mark[data-marked]").waitFor();
  await waitForFocus(page.getByRole("tab", { name: "Source" }));
  expect((await marked.textContent())?.trim()).toBe("Building things that keep their promises.");
  await expectAccessible(page);
  await screenshot(page, `found-line-source-${theme}`);
  await page.getByRole("searchbox").fill("progress");
  const row = page.getByRole("link", { name: "Key-value store · in progress goals/rust.md, line 6" });
  await row.locator("mark").getByText("progress").waitFor();
  await row.press("Enter");
  await page.locator("tr[data-marked]").getByText("Key-value store").waitFor();
  await screenshot(page, `found-line-table-${theme}`);
  await context.close();
});

test("a line links to the tool call that wrote it", async () => {
  const { page, context } = await open(chromium, { at: "#/memory/people%2Fmentors.md?at=blame" });
  await page.getByRole("row").getByRole("link", { name: "People" }).click();
  await page.getByRole("button", { name: "Wrote people/mentors.md", expanded: true }).waitFor();
  await screenshot(page, "origin");
  await context.close();
});

test("a line links to the change that added it", async () => {
  const { page, context } = await open(chromium, { at: "#/memory/people%2Fmentors.md?at=blame" });
  await page.getByRole("row").getByRole("link", { name: /^Change / }).first().click();
  await page.getByRole("button", { name: "Note what was found: People", expanded: true }).waitFor();
  await page.getByText("turn 1").first().waitFor();
  await page.getByText("+- **Mara**").waitFor();
  await context.close();
});

test("a deleted page says so and can be restored", async () => {
  const { page, context } = await open(chromium, { at: "#/memory/goals%2Frust.md" });
  await page.getByRole("button", { name: "Delete page" }).click();
  await page.getByText("goals/rust.md was deleted").waitFor();
  await page.getByRole("navigation", { name: "Pages" }).getByRole("link", { name: "rust.md" }).waitFor({ state: "detached" });
  await expectAccessible(page);
  await screenshot(page, "deleted");
  await page.reload();
  await page.getByRole("button", { name: "Restore page" }).click();
  await page.getByText("Key-value store").waitFor();
  await page.getByRole("tab", { name: "History" }).click();
  await page.getByRole("button", { name: "Undo: Delete goals/rust.md" }).waitFor();
  await context.close();
});

test("a page with a concurrent change is not overwritten unseen", async () => {
  const { page, context } = await open(chromium, { at: "#/memory/journal%2Fnotes.md?at=edit", speed: 8 });
  const box = page.getByRole("textbox", { name: "Text of journal/notes.md" });
  await box.fill("# Mine\n");
  await page.keyboard.press("Control+1");
  await say(page, "Remember that something changed");
  await page.getByText("I have written it down in").last().waitFor();
  await page.goBack();
  expect(await box.inputValue()).toBe("# Mine\n");
  await page.getByRole("button", { name: "Save" }).click();
  await page.getByText("This page has changed since you opened it.").waitFor();
  await page.getByText("- something changed").waitFor();
  expect(await page.getByRole("button", { name: "Save" }).count(), "a save that would be refused again is not offered").toBe(0);
  await expectAccessible(page);
  await screenshot(page, "conflict");
  await page.setViewportSize({ width: 480, height: 640 });
  await expectAccessible(page);
  await screenshot(page, "conflict-narrow");
  await page.getByRole("button", { name: "Replace with my version" }).click();
  await page.getByRole("heading", { name: "Mine" }).waitFor();
  await context.close();
});

test("settings are saved, refused with a reason, and reset", async () => {
  const { page, context } = await open(chromium, { at: "#/settings" });
  const perDay = page.getByRole("textbox", { name: "For a day" });
  await perDay.fill("25");
  await perDay.press("Enter");
  await page.getByText("of $25.00").first().waitFor();
  await perDay.fill("much");
  await perDay.press("Enter");
  await page.getByText("“For a day” cannot be set to that: write a number").waitFor();
  expect(await page.getByRole("alert").filter({ hasText: "budget." }).count(), "no command-line name of a setting").toBe(0);
  await expectAccessible(page);
  await screenshot(page, "setting-refused");
  await page.getByRole("button", { name: "Reset to default: For a day" }).click();
  await page.getByText("of $10.00").first().waitFor();
  await page.getByLabel("Model", { exact: true }).selectOption("claude-haiku-4-5");
  await page.getByText("Dark", { exact: true }).click();
  expect(await page.evaluate(() => document.documentElement.dataset["theme"])).toBe("dark");
  await context.close();
});

test("the tray item New message opens the chat and focuses the composer, from every view", async () => {
  const { page, context } = await open(chromium, { at: "#/settings" });
  await page.getByText("Version 0.2.0").waitFor();
  for (const leave of [() => {}, () => page.getByRole("button", { name: "Search this conversation" }).focus()]) {
    await leave();
    await page.evaluate(() => window.dispatchEvent(new Event("fake-new-message")));
    await page.waitForFunction(() => document.activeElement?.getAttribute("aria-label") === "Message");
  }
  await context.close();
});

test("a link shows its destination and opens only if the person agrees", async () => {
  const { page, context, pageErrors } = await open(chromium, { speed: 8 });
  const opened = () => page.evaluate(() => document.documentElement.dataset["opened"] ?? null);
  await say(page, "Show me links");
  await page.getByRole("link", { name: "the book" }).click();
  const question = page.getByRole("dialog", { name: "Open doc.rust-lang.org?" });
  await question.getByText("https://doc.rust-lang.org/book/").waitFor();
  await expectAccessible(page);
  await screenshot(page, "link");
  await page.keyboard.press("Escape");
  await question.waitFor({ state: "detached" });
  expect(await opened()).toBeNull();
  await page.getByRole("link", { name: "the book" }).click();
  await page.getByRole("button", { name: "Open", exact: true }).click();
  await question.waitFor({ state: "detached" });
  expect(await opened()).toBe("https://doc.rust-lang.org/book/");
  await page.getByRole("link", { name: "your bank" }).click();
  const refused = page.getByRole("dialog", { name: "This link cannot be opened" });
  await refused.getByText("https://bank.example@evil.example/login").waitFor();
  expect(await refused.getByRole("button", { name: "Open", exact: true }).count()).toBe(0);
  await page.getByRole("button", { name: "Close" }).click();
  await page.getByRole("link", { name: "Mara" }).last().click();
  await page.getByRole("dialog", { name: "Write to mara@example.org?" }).waitFor();
  await expectAccessible(page);
  expect(pageErrors).toEqual([]);
  await context.close();
});

test.each(["light", "dark"] as const)("a failed copy says what to do instead (%s)", async (theme) => {
  const { page, context } = await open(chromium, { theme });
  await page.evaluate(() => Object.defineProperty(navigator, "clipboard", { value: { writeText: () => Promise.reject(new Error("denied")) } }));
  const said = page.getByRole("alert").getByText("Select the text and copy it yourself.");
  await page.getByRole("button", { name: "Copy code" }).last().focus();
  await page.keyboard.press("Enter");
  await said.waitFor();
  await expectAccessible(page);
  await screenshot(page, `not-copied-${theme}`);
  await page.getByRole("button", { name: "Copy answer" }).last().focus();
  await page.keyboard.press("Enter");
  await said.nth(1).waitFor();
  await expectAccessible(page);
  await screenshot(page, `not-copied-answer-${theme}`);
  await context.close();
  const signingIn = await open(chromium, { theme, account: "signing_in" });
  await signingIn.page.evaluate(() => Object.defineProperty(navigator, "clipboard", { value: undefined }));
  await signingIn.page.getByRole("dialog").getByRole("button", { name: "Copy", exact: true }).click();
  await signingIn.page.getByRole("alert").getByText("Select the text and copy it yourself.").waitFor();
  await expectAccessible(signingIn.page);
  await screenshot(signingIn.page, `not-copied-address-${theme}`);
  await signingIn.context.close();
});

test("keys are added, saved in the place that is shown, and removed", async () => {
  const { page, context } = await open(chromium, { at: "#/settings", speed: 4 });
  await page.getByText("Saved in your system's keychain").waitFor();
  await page.getByRole("button", { name: "Add: Key for an OpenAI-compatible server" }).click();
  const form = page.getByRole("form", { name: "Key for an OpenAI-compatible server" });
  await form.getByLabel("Key for an OpenAI-compatible server").fill("sk-canary-0123456789");
  await form.getByText("The server accepts this key.").waitFor();
  await expectAccessible(page);
  await screenshot(page, "settings-key");
  await form.getByRole("button", { name: "Save key" }).click();
  await form.waitFor({ state: "detached" });
  await page.getByText("Saved in your system's keychain").nth(1).waitFor();
  await page.getByRole("button", { name: "Remove: Anthropic key" }).click();
  await page.getByText("No key. Claude cannot answer without one.").waitFor();
  await context.close();
  const locked = await open(chromium, { at: "#/settings", keychain: "locked" });
  await locked.page.getByText("The system's keychain is locked").waitFor();
  await expectAccessible(locked.page);
  await locked.page.getByRole("button", { name: "Check the keychain again" }).click();
  await locked.page.getByText("The system's keychain is locked").waitFor();
  await locked.context.close();
});

test("models are chosen by provider, local models by server", async () => {
  const { page, context } = await open(chromium, { at: "#/settings", speed: 4 });
  const model = page.getByLabel("Model", { exact: true });
  await model.locator("optgroup[label=Ollama]").waitFor({ state: "attached" });
  expect(await model.locator("optgroup").evaluateAll((groups) => groups.map((group) => group.getAttribute("label")))).toEqual(["Anthropic", "Without AI", "Ollama", "LM Studio"]);
  await model.selectOption({ label: "qwen3:8b" });
  await page.waitForFunction(() => document.querySelector("select")?.value.startsWith("openai/qwen3:8b@"));
  await page.reload();
  await page.waitForFunction(() => document.querySelector("select")?.selectedOptions[0]?.textContent === "qwen3:8b");
  await context.close();
});

test("every view can be reached by keyboard", async () => {
  const { page, context } = await open(chromium, { at: "#/settings" });
  await page.getByText("Version 0.2.0").waitFor();
  await page.keyboard.press("3");
  await page.getByText("Recent changes").first().waitFor();
  await page.keyboard.press("/");
  await page.keyboard.type("mornings");
  await page.getByRole("link", { name: /Prefers mornings/ }).waitFor();
  await page.keyboard.press("Control+k");
  await waitForFocus(page.getByPlaceholder("Go to a view"));
  await page.keyboard.type("Courses");
  await page.getByRole("option", { name: /Courses/i, selected: true }).waitFor();
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { name: "Courses" }).waitFor();
  await page.keyboard.press("Control+1");
  await page.getByRole("textbox", { name: "Message", exact: true }).waitFor();
  await context.close();
});
