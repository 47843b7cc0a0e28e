/** The first run: every state of the three choices. */
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { expectAccessible, launchBrowser, unblock, open, screenshot } from "./window";

let chromium: Browser;
beforeAll(async () => {
  chromium = await launchBrowser();
});
afterAll(() => chromium.close());

const KEY = "sk-ant-canary-0123456789";

test("the guide answers and remembers", async () => {
  const { page, context, pageErrors } = await open(chromium, { world: "empty", speed: 8 });
  await page.getByRole("button", { name: "Start with the guide" }).click();
  await page.getByText("It has no AI.").waitFor();
  await page.getByRole("button", { name: "Remember that I want to learn something new every week" }).click();
  await page.getByText("I have written it down in").last().waitFor();
  await page.getByRole("button", { name: "Wrote journal/notes.md" }).click();
  await page.getByText("committed journal/notes.md").waitFor();
  await page.getByRole("link", { name: /^change / }).click();
  await page.getByText("Remember: I want to learn").first().waitFor();
  expect(pageErrors).toEqual([]);
  await context.close();
});

describe("a key", () => {
  test("is checked as it is entered, accepted, saved, and then nowhere in the page", async () => {
    const { page, context, pageErrors } = await open(chromium, { world: "empty", block: "providers" });
    await page.getByText("The key will be saved in your system's keychain.").waitFor();
    await page.getByRole("textbox", { name: "Anthropic key" }).fill(KEY);
    await page.getByText("Checking the key…").waitFor();
    await expectAccessible(page);
    await unblock(page);
    await page.getByText("Anthropic accepts this key.").waitFor();
    await expectAccessible(page);
    await screenshot(page, "first-run-accepted");
    await page.getByRole("button", { name: "Start with Claude" }).click();
    await page.getByRole("textbox", { name: "Message", exact: true }).waitFor();
    await page.getByRole("button", { name: "I want to grow in my work." }).waitFor();
    const left = await page.evaluate(() => JSON.stringify({ ...localStorage, ...sessionStorage }) + location.href + document.documentElement.outerHTML);
    expect(left).not.toContain("canary");
    expect(pageErrors).toEqual([]);
    await context.close();
  });

  test("that is refused shows the provider's message; Enter checks and starts in one step", async () => {
    const { page, context } = await open(chromium, { world: "empty", speed: 4 });
    const field = page.getByRole("textbox", { name: "Anthropic key" });
    await field.fill("sk-wrong-key");
    await page.getByRole("alert").getByText("Anthropic says: invalid x-api-key").waitFor();
    await page.getByText("Copy the whole key again, or create a new one.").waitFor();
    await expectAccessible(page);
    await screenshot(page, "first-run-refused");
    await field.fill(KEY);
    expect(await page.getByRole("alert").count()).toBe(0);
    await field.press("Enter");
    await page.getByRole("textbox", { name: "Message", exact: true }).waitFor();
    await context.close();
  });

  test("that cannot be checked can be saved anyway", async () => {
    const { page, context } = await open(chromium, { world: "empty", speed: 4 });
    await page.getByRole("textbox", { name: "Anthropic key" }).fill("sk-ant-offline");
    await page.getByText("Anthropic cannot be reached: the network is down.").waitFor();
    await expectAccessible(page);
    await screenshot(page, "first-run-unchecked");
    await page.getByRole("button", { name: "Save anyway" }).click();
    await page.getByRole("textbox", { name: "Message", exact: true }).waitFor();
    await context.close();
  });

  test("has a hint where it is stored, also if the keychain is locked or absent", async () => {
    const locked = await open(chromium, { world: "empty", keychain: "locked" });
    await locked.page.getByText("The system's keychain is locked or does not answer; until it is unlocked, keys are in memory only. Unlock it").waitFor();
    await expectAccessible(locked.page);
    await locked.context.close();
    const absent = await open(chromium, { world: "empty", keychain: "absent", theme: "dark" });
    await absent.page.getByText("This system has no keychain. The key will be kept until GrowQR quits").waitFor();
    await expectAccessible(absent.page);
    await absent.context.close();
  });
});

describe("a model on this computer", () => {
  test("is searched for, listed by server, and answers", async () => {
    const { page, context, pageErrors } = await open(chromium, { world: "empty", block: "providers", theme: "dark" });
    await page.getByText("Searching for Ollama and LM Studio…").waitFor();
    await expectAccessible(page);
    await unblock(page);
    await page.getByText("Ollama is running with 2 models.").waitFor();
    await page.getByText("LM Studio is running with 1 model.").waitFor();
    await expectAccessible(page);
    await screenshot(page, "first-run-local");
    await page.getByLabel("Model", { exact: true }).selectOption({ label: "openai/gpt-oss-20b" });
    await page.getByRole("button", { name: "Start with this model" }).click();
    await page.getByRole("textbox", { name: "Message", exact: true }).waitFor();
    expect(await page.getByText("It has no AI.").count()).toBe(0);
    await page.keyboard.press("Control+4");
    const model = page.getByLabel("Model", { exact: true });
    await page.waitForFunction(() => document.querySelector("select")?.selectedOptions[0]?.textContent === "openai/gpt-oss-20b");
    expect(await model.inputValue()).toBe("openai/openai/gpt-oss-20b@http://127.0.0.1:1234/v1");
    expect(pageErrors).toEqual([]);
    await context.close();
  });

  test("that is not found: what to install, search again, another address", async () => {
    const { page, context } = await open(chromium, { world: "empty", speed: 4, local: "none" });
    await page.getByText("No model server is running.").waitFor();
    await page.getByRole("link", { name: "Ollama" }).waitFor();
    await expectAccessible(page);
    await screenshot(page, "first-run-no-local");
    await page.getByRole("button", { name: "Search again" }).click();
    await page.getByRole("button", { name: "Search again" }).waitFor();
    await page.getByRole("button", { name: "Another server" }).click();
    const address = page.getByLabel("Address");
    await address.fill("http://127.0.0.1:9/wrong/v1");
    await page.getByRole("button", { name: "Use this address" }).click();
    await page.getByText("No server answers at http://127.0.0.1:9/wrong/v1.").waitFor();
    await expectAccessible(page);
    await address.fill("http://127.0.0.1:8080/v1/");
    await address.press("Enter");
    await page.getByText("OpenAI-compatible server is running with 1 model.").waitFor();
    await page.getByRole("button", { name: "Start with this model" }).click();
    await page.getByRole("textbox", { name: "Message", exact: true }).waitFor();
    await context.close();
  });

  test("is missing on a running server, which says how to get one", async () => {
    const { page, context } = await open(chromium, { world: "empty", speed: 4, local: "empty" });
    await page.getByText("ollama pull qwen3").waitFor();
    expect(await page.getByRole("button", { name: "Start with this model" }).count()).toBe(0);
    await expectAccessible(page);
    await context.close();
  });
});

test("a small window with large text shows everything and does not overflow", async () => {
  const { page, context } = await open(chromium, { world: "empty", size: { width: 900, height: 600 } });
  await page.getByText("Ollama is running").waitFor();
  await screenshot(page, "first-run-small");
  await page.evaluate(() => document.documentElement.style.setProperty("--text-size", "20px"));
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(900);
  await page.getByRole("button", { name: "Start with the guide" }).scrollIntoViewIfNeeded();
  await expectAccessible(page);
  await context.close();
});
