/**
 * What `npm run bench` measures: an answer of 1,000 tokens a second into a conversation of 10,000 messages. One JSON
 * object a line on standard output, for whoever compares it with what was promised.
 */
import { afterAll, beforeAll, test } from "vitest";
import type { Browser } from "playwright-core";
import { LONG } from "../src/bridge/fake/texts";
import { measure, measured, percentile } from "./frames";
import { browser, open, say } from "./window";

/** How often the text is repeated: some 16,000 tokens, the longest answer there is by default. */
const TIMES = 120;
const TOKENS = (LONG.match(/\s*\S+/g)?.length ?? 0) * TIMES;

let chromium: Browser;
beforeAll(async () => {
  chromium = await browser();
});
afterAll(() => chromium.close());

test("frames while 1,000 tokens a second come in", async () => {
  const { page, context } = await open(chromium, { world: "long", speed: 28 });
  await page.getByText("Message number 4999").waitFor({ timeout: 60_000 });
  await page.waitForFunction(
    () => {
      const log = document.querySelector("[role=log]");
      if (log) log.scrollTop = 0;
      return log?.textContent?.includes("Message number 0:");
    },
    undefined,
    { polling: "raf", timeout: 60_000 },
  );
  await page.getByRole("button", { name: "Latest" }).click();
  await page.getByText("Message number 4999").waitFor();
  const profile = process.env["PROFILE"];
  const cdp = profile ? await context.newCDPSession(page) : null;
  await cdp?.send("Profiler.enable");
  await cdp?.send("Profiler.start");
  await measure(page);
  const start = Date.now();
  await say(page, `endless ${TIMES}`);
  const stop = page.getByRole("button", { name: "Stop", exact: true });
  await stop.waitFor();
  await stop.waitFor({ state: "detached", timeout: 60_000 });
  const seconds = (Date.now() - start) / 1_000;
  const { frames, tasks } = await measured(page);
  if (cdp && profile) (await import("node:fs")).writeFileSync(profile, JSON.stringify((await cdp.send("Profiler.stop")).profile));
  const round = (ms: number) => Math.round(ms * 10) / 10;
  console.log(
    JSON.stringify({
      figure: "frames_while_streaming",
      messages: 10_000,
      seconds: round(seconds),
      tokens_per_second: Math.round(TOKENS / seconds),
      frames: frames.length,
      median_ms: round(percentile(frames, 0.5)),
      p95_ms: round(percentile(frames, 0.95)),
      p99_ms: round(percentile(frames, 0.99)),
      longest_ms: round(Math.max(...frames)),
      over_50_ms: frames.filter((frame) => frame > 50).length,
      long_tasks: tasks.length,
      longest_task_ms: round(Math.max(0, ...tasks)),
    }),
  );
  await context.close();
});
