/** Questions of agents: they appear in every view, and are answered by mouse or keyboard. */
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { expectAccessible, launchBrowser, open, repair, say, screenshot, waitForFocus } from "./window";

let chromium: Browser;
beforeAll(async () => {
  chromium = await launchBrowser();
});
afterAll(() => chromium.close());

const card = (page: Page, name: RegExp | string) => page.getByRole("group", { name });
const inbox = (page: Page, waiting: number) => page.getByRole("navigation", { name: "Main" }).getByRole("link", { name: waiting === 0 ? /^Inbox$/ : new RegExp(`^Inbox\\s*${waiting === 1 ? "1 question waits" : `${waiting} questions wait`} for you$`) });

test("an ask that appears while another view is open is announced, and is answered by keyboard only", async () => {
  const { page, context, pageErrors } = await open(chromium, { speed: 2 });
  await say(page, "Write to Mara, with my permission");
  await page.keyboard.press("Control+3");
  await page.getByText("Recent changes").first().waitFor();
  await inbox(page, 1).waitFor();
  const region = page.locator("[data-announcer=asks]");
  await region.getByText("Grow Agent wants to use “send_mail” with “example.org”. Answer it in the inbox.").waitFor({ state: "attached" });
  expect(await region.getAttribute("aria-live")).toBe("polite");
  await page.keyboard.press("Control+5");
  const ask = card(page, "Grow Agent wants to use “send_mail” with “example.org”");
  await waitForFocus(ask);
  await expectAccessible(page);
  await page.keyboard.press("Tab");
  await waitForFocus(ask.getByRole("link", { name: "Grow Agent" }));
  await page.keyboard.press("Tab");
  await waitForFocus(ask.getByRole("button", { name: "The whole call" }));
  await page.keyboard.press("Enter");
  await ask.getByText("to: mara@example.org").waitFor();
  await page.keyboard.press("Tab");
  await page.keyboard.press("Tab");
  await waitForFocus(ask.getByRole("radio", { name: "Only this once" }));
  await page.keyboard.press("ArrowRight");
  await page.keyboard.press("ArrowRight");
  await ask.getByText("allow send_mail host=example.org", { exact: true }).waitFor();
  await screenshot(page, "ask-scope");
  await page.keyboard.press("Tab");
  await waitForFocus(ask.getByRole("textbox", { name: "Tell the agent why" }));
  await page.keyboard.press("Tab");
  await waitForFocus(ask.getByRole("button", { name: "Allow", exact: true }));
  await page.keyboard.press("Enter");
  await ask.getByText("You answered: Allow, always").waitFor();
  await ask.getByText("Added this rule for all agents: allow send_mail host=example.org").waitFor();
  await waitForFocus(ask);
  await inbox(page, 0).waitFor();
  expect(await region.locator("p").count(), "its own answer is not announced").toBe(1);
  await expectAccessible(page);
  await screenshot(page, "ask-settled");
  await page.keyboard.press("Control+1");
  await page.getByText("Mara has your message.").last().waitFor();
  await page.getByRole("group", { name: /send_mail/ }).getByRole("link", { name: "Open Rules" }).click();
  const rules = page.getByRole("list", { name: "Your rules" });
  await rules.getByText("allow send_mail host=example.org").waitFor();
  await page.waitForFunction(() => {
    const top = document.querySelector("[data-section=rules]")?.getBoundingClientRect().top;
    return top !== undefined && top >= 0 && top < 60;
  });
  await rules.getByText("From an answer").waitFor();
  expect(pageErrors).toEqual([]);
  await context.close();
});

test("a page in two versions is asked about with links to both, and handed to the Grow Agent", async () => {
  const { page, context, pageErrors } = await open(chromium, { speed: 4 });
  await say(page, "There is a page in two versions");
  const ask = card(page, "Grow Agent asks who merges “goals.md”");
  const pages = ask.getByRole("list", { name: "Pages with two versions" });
  expect(await pages.getByRole("link", { name: "version of this computer" }).getAttribute("href")).toBe("#/memory/goals.md");
  expect(await pages.getByRole("link", { name: "version of Gitea" }).getAttribute("href")).toBe("#/memory/goals%20(from%20the%20server).md");
  await page.keyboard.press("Control+5");
  await inbox(page, 1).waitFor();
  await expectAccessible(page);
  await screenshot(page, "ask-conflict");
  await ask.getByRole("button", { name: "Let the Grow Agent merge them" }).click();
  await ask.getByText("You answered: Let the Grow Agent merge them").waitFor();
  await page.keyboard.press("Control+1");
  await page.getByText("I have merged both versions.").last().waitFor();
  expect(pageErrors).toEqual([]);
  await context.close();
});

for (const theme of ["light", "dark"] as const) {
  test(`a held change is shown part by part, and only the chosen part is approved (${theme})`, async () => {
    const { page, context, pageErrors } = await open(chromium, { speed: 4, theme });
    await say(page, "Please propose a change");
    const ask = card(page, "Grow Agent wants to change the page “goals/README.md”");
    await ask.getByText("Its reason: “Review the goals”").waitFor();
    await page.keyboard.press("Control+5");
    await inbox(page, 1).waitFor();
    const first = ask.getByLabel("Part 1", { exact: true });
    await first.getByText("+Reviewed in autumn.").waitFor();
    await expectAccessible(page);
    await screenshot(page, `review-${theme}`);
    await ask.getByRole("checkbox", { name: "Part 1 of 2" }).uncheck();
    await ask.getByRole("button", { name: "Approve 1 of 2 parts" }).click();
    await ask.getByText("You answered: Approve").waitFor();
    await page.goto(`${page.url().split("#")[0]}#/memory/goals%2FREADME.md`);
    await page.getByText("Ask Mara for a review each month").first().waitFor();
    expect(await page.getByText("Reviewed in autumn.").count(), "what was left out is not in memory").toBe(0);
    expect(pageErrors).toEqual([]);
    await context.close();
  });
}

for (const theme of ["light", "dark"] as const) {
  test(`a page that has changed since is shown in three versions, and what is typed stays (${theme})`, async () => {
    const { page, context, pageErrors } = await open(chromium, { speed: 4, theme });
    await say(page, "Please propose a change");
    const ask = card(page, "Grow Agent wants to change the page “goals/README.md”");
    await ask.getByRole("button", { name: "Approve" }).waitFor();
    await page.goto(`${page.url().split("#")[0]}#/memory/goals%2FREADME.md`);
    await page.getByRole("button", { name: "Edit" }).click();
    await page.getByRole("textbox", { name: "Text of goals/README.md" }).fill("# Goals\n\nMine.\n");
    await page.getByRole("button", { name: "Save" }).click();
    await page.getByText("Mine.").first().waitFor();
    await page.keyboard.press("Control+5");
    const versions = ask.getByRole("region", { name: "The page has changed since" });
    await versions.getByLabel("What has changed since").getByText("+Mine.").waitFor();
    await versions.getByLabel("What is proposed").getByText("+Reviewed in autumn.").waitFor();
    expect(await ask.getByText("-Mine.").count(), "what an approval commits is shown").toBe(1);
    await expectAccessible(page);
    await screenshot(page, `review-three-${theme}`);
    for (const [width, height] of [[900, 600], [1600, 1000]] as const) {
      await page.setViewportSize({ width, height });
      await versions.scrollIntoViewIfNeeded();
      expect(await page.evaluate(() => document.documentElement.scrollWidth), "nothing is cut off").toBe(width);
      await screenshot(page, `review-three-${theme}-${width}`);
    }
    await ask.getByRole("button", { name: "Edit first" }).click();
    await ask.getByRole("textbox", { name: "Text of goals/README.md" }).fill("# Goals\n\nMine.\nReviewed in autumn.\n");
    await page.keyboard.press("Control+2");
    await page.keyboard.press("Control+5");
    expect(await ask.getByRole("textbox", { name: "Text of goals/README.md" }).inputValue()).toContain("Reviewed in autumn.");
    await ask.getByRole("button", { name: "Approve my text" }).click();
    await page.goto(`${page.url().split("#")[0]}#/memory/goals%2FREADME.md`);
    await page.getByText("Reviewed in autumn.").first().waitFor();
    expect(pageErrors).toEqual([]);
    await context.close();
  });
}

test("a change that waits is approved beside its page", async () => {
  const { page, context, pageErrors } = await open(chromium, { speed: 4 });
  await say(page, "Please propose a change");
  await card(page, "Grow Agent wants to change the page “goals/README.md”").getByRole("button", { name: "Approve" }).waitFor();
  await page.goto(`${page.url().split("#")[0]}#/memory/goals%2FREADME.md`);
  const waiting = page.getByRole("region", { name: "Changes that wait for your approval" });
  await expectAccessible(page);
  await waiting.getByRole("button", { name: "Grow Agent wants to change the page “goals/README.md”" }).click();
  await waiting.getByText("+Reviewed in autumn.").waitFor();
  await expectAccessible(page);
  await screenshot(page, "review-beside-page");
  await waiting.getByRole("button", { name: "Approve" }).click();
  await waiting.waitFor({ state: "detached" });
  await page.getByText("Reviewed in autumn.").first().waitFor();
  expect(pageErrors).toEqual([]);
  await context.close();
});

test("a held change is edited by keyboard before it is approved, and another one is rejected", async () => {
  const { page, context, pageErrors } = await open(chromium, { speed: 4 });
  await say(page, "Please propose a change");
  const ask = card(page, "Grow Agent wants to change the page “goals/README.md”");
  await ask.getByRole("button", { name: "Edit first" }).click();
  const text = ask.getByRole("textbox", { name: "Text of goals/README.md" });
  await waitForFocus(text);
  await page.keyboard.press("Control+Home");
  await page.keyboard.type("My own line.\n");
  await expectAccessible(page);
  await screenshot(page, "review-edited");
  await ask.getByRole("button", { name: "Approve my text" }).click();
  await ask.getByText("You answered: Approve").waitFor();
  await say(page, "Please propose a change once more");
  const again = page.locator("[data-ask=open]");
  await again.getByRole("textbox", { name: "Tell the agent why" }).fill("Not now.");
  await again.getByRole("button", { name: "Reject" }).click();
  await page.getByText("You answered: Reject: “Not now.”").waitFor();
  await page.goto(`${page.url().split("#")[0]}#/memory/goals%2FREADME.md`);
  await page.getByText("My own line.").first().waitFor();
  expect(pageErrors).toEqual([]);
  await context.close();
});

test("a question in the conversation is answered in free text with Enter", async () => {
  const { page, context } = await open(chromium, { speed: 4 });
  await say(page, "Plan it and ask me a question");
  const ask = card(page, /^Grow Agent asks: “Which evening/);
  await ask.getByText("After that, this answer counts: “Thursday”.").waitFor();
  const text = ask.getByRole("textbox", { name: "Your answer to: “Which evening suits you for the course?”" });
  await text.fill("Sunday");
  await screenshot(page, "ask-question");
  await text.press("Enter");
  await ask.getByText("You answered: “Sunday”").waitFor();
  await page.getByText("I have planned the evening.").last().waitFor();
  await expectAccessible(page);
  await context.close();
});

test("three asks wait; an agent says that it asks, and a limit is raised by another amount", async () => {
  const { page, context } = await open(chromium, { world: "asks", speed: 4, at: "#/inbox" });
  await inbox(page, 3).waitFor();
  await card(page, /^“Reader” has reached/).waitFor();
  expect(await page.getByRole("list", { name: "Waiting for you" }).getByRole("group").evaluateAll((groups) => groups.map((group) => group.getAttribute("aria-label")?.split(/ asks:| wants| has/)[0]).filter(Boolean))).toEqual(["Grow Agent", "“Planner”", "“Reader”"]);
  const limit = card(page, /^“Reader”/);
  await limit.getByText("$0.27 is missing.").waitFor();
  const amount = limit.getByRole("spinbutton", { name: "Raise by another amount: $" });
  await limit.getByText("At least $0.27.").waitFor();
  await amount.fill("0.26");
  expect(await limit.getByRole("button", { name: "Raise by" }).isDisabled()).toBe(true);
  await expectAccessible(page);
  await amount.fill("2000000");
  await limit.getByRole("button", { name: "Raise by" }).click();
  await limit.getByRole("alert").getByText("An amount can be at most $1000000.00.").waitFor();
  expect(await amount.inputValue(), "what was typed stays").toBe("2000000");
  expect(await limit.getByRole("button", { name: "Try again" }).count(), "the same amount is refused again").toBe(0);
  await expectAccessible(page);
  await screenshot(page, "ask-amount");
  await amount.fill("0.50");
  await limit.getByRole("button", { name: "Raise by" }).click();
  await limit.getByText("You answered: Raise by $0.50").waitFor();
  await card(page, /^“Planner” asks/).getByRole("link", { name: "Planner" }).click();
  await page.getByRole("region", { name: "Agents" }).getByRole("treeitem", { name: /^Planner Asks you/ }).waitFor();
  await expectAccessible(page);
  await screenshot(page, "agent-asks");
  await context.close();
});

test("an ask that was answered elsewhere says so and is settled", async () => {
  const { page, context } = await open(chromium, { world: "asks", at: "#/inbox" });
  const ask = card(page, /^“Planner” asks/);
  await ask.getByRole("button", { name: "Tuesday" }).waitFor();
  await page.evaluate(() => void dispatchEvent(new Event("fake-answered-elsewhere")));
  await ask.getByRole("button", { name: "Thursday" }).click();
  await ask.getByText("You answered: “Tuesday”").waitFor();
  await ask.getByText("Settled outside this window").waitFor();
  expect(await ask.getByRole("button", { name: "Thursday" }).count()).toBe(0);
  await expectAccessible(page);
  await screenshot(page, "ask-elsewhere");
  await context.close();
});

test("an ask that is answered on the command line says so, without taking the focus", async () => {
  const { page, context } = await open(chromium, { world: "asks", at: "#/inbox" });
  const limit = card(page, /^“Reader”/);
  const text = card(page, /^“Planner” asks/).getByRole("textbox", { name: /^Your answer/ });
  await limit.getByRole("button", { name: "Stop here" }).waitFor();
  await text.fill("Sund");
  await page.evaluate(() => void dispatchEvent(new Event("fake-answered-by-command")));
  await limit.getByText("Settled outside this window").waitFor();
  await page.locator("[data-announcer=asks]").getByText("Answered outside this window. “Reader” has reached the budget for one message. You answered: Raise by $2.00.").waitFor({ state: "attached" });
  expect(await limit.getByRole("button", { name: "Stop here" }).count()).toBe(0);
  await page.keyboard.type("ay");
  expect(await text.inputValue()).toBe("Sunday");
  await expectAccessible(page);
  await screenshot(page, "ask-by-command");
  await context.close();
});

test("two hundred asks open at once, and the keyboard goes through them", async () => {
  const { page, context } = await open(chromium, { world: "many" });
  await inbox(page, 200).waitFor();
  // Loads the view's code.
  await page.keyboard.press("Control+5");
  await page.getByRole("list", { name: "Waiting for you" }).waitFor();
  await page.keyboard.press("Control+3");
  await page.getByText("Recent changes").first().waitFor();
  const ms = await page.evaluate(async () => {
    const began = performance.now();
    location.hash = "#/inbox";
    while (!document.querySelector("[data-ask]")) await new Promise((done) => requestAnimationFrame(done));
    document.body.getBoundingClientRect();
    return performance.now() - began;
  });
  console.log(`inbox with 200 asks: ${ms.toFixed(0)} ms`);
  // The promise is 200 ms; other load on the machine may double that.
  expect(ms).toBeLessThan(400);
  expect(await page.locator("[data-ask]").count(), "only the first ones are rendered").toBeLessThanOrEqual(40);
  await expectAccessible(page);
  const focused = () => page.evaluate(() => [...document.querySelectorAll("[data-ask]")].findIndex((card) => card === document.activeElement));
  expect(await focused()).toBe(0);
  for (let step = 0; step < 45; step += 1) await page.keyboard.press("j");
  expect(await focused()).toBe(45);
  await page.keyboard.press("ArrowUp");
  expect(await focused()).toBe(44);
  const at = page.locator("[data-ask]").nth(44);
  await page.keyboard.press("Enter");
  await waitForFocus(at.getByRole("button", { name: /^(Allow|Keep all)$/ }));
  await screenshot(page, "inbox-many");
  await page.keyboard.press("Enter");
  await at.getByText(/^You answered/).first().waitFor();
  await waitForFocus(at);
  await page.keyboard.press("j");
  expect(await focused()).toBe(45);
  await inbox(page, 199).waitFor();
  await context.close();
});

test("an answer that could not be sent is sent again, and offline it is said what happens", async () => {
  const { page, context } = await open(chromium, { world: "asks", at: "#/inbox", fail: "ask:answer_ask" });
  const ask = card(page, /^“Planner” asks/);
  await ask.getByRole("button", { name: "Tuesday" }).click();
  await ask.getByRole("alert").getByText("The database cannot be read.").waitFor();
  await context.setOffline(true);
  await ask.getByText("You are offline. Your answer is saved.").waitFor();
  await expectAccessible(page);
  await screenshot(page, "ask-failed");
  await repair(page);
  await ask.getByRole("button", { name: "Try again" }).click();
  await ask.getByText("You answered: “Tuesday”").waitFor();
  await context.close();
});

test("a message that is not read yet is changed, and taken back", async () => {
  const { page, context } = await open(chromium, { speed: 1 });
  await say(page, "endless");
  await page.locator("[aria-busy=true]").getByText("What to learn").first().waitFor();
  await say(page, "And keep it short");
  await page.getByText("Not read yet").waitFor();
  await expectAccessible(page);
  // By keyboard: the row moves while the answer above it grows.
  await page.getByRole("button", { name: "Edit", exact: true }).press("Enter");
  const box = page.getByRole("textbox", { name: "Change your message" });
  await box.fill("And keep it very short");
  await screenshot(page, "queued-edit");
  await box.press("Enter");
  await page.getByText("And keep it very short").waitFor();
  await screenshot(page, "queued-edited");
  await page.getByRole("button", { name: "Withdraw" }).press("Enter");
  await page.getByText("And keep it very short").waitFor({ state: "detached" });
  await waitForFocus(page.getByRole("textbox", { name: "Message", exact: true }));
  await context.close();
});

test("a change of a message that was read meanwhile is kept, and is sent as a new message", async () => {
  const { page, context } = await open(chromium, { speed: 1 });
  await say(page, "endless");
  await page.locator("[aria-busy=true]").getByText("What to learn").first().waitFor();
  await say(page, "And keep it short");
  await page.getByRole("button", { name: "Edit", exact: true }).press("Enter");
  const box = page.getByRole("textbox", { name: "Change your message" });
  await box.fill("And keep it very short");
  await page.evaluate(() => void dispatchEvent(new Event("fake-read-queued")));
  await box.press("Enter");
  await page.getByText("This message is no longer queued. You can send your text as a new message.").waitFor();
  expect(await box.inputValue()).toBe("And keep it very short");
  await waitForFocus(box);
  await screenshot(page, "queued-conflict");
  await box.press("Enter");
  await box.waitFor({ state: "detached" });
  await page.getByText("And keep it very short").waitFor();
  await page.getByText("And keep it short").waitFor();
  // Now the new one is taken back too late.
  await page.evaluate(() => void dispatchEvent(new Event("fake-read-queued")));
  await page.getByRole("button", { name: "Withdraw" }).last().press("Enter");
  await page.getByRole("alert").getByText("This message is no longer queued.").waitFor();
  await context.close();
});

test("the Grow Agent is let finish up from the chat, and says that it does", async () => {
  const { page, context } = await open(chromium, { speed: 1 });
  await say(page, "Send three helpers to find out about databases");
  await page.getByRole("button", { name: "Stop People" }).last().waitFor();
  await page.getByText("Write to steer it. Finish up: it takes no new steps").waitFor();
  await screenshot(page, "chat-controls");
  await page.getByRole("button", { name: "Finish up" }).press("Enter");
  expect(await page.getByRole("button", { name: "Finishing" }).isDisabled()).toBe(true);
  await page.getByRole("region", { name: "Chat" }).getByText("You asked it to finish up").waitFor();
  await page.getByText("Here is what I have so far.").last().waitFor();
  await page.getByRole("button", { name: "Stop", exact: true }).waitFor({ state: "detached" });
  await context.close();
});

test("an agent is let finish up, and only this agent is stopped", async () => {
  const { page, context } = await open(chromium);
  await say(page, "Send three helpers to find out about databases");
  await page.getByRole("button", { name: "Stop People" }).last().waitFor();
  await page.keyboard.press("Control+2");
  await page.getByRole("region", { name: "Agents" }).getByRole("treeitem", { name: /^Grow Agent/ }).first().click();
  await page.getByRole("button", { name: "Only this agent" }).click();
  await page.getByRole("menuitem", { name: "Stop only this agent" }).waitFor();
  await expectAccessible(page);
  await screenshot(page, "only-this-agent");
  await page.getByRole("menuitem", { name: "Stop only this agent" }).click();
  await page.getByText("Stopped. What was done so far is kept.").waitFor();
  await page.getByRole("region", { name: "Agents" }).getByRole("treeitem", { name: /^Projects (Working|Thinking)/ }).click();
  await page.getByRole("button", { name: "Finish up", exact: true }).click();
  await page.getByText("You asked it to finish up").waitFor();
  await page.getByText("Here is what I have so far.").last().waitFor();
  await context.close();
});

test("rules are added, refused with a reason, tested and removed; the switch warns", async () => {
  const { page, context } = await open(chromium, { at: "#/settings" });
  const line = page.getByRole("textbox", { name: "New rule" });
  await line.fill("maybe");
  await line.press("Enter");
  await page.getByText("An example: ask commit_memory path=private/*").waitFor();
  await expectAccessible(page);
  await line.fill("ask commit_memory path=private/*");
  await line.press("Enter");
  const rules = page.getByRole("list", { name: "Your rules" });
  await rules.getByText("ask commit_memory path=private/*").waitFor();
  const form = page.getByRole("form", { name: "Test the rules" });
  await form.getByRole("textbox", { name: "Tool" }).fill("commit_memory");
  await form.getByRole("textbox", { name: "Input (JSON)" }).fill('{"path": "private/a.md"}');
  await form.getByRole("button", { name: "Test" }).click();
  await form.getByText("The agent asks you.").waitFor();
  await page.getByRole("switch", { name: "Ask after text from outside" }).click();
  await page.getByRole("alert").getByText("can now cause risky calls").waitFor();
  await expectAccessible(page);
  await screenshot(page, "rules");
  await rules.getByRole("button", { name: "Remove: ask commit_memory path=private/*" }).click();
  await rules.getByRole("button", { name: "Remove now: ask commit_memory path=private/*" }).click();
  await page.getByText("You have added no rules.").waitFor();
  await context.close();
});

test.each(["light", "dark"] as const)("spending is shown as a chart, in words and as a table (%s)", async (theme) => {
  const { page, context } = await open(chromium, { at: "#/settings", theme });
  await page.getByRole("img", { name: /^Chart\. \$.* in total\. The most: Grow Agent/ }).waitFor();
  await page.getByRole("rowheader", { name: "Grow Agent" }).waitFor();
  await page.getByLabel("Spending by").selectOption("day");
  await page.getByRole("columnheader", { name: "Day (UTC)" }).waitFor();
  await page.getByRole("img", { name: /^Chart/ }).scrollIntoViewIfNeeded();
  await expectAccessible(page);
  await screenshot(page, `spending-${theme}`);
  await context.close();
});
