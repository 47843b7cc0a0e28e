/** Settings with few values. Apart from their labels, which the first paint needs. */
import type { Text } from "../words";

/** The values of settings that have a few, with their words. */
export const CHOICES: Record<string, ReadonlyArray<[string, Text]>> = {
  "stack.start": [
    ["start", "Together with GrowQR"],
    ["needed", "When they are first needed"],
    ["never", "Only when I start them"],
  ],
  "notifications.enabled": [
    ["on", "Shown"],
    ["off", "Not shown"],
  ],
  "notifications.show_text": [
    ["on", "Who it is about, and the question"],
    ["off", "Only how many things wait"],
  ],
};
