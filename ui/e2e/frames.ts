/** Measures animation frames and long tasks inside the page. */
import type { Page } from "playwright-core";

export interface Frames {
  /** Frame durations in milliseconds, in order. */
  frames: number[];
  /** Durations of tasks over 50 ms, in milliseconds. */
  tasks: number[];
}

interface Measuring extends Window {
  measured?: Frames & { stop: () => void };
}

export async function measure(page: Page) {
  await page.evaluate(() => {
    const frames: number[] = [];
    const tasks: number[] = [];
    let last = performance.now();
    let running = true;
    const next = (now: number) => {
      frames.push(now - last);
      last = now;
      if (running) requestAnimationFrame(next);
    };
    requestAnimationFrame(next);
    const observer = new PerformanceObserver((list) => tasks.push(...list.getEntries().map((entry) => entry.duration)));
    observer.observe({ type: "longtask" });
    (window as Measuring).measured = { frames, tasks, stop: () => ((running = false), observer.disconnect()) };
  });
}

export async function measured(page: Page): Promise<Frames> {
  return page.evaluate(() => {
    const found = (window as Measuring).measured;
    if (!found) throw new Error("nothing was measured");
    found.stop();
    return { frames: found.frames, tasks: found.tasks };
  });
}

/** The percentile at `share`, from 0 to 1. */
export function percentile(numbers: readonly number[], share: number): number {
  const sorted = numbers.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
}
