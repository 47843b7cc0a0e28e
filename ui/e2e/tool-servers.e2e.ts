/** The section of the settings about MCP servers: adding, what a server offers or why it failed, switching, removing. */
import type { Browser, Locator, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { expectAccessible, launchBrowser, open, screenshot, waitForFocus } from "./window";

let chromium: Browser;
beforeAll(async () => {
  chromium = await launchBrowser();
});
afterAll(() => chromium.close());

const AT = "#/settings?at=tools";
const tools = (page: Page) => page.getByRole("region", { name: "Tools", exact: true });
const server = (page: Page, name: string) => page.getByRole("list", { name: "Tool servers" }).getByRole("listitem", { name, exact: true });

async function add(page: Page, name: string, line: string) {
  const form = page.getByRole("form", { name: "Add a tool server" });
  await form.getByRole("textbox", { name: "Name of the server" }).fill(name);
  await form.getByRole("textbox", { name: "Program and arguments, or address" }).fill(line);
  await form.getByRole("button", { name: "Add server" }).click();
  await server(page, name).waitFor();
}

async function tabTo(page: Page, target: Locator) {
  for (let step = 0; step < 150; step += 1) {
    if ((await target.and(page.locator(":focus")).count()) > 0) return;
    await page.keyboard.press("Tab");
  }
  throw new Error("the keyboard does not reach it");
}

describe.each(["light", "dark"] as const)("%s", (theme) => {
  test.each([{ width: 900, height: 600 }, { width: 1600, height: 1000 }])("servers with and without tools are complete and accessible in a window of $width pixels", async (size) => {
    const { page, context, pageErrors } = await open(chromium, { at: AT, theme, size });
    await tools(page).getByText("No servers yet.").waitFor();
    await expectAccessible(page);
    await screenshot(page, `tools-none-${size.width}-${theme}`);
    await add(page, "files", "npx -y @modelcontextprotocol/server-filesystem ~/notes");
    await add(page, "github", "broken --stdio");
    await server(page, "files").getByRole("button", { name: "2 tools" }).click();
    await server(page, "github").getByRole("button", { name: "What it has said" }).click();
    await server(page, "github").getByText("API_TOKEN is not set", { exact: true }).waitFor();
    await tools(page).getByRole("button", { name: "Add an environment variable" }).click();
    await tools(page).getByRole("textbox", { name: "Name of the value" }).fill("API_TOKEN");
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(size.width);
    await expectAccessible(page);
    await tools(page).evaluate((element) => element.scrollIntoView());
    await screenshot(page, `tools-${size.width}-${theme}`);
    await tools(page).getByRole("form").evaluate((element) => element.scrollIntoView({ block: "end" }));
    await screenshot(page, `tools-form-${size.width}-${theme}`);
    expect(pageErrors).toEqual([]);
    await context.close();
  });
});

test("a server is tested, switched off and on, and removed with two clicks", async () => {
  const { page, context, pageErrors } = await open(chromium, { at: AT });
  await add(page, "files", "npx server-filesystem");
  const files = server(page, "files");
  await files.getByText("Ready", { exact: true }).waitFor();
  const offer = files.getByRole("switch", { name: "Offer the tools of files" });
  await offer.click();
  await files.getByText("Off", { exact: true }).waitFor();
  expect(await offer.getAttribute("aria-checked")).toBe("false");
  expect(await files.getByRole("button", { name: "Test: files" }).count(), "one that is off cannot be tested").toBe(0);
  await waitForFocus(offer);
  await offer.click();
  await files.getByText("Starts when it is called").waitFor();
  await files.getByRole("button", { name: "Test: files" }).click();
  await files.getByText("Ready", { exact: true }).waitFor();
  await page.reload();
  await files.getByText("Ready", { exact: true }).waitFor();

  const remove = files.getByRole("button", { name: "Remove: files" });
  await remove.click();
  await files.getByRole("button", { name: "Keep" }).click();
  await waitForFocus(remove);
  await remove.click();
  await files.getByRole("button", { name: "Remove now: files" }).click();
  await tools(page).getByText("No servers yet.").waitFor();
  await waitForFocus(tools(page));
  expect(pageErrors).toEqual([]);
  await context.close();
});

test("one that fails says its cause, aloud too; the servers of another window are not here", async () => {
  const { page, context } = await open(chromium, { at: AT });
  await tools(page).getByText("No servers yet.").waitFor();
  await add(page, "github", "broken --stdio");
  await server(page, "github").getByText("it ended at once; it said: API_TOKEN is not set").waitFor();
  await tools(page).getByRole("status").getByText("github: Failed").waitFor({ state: "attached" });
  await server(page, "github").getByRole("button", { name: "Test: github" }).click();
  await server(page, "github").getByText("Failed", { exact: true }).waitFor();
  await context.close();
});

test("one that wants a sign-in is signed in to in the browser, and signed out of", async () => {
  const { page, context, pageErrors } = await open(chromium, { at: AT });
  await add(page, "login", "https://login.example.com/mcp");
  const row = server(page, "login");
  await row.getByText("Needs a sign-in", { exact: true }).waitFor();
  await expectAccessible(page);
  await screenshot(page, "tools-sign-in");
  const button = row.getByRole("button", { name: "Sign in at login" });
  await button.focus();
  await page.keyboard.press("Enter");
  await row.getByText("Waits for the browser", { exact: true }).waitFor();
  await waitForFocus(row.getByRole("button", { name: "Stop signing in at login" }));
  expect(await page.evaluate(() => document.documentElement.dataset["opened"])).toContain("https://auth.example.com/authorize");
  await page.evaluate(() => (document.documentElement.dataset["agreed"] = "login"));
  await row.getByText("Ready", { exact: true }).waitFor();
  await row.getByRole("button", { name: "Sign out of login" }).click();
  await row.getByText("Needs a sign-in", { exact: true }).waitFor();
  expect(pageErrors).toEqual([]);
  await context.close();
});

test("one with the name of another takes its place, and says so before; a name that does not fit is refused", async () => {
  const { page, context } = await open(chromium, { at: AT });
  await add(page, "files", "broken");
  const form = page.getByRole("form", { name: "Add a tool server" });
  await form.getByRole("textbox", { name: "Name of the server" }).fill("files");
  await form.getByText("There is a server with this name.").waitFor();
  const line = form.getByRole("textbox", { name: "Program and arguments, or address" });
  await line.fill('node "my server');
  await form.getByText("A quotation mark is not closed.").waitFor();
  const replace = form.getByRole("button", { name: "Replace server" });
  expect(await replace.isDisabled()).toBe(true);
  await line.fill("https://tools.example.com/mcp");
  await form.getByRole("button", { name: "Add a header" }).waitFor();
  await replace.click();
  await server(page, "files").getByText("https://tools.example.com/mcp").waitFor();
  await server(page, "files").getByText("Ready", { exact: true }).waitFor();
  expect(await page.getByRole("list", { name: "Tool servers" }).getByRole("listitem").count()).toBe(1);

  await form.getByRole("textbox", { name: "Name of the server" }).fill("my files");
  await line.fill("node server.js");
  await form.getByRole("button", { name: "Add server" }).click();
  await form.getByRole("alert").getByText("is no name for a server").waitFor();
  expect(await line.inputValue(), "what was typed is still there").toBe("node server.js");
  await context.close();
});

test("the keyboard alone adds a server with a value, which is typed in a password field and never shown", async () => {
  const { page, context, pageErrors } = await open(chromium, { at: AT });
  await tools(page).getByText("No servers yet.").waitFor();
  const form = page.getByRole("form", { name: "Add a tool server" });
  const name = form.getByRole("textbox", { name: "Name of the server" });
  await tabTo(page, name);
  await page.keyboard.type("github");
  await page.keyboard.press("Tab");
  await page.keyboard.type("npx server-github");
  await tabTo(page, form.getByRole("button", { name: "Add an environment variable" }));
  await page.keyboard.press("Enter");
  await waitForFocus(form.getByRole("textbox", { name: "Name of the value" }));
  await page.keyboard.type("API_TOKEN");
  await page.keyboard.press("Tab");
  const value = form.getByLabel("Value", { exact: true });
  await waitForFocus(value);
  expect(await value.getAttribute("type")).toBe("password");
  await page.keyboard.type("canary-0123456789");
  await form.getByRole("button", { name: "Add an environment variable" }).focus();
  await page.keyboard.press("Enter");
  await tabTo(page, form.getByRole("button", { name: "Remove this value" }).last());
  await page.keyboard.press("Enter");
  await waitForFocus(form.getByRole("button", { name: "Add an environment variable" }));
  await value.focus();
  await page.keyboard.press("Enter");
  await server(page, "github").getByText("With values from the keychain: API_TOKEN").waitFor();
  await waitForFocus(name);
  await tools(page).getByRole("status").getByText("github: Ready").waitFor({ state: "attached" });
  await tabTo(page, server(page, "github").getByRole("button", { name: "2 tools" }));
  await page.keyboard.press("Enter");
  await server(page, "github").getByText("github__read_text_file").waitFor();
  expect(await page.content()).not.toContain("canary");
  expect(pageErrors).toEqual([]);
  await context.close();
});
