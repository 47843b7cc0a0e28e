/** What the messages of the person do to a transcript: they are queued, read, and set aside. */
import type { Item, Said, Transcript } from "./items";

/** A transcript that is being built. */
export type Draft = { -readonly [K in keyof Transcript]: Transcript[K] } & { items: Item[] };

/** Adds a message of the person; during a turn it is queued for the next model call. */
export function say(draft: Draft, said: Said) {
  if (draft.working) draft.waiting = [...draft.waiting, draft.freshFrom === null ? said : { ...said, afterFresh: true }];
  else push(draft, said);
}

/** The model reads the queued messages; not those that wait for a fresh start. */
export function read(draft: Draft) {
  const { freshFrom } = draft;
  const waits = (said: Said) => freshFrom !== null && said.seq > freshFrom;
  draft.items.push(...draft.waiting.filter((said) => !waits(said)));
  draft.waiting = draft.waiting.filter(waits);
}

/** Folds everything from a message on. If it is not loaded, all that is loaded comes after it. */
export function setAside(draft: Draft, line: { seq: number }, message: number) {
  const from = Math.max(0, draft.items.findIndex((item) => item.kind === "said" && item.seq === message));
  const items = draft.items.splice(from);
  const first = items[0];
  if (first) push(draft, { kind: "aside", key: `aside-${line.seq}`, at: first.at, seq: first.seq, items });
}

export function push(draft: Draft, item: Item) {
  draft.items.push(item);
}
