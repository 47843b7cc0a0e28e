/** The pictures of the README. With README_PICTURES=1 they are taken anew, into `docs/screenshots`; otherwise into `screenshots`. */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { launchBrowser, open, type Options, screenshot } from "./window";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const README = readFileSync(`${ROOT}README.md`, "utf8");

const PICTURES: Array<{ name: string; options: Options; ready: string }> = [
  { name: "first-run-light", options: { world: "empty" }, ready: "Start with the guide" },
  { name: "chat-light", options: {}, ready: "shall I write to Mara" },
  { name: "inbox-light", options: { world: "asks", at: "#/inbox" }, ready: "It has reached the budget for one message." },
  { name: "agents-dark", options: { theme: "dark", at: "#/agents" }, ready: "has an answer of the model" },
  { name: "memory-dark", options: { theme: "dark", at: "#/memory" }, ready: "Begin README.md" },
  { name: "quick-light", options: { file: "quick.html", size: { width: 420, height: 600 } }, ready: "shall I write to Mara" },
];

let chromium: Browser;
beforeAll(async () => {
  chromium = await launchBrowser();
});
afterAll(() => chromium.close());

test.each(PICTURES)("$name is a picture of the README", async ({ name, options, ready }) => {
  expect(README).toContain(`(docs/screenshots/${name}.png)`);
  const { page, context, pageErrors } = await open(chromium, options);
  await page.getByText(ready).first().waitFor();
  await page.evaluate(() => document.fonts.ready);
  if (process.env["README_PICTURES"]) await page.screenshot({ path: `${ROOT}docs/screenshots/${name}.png` });
  else await screenshot(page, `readme-${name}`);
  expect(pageErrors).toEqual([]);
  await context.close();
});

test("the README shows no other picture", () => {
  const shown = [...README.matchAll(/\(docs\/screenshots\/([^)]+)\.png\)/g)].map(([, name]) => name);
  expect(shown.toSorted()).toEqual(PICTURES.map(({ name }) => name).toSorted());
});
