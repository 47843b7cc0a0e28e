/** Opens windows with the simulated host, and helpers for the tests. */
import { existsSync, mkdirSync } from "node:fs";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import { type Browser, type BrowserContext, chromium, type Locator, type Page } from "playwright-core";
import { expect, inject } from "vitest";

const BROWSERS = [process.env["CHROMIUM"], "/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];
const AXE = createRequire(import.meta.url).resolve("axe-core/axe.min.js");
const SCREENSHOTS = fileURLToPath(new URL("../screenshots/", import.meta.url));

export async function launchBrowser(): Promise<Browser> {
  const executablePath = BROWSERS.find((path) => path !== undefined && existsSync(path));
  if (!executablePath) throw new Error("No Chromium found. Install it (Debian: apt-get install chromium) or name it in CHROMIUM.");
  return chromium.launch({ executablePath, args: ["--no-sandbox"] });
}

export interface Options {
  world?: "empty" | "lived" | "asks" | "inbox" | "quests" | "many" | "crowd" | "long";
  theme?: "light" | "dark";
  speed?: number;
  fail?: string;
  slow?: number;
  keychain?: "ready" | "locked" | "not_set_up" | "absent";
  local?: "both" | "ollama" | "empty" | "none";
  /** The state of the stack, by its name in `stackStates.ts`. */
  stack?: string;
  /** What is blocked until `unblock`: every command, or only providers and local servers. */
  block?: "calls" | "providers";
  account?: "not_configured" | "signed_out" | "signing_in" | "choosing" | "online" | "offline" | "needs_sign_in";
  notice?: string;
  /** The notice about memory. */
  memory?: "another" | "withheld";
  at?: string;
  /** The page of the window: the main one, unless named. */
  file?: "quick.html";
  size?: { width: number; height: number };
  /** Whether the person wants animations. Without them, unless this is set: screenshots are then the same each time. */
  motion?: "no-preference";
}

export interface Window {
  page: Page;
  context: BrowserContext;
  /** Uncaught errors and console errors of the page, including refused resources. */
  pageErrors: string[];
}

export async function open(from: Browser, options: Options = {}): Promise<Window> {
  const context = await from.newContext({ viewport: options.size ?? { width: 1280, height: 820 }, colorScheme: options.theme ?? "light", reducedMotion: options.motion ?? "reduce", locale: "en-GB" });
  // Generous, for machines under load.
  context.setDefaultTimeout(25_000);
  const page = await context.newPage();
  const pageErrors: string[] = [];
  page.on("pageerror", (error) => pageErrors.push(error.message));
  page.on("console", (message) => message.type() === "error" && pageErrors.push(message.text()));
  const query = new URLSearchParams({ world: options.world ?? "lived", speed: String(options.speed ?? 1), fail: options.fail ?? "", slow: String(options.slow ?? 0), keychain: options.keychain ?? "ready", local: options.local ?? "both", account: options.account ?? "not_configured" });
  if (options.memory) query.set("memory", options.memory);
  if (options.stack) query.set("stack", options.stack);
  if (options.block) query.set("block", options.block);
  if (options.notice) query.set("notice", options.notice);
  await page.goto(`${inject("url")}${options.file ?? ""}?${query}${options.at ?? ""}`);
  return { page, context, pageErrors };
}

export async function say(page: Page, text: string) {
  await page.getByRole("textbox", { name: "Message", exact: true }).fill(text);
  await page.keyboard.press("Enter");
}

/** Releases what the option `block` blocks. */
export const unblock = (page: Page) => page.evaluate(() => void dispatchEvent(new Event("fake-unblock")));

/** Puts the simulated stack into the state of this name. */
export const setStack = (page: Page, name: string) => page.evaluate((detail) => void dispatchEvent(new CustomEvent("fake-stack", { detail })), name);

/** Ends the failures of the option `fail`. */
export const repair = (page: Page) => page.evaluate(() => void dispatchEvent(new Event("fake-repair")));

/** Performs an action that reloads the page, and waits for the reload: the old page may already show the new names. */
export async function afterReload(page: Page, act: () => Promise<void>) {
  await Promise.all([page.waitForEvent("load"), act()]);
}

/** Waits for the focus. Menus, dialogs and views move it a moment after they open or close. */
export async function waitForFocus(target: Locator) {
  await target.and(target.page().locator(":focus")).waitFor();
}

/** Fails with the list of axe violations on the page. */
export async function expectAccessible(page: Page) {
  await page.evaluate(() => document.fonts.ready);
  await page.evaluate(await axeSource());
  const found = await page.evaluate(async () => {
    const { axe } = globalThis as unknown as { axe: typeof import("axe-core") };
    const { violations } = await axe.run(document, { resultTypes: ["violations"] });
    return violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.target.join(" ")).join(" | ")}`);
  });
  expect(found).toEqual([]);
}

async function axeSource(): Promise<string> {
  const { readFile } = await import("node:fs/promises");
  return readFile(AXE, "utf8");
}

/** Names of controls that are partly or wholly outside the left or right edge of the window. */
export function cutOff(page: Page): Promise<string[]> {
  return page.evaluate(() =>
    [...document.querySelectorAll<HTMLElement>("main button, main a, main input, main select, main textarea, nav a, nav button")]
      .filter((element) => element.checkVisibility() && element.getBoundingClientRect().width > 1)
      .filter((element) => {
        const { left, right } = element.getBoundingClientRect();
        return left < -1 || right > window.innerWidth + 1;
      })
      .map((element) => element.getAttribute("aria-label") ?? element.textContent ?? ""),
  );
}

/** Takes a screenshot for people to review. */
export async function screenshot(page: Page, name: string) {
  mkdirSync(SCREENSHOTS, { recursive: true });
  await page.screenshot({ path: `${SCREENSHOTS}${name}.png` });
}
