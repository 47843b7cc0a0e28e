/** What the messages of the person do to a transcript: they are queued, read, and set aside. */
import type { Divider, Item, Said, Transcript } from "./items";

/** A transcript that is being built. */
export type Draft = { -readonly [K in keyof Transcript]: Transcript[K] } & { items: Item[] };

/** Adds a message of the person; during a turn it is queued for the next model call. */
export function say(draft: Draft, said: Said) {
  if (draft.working) draft.waiting = [...draft.waiting, draft.freshFrom === null ? said : { ...said, afterFresh: true }];
  else sayNow(draft, said);
}

/** Adds a message of the person with which a turn begins. */
export function sayNow(draft: Draft, said: Said) {
  draft.unread = [...draft.unread, said.seq];
  push(draft, said);
}

/** A fresh start: a divider. What no model call has included belongs below it, because the next one includes it. */
export function divide(draft: Draft, divider: Divider) {
  const isUnread = (item: Item) => item.kind === "said" && draft.unread.includes(item.seq);
  const unread = draft.items.filter(isUnread);
  draft.items = [...draft.items.filter((item) => !isUnread(item)), divider, ...unread];
}

/** The model reads the queued messages; not those that wait for a fresh start. */
export function read(draft: Draft) {
  const { freshFrom } = draft;
  const waits = (said: Said) => freshFrom !== null && said.seq > freshFrom;
  draft.items.push(...draft.waiting.filter((said) => !waits(said)));
  draft.waiting = draft.waiting.filter(waits);
  draft.unread = [];
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
