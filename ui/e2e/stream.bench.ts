/**
 * The benchmark of `npm run bench`: streams an answer of 1,000 tokens a second into a conversation of 10,000 messages.
 * Prints `name value unit` lines, as every benchmark of the project does.
 */
import { afterAll, beforeAll, test } from "vitest";
import type { Browser } from "playwright-core";
import { LONG } from "../src/bridge/fake/replies";
import { measure, measured, percentile } from "./frames";
import { launchBrowser, open, say } from "./window";

/** Repetitions of the text: about 16,000 tokens, the default maximum length of an answer. */
const TIMES = 120;
const TOKENS = (LONG.match(/\s*\S+/g)?.length ?? 0) * TIMES;

let chromium: Browser;
beforeAll(async () => {
  chromium = await launchBrowser();
});
afterAll(() => chromium.close());

function figure(name: string, value: number, unit: string) {
  console.log(`${name} ${Math.round(value * 10) / 10} ${unit}`);
}

interface Traced {
  name: string;
  tid: number;
  pid: number;
  args?: { name?: string };
  /** CPU time in microseconds. */
  tdur?: number;
}

/** The longest CPU time of one task on the page's main thread, in milliseconds. */
function longestTask(trace: Buffer): number {
  const { traceEvents } = JSON.parse(trace.toString()) as { traceEvents: Traced[] };
  const mains = new Set(traceEvents.filter((event) => event.name === "thread_name" && event.args?.name === "CrRendererMain").map((event) => `${event.pid} ${event.tid}`));
  const times = traceEvents.filter((event) => event.name.endsWith("RunTask") && mains.has(`${event.pid} ${event.tid}`)).map((event) => event.tdur ?? 0);
  if (times.length === 0) throw new Error("the trace has no tasks");
  return times.reduce((most, time) => Math.max(most, time), 0) / 1_000;
}

test("frame times while 1,000 tokens a second arrive", async () => {
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
  await page.getByRole("button", { name: "Jump to latest" }).click();
  await page.getByText("Message number 4999").waitFor();
  await chromium.startTracing(page, { categories: ["toplevel", "devtools.timeline", "__metadata"] });
  await measure(page);
  const start = Date.now();
  await say(page, `endless ${TIMES}`);
  const stop = page.getByRole("button", { name: "Stop", exact: true });
  await stop.waitFor();
  await stop.waitFor({ state: "detached", timeout: 60_000 });
  const seconds = (Date.now() - start) / 1_000;
  const { frames } = await measured(page);
  const own = longestTask(await chromium.stopTracing());
  const slow = frames.filter((frame) => frame > 50);
  figure("stream_tokens_per_second", TOKENS / seconds, "tokens");
  figure("stream_frame_median", percentile(frames, 0.5), "ms");
  figure("stream_frame_p99", percentile(frames, 0.99), "ms");
  figure("stream_frame_longest", Math.max(...frames), "ms");
  figure("stream_frames_over_50", slow.length, `of ${frames.length}`);
  // Other load on the machine lengthens frames too; CPU time is the page's own.
  figure("stream_task_longest_cpu", own, "ms");
  await context.close();
});
