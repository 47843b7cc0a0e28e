/** How far a download is. */
import type { StackProgress } from "../bridge";
import { bytes } from "../data/bytes";
import { t } from "../words";

/**
 * The size of the whole download; `null` while it is not known. Docker names the size of a layer only when it begins with it,
 * so the sum of the layers is too small as long as one of them waits. A larger total was known before.
 */
export function wholeSize({ total, layers }: StackProgress): number | null {
  if (!total || total <= 0) return null;
  const begun = layers.reduce((sum, layer) => sum + (layer.total ?? 0), 0);
  const waits = layers.some((layer) => layer.total === null && !/exists|complete/i.test(layer.status));
  return waits && total <= begun ? null : total;
}

/** The share that has arrived, from 0 to 1; `null` while the size is not known. Never less than `before`, so that the bar does not go back. */
export function share(progress: StackProgress, before: number | null): number | null {
  const whole = wholeSize(progress);
  if (whole === null) return before;
  return Math.max(before ?? 0, Math.min(1, progress.done / whole));
}

/** `142 MB of 361 MB`, or `142 MB so far`. */
export function progressText(done: number, total: number | null): string {
  return total ? t("{some} of {all}", { some: bytes(Math.min(done, total)), all: bytes(total) }) : t("{size} so far", { size: bytes(done) });
}
