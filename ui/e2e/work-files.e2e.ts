/** The files of a sub-agent in the workbench: diffs, texts, copies, and keeping one in memory. */
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { expectAccessible, launchBrowser, open, type Options, screenshot } from "./window";

let chromium: Browser;
beforeAll(async () => {
  chromium = await launchBrowser();
});
afterAll(() => chromium.close());

async function openFiles(name: string, options: Options = {}) {
  const window = await open(chromium, { at: "#/agents", ...options });
  await window.page.getByRole("region", { name: "Agents", exact: true }).getByRole("treeitem", { name: new RegExp(`^${name}`) }).first().click();
  await window.page.getByRole("tab", { name: "Files" }).click();
  return window;
}
const file = (page: Page, name: string) => page.getByRole("list", { name: "Changed files" }).getByRole("listitem").filter({ hasText: name });

test.each(["light", "dark"] as const)("files are listed with what changed, and their text stays text (%s)", async (theme) => {
  const { page, context, pageErrors } = await openFiles("Projects", { theme });
  await file(page, "src/store.rs").getByText("+3").waitFor();
  await file(page, "src/store.rs").getByText("−1").waitFor();
  await file(page, "pictures/⟨U+202E⟩gnp.exe").waitFor();
  await expectAccessible(page);
  await file(page, "src/store.rs").getByRole("button", { expanded: false }).click();
  await page.getByLabel("Difference").getByText("+use std::collections::BTreeMap;").waitFor();
  await file(page, "notes/projects.md").getByRole("button", { expanded: false }).click();
  await file(page, "notes/projects.md").getByText("+<script>document.title").waitFor();
  await file(page, "notes/projects.md").getByRole("button", { name: "Show the whole text" }).click();
  await page.getByLabel("Text of notes/projects.md").getByText("<script>document.title").waitFor();
  await file(page, "run.log").getByRole("button", { expanded: false }).click();
  await file(page, "run.log").getByText("only the beginning is shown").waitFor();
  await file(page, "run.log").getByText("Only .md and .txt files can be kept in memory.").waitFor();
  await expectAccessible(page);
  await screenshot(page, `work-files-${theme}`);
  expect(await page.title()).not.toContain("taken over");
  expect(pageErrors).toEqual([]);
  await context.close();
});

test("a text is copied and kept in memory, and a page that exists is replaced only after it was said", async () => {
  const { page, context } = await openFiles("Projects");
  const notes = file(page, "notes/projects.md");
  await notes.getByRole("button", { expanded: false }).click();
  await context.grantPermissions(["clipboard-read", "clipboard-write"]);
  await notes.getByRole("button", { name: "Copy notes/projects.md" }).click();
  await notes.getByRole("button", { name: "Copied: notes/projects.md" }).waitFor();
  expect(await page.evaluate(() => navigator.clipboard.readText())).toContain("# Projects for a beginner");
  await notes.getByRole("button", { name: "Keep in memory…" }).click();
  const path = notes.getByRole("textbox", { name: /Page in memory/ });
  expect(await path.inputValue()).toBe("workbench/projects.md");
  await expectAccessible(page);
  await screenshot(page, "work-files-keep");
  await path.press("Enter");
  await notes.getByText("Kept as").waitFor();
  await expectAccessible(page);
  await notes.getByRole("link", { name: "workbench/projects.md" }).click();
  await page.getByRole("region", { name: "Page", exact: true }).getByText("A key-value store with a log").waitFor();
  await context.close();

  const other = await openFiles("Projects");
  const again = file(other.page, "notes/projects.md");
  await again.getByRole("button", { expanded: false }).click();
  await again.getByRole("button", { name: "Keep in memory…" }).click();
  await again.getByRole("textbox", { name: /Page in memory/ }).fill("README.md");
  await again.getByText("This page exists.").waitFor();
  await again.getByRole("textbox", { name: /Page in memory/ }).press("Enter");
  await again.getByRole("button", { name: "Replace the page" }).click();
  await again.getByText("Kept as").waitFor();
  await other.context.close();
});

test("an agent without files, and a workbench that does not answer", async () => {
  const none = await openFiles("Courses");
  await none.page.getByText("leaves its files here").waitFor();
  await expectAccessible(none.page);
  await none.context.close();
  const failing = await openFiles("Projects", { fail: "ask:work_files" });
  await failing.page.getByRole("alert").getByRole("button", { name: "Try again" }).waitFor();
  await expectAccessible(failing.page);
  await screenshot(failing.page, "work-files-failed");
  await failing.context.close();
  const grow = await open(chromium, { at: "#/agents/grow" });
  await grow.page.getByRole("tab", { name: "Log" }).waitFor();
  expect(await grow.page.getByRole("tab", { name: "Files" }).count(), "the Grow Agent has no workbench").toBe(0);
  await grow.context.close();
});
