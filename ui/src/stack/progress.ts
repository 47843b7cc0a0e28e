/** How far a download is. */
import type { StackProgress } from "../bridge";
import { bytes } from "../data/bytes";

/**
 * The share that has arrived, from 0 to 1; `null` while no size is known. Never less than `before`: Docker names the size of
 * a layer only when it begins with it, and a bar that goes back says nothing.
 */
export function share({ done, total }: StackProgress, before: number | null): number | null {
  if (!total || total <= 0) return before;
  return Math.max(before ?? 0, Math.min(1, done / total));
}

/** `142 MB of 361 MB`. */
export function progressText({ done, total }: Pick<StackProgress, "done" | "total">): string {
  return total ? `${bytes(Math.min(done, total))} of ${bytes(total)}` : bytes(done);
}
