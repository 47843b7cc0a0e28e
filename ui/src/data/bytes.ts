/** Formats sizes in bytes. */
import { decimal } from "../words";

const UNITS = ["kB", "MB", "GB", "TB"] as const;

/** For people, in decimal units as Docker shows them: `840 B`, `12 kB`, `1.4 MB`, `231 MB`, `2.1 GB`. */
export function bytes(count: number): string {
  if (count < 1_000) return `${Math.max(0, Math.round(count))} B`;
  let value = count / 1_000;
  let unit: string = UNITS[0];
  for (const next of UNITS.slice(1)) {
    if (value < 999.5) break;
    value /= 1_000;
    unit = next;
  }
  return `${decimal(value, value < 9.95 && unit !== "kB" ? 1 : 0)} ${unit}`;
}
