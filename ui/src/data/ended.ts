/** The text for how a turn ended. The texts are in the generated `ENDINGS`; this file fills in their placeholders. */
import type { Ended, EndingTone, EndingWording, Shortfall } from "../bridge";
// Not through the index, which the first paint needs.
import { ENDINGS } from "../bridge/wire";
import { hostWords } from "../words";
import { money } from "./money";
import { inWords } from "./settingWords";

export interface Ending {
  tone: EndingTone;
  title: string;
  next: string | null;
  resumable: boolean;
  /** Whether the next step is in the settings. */
  settings: boolean;
}

/** `null` if the turn ended normally. */
export function ending(ended: Ended, shortfall?: Shortfall | null): Ending | null {
  if (ended === "done") return null;
  if (typeof ended === "string") return fill(ENDINGS[ended] ?? ENDINGS.unknown, ended);
  if ("limit" in ended) return fill(ENDINGS.limit[ended.limit] ?? ENDINGS.other_limit, "", shortfall);
  if ("failed" in ended) return fill(ENDINGS.failed[ended.failed.kind] ?? ENDINGS.other_failure, inWords(ended.failed.message));
  if ("refused" in ended) return fill(ENDINGS.refused, ended.refused);
  return fill(ENDINGS.unknown, ended.unknown);
}

function fill(words: EndingWording, reason: string, amounts?: Shortfall | null): Ending {
  const title =
    amounts && words.shortfall
      ? hostWords(words.shortfall).replace("{needed}", () => money(amounts.needed)).replace("{available}", () => money(amounts.available))
      : sentence(hostWords(words.title).replace("{reason}", () => reason));
  return { tone: words.tone, title, next: words.in_window && hostWords(words.in_window), resumable: words.resumable, settings: words.settings };
}

/** Adds the full stop that a text from a model or provider may lack. */
function sentence(text: string): string {
  const trimmed = text.trim();
  return /[.!?।]$/.test(trimmed) ? trimmed : `${trimmed}.`;
}
