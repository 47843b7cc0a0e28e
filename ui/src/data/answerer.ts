/** Who answers a message: a model, or the built-in guide, by choice or because there is no key for the chosen model. */
import type { Key, Setting } from "../bridge";
import { useKeys, useSettings } from "./queries";

export type Answerer = "model" | "guide" | "no_key";

/** `null` where that depends on keys that are not known yet. */
export function answerer(settings: readonly Setting[], keys: readonly Key[] | undefined): Answerer | null {
  const model = settings.find((one) => one.name === "model")?.value ?? "";
  if (model === "guide") return "guide";
  if (model.startsWith("openai/")) return "model";
  return keys ? (keys.some((key) => key.name === "anthropic") ? "model" : "no_key") : null;
}

/** `null` while it is not known. */
export function useAnswerer(): Answerer | null {
  const settings = useSettings().data;
  const keys = useKeys().data;
  return settings ? answerer(settings, keys?.keys) : null;
}
