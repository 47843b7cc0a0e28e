/** Who answers a message: a model, or the built-in guide (chosen, or because the chosen model has no key). */
import type { Key, Setting } from "../bridge";
import { useKeys, useSettings } from "./queries";

export type Answerer = "model" | "guide" | "no_key";

/** `null` if that depends on keys that have not loaded yet. */
export function answerer(settings: readonly Setting[], keys: readonly Key[] | undefined): Answerer | null {
  const model = settings.find((one) => one.name === "model")?.value ?? "";
  if (model === "guide") return "guide";
  if (model.startsWith("openai/")) return "model";
  return keys ? (keys.some((key) => key.name === "anthropic") ? "model" : "no_key") : null;
}

/** `null` while loading. */
export function useAnswerer(): Answerer | null {
  const settings = useSettings().data;
  const keys = useKeys().data;
  return settings ? answerer(settings, keys?.keys) : null;
}
