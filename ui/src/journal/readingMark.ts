/** How far the person has read a transcript. Pure. */
import type { Item } from "./items";

/** Whether an item is a message that the person has not written themselves. */
function isNews(item: Item): boolean {
  if (item.kind === "said") return item.by !== "person";
  return item.kind === "answer" || item.kind === "reported" || item.kind === "ask" || (item.kind === "end" && item.ended !== "done");
}

/** The index of the first item that is new to a person who has seen the events up to `seen`; -1 if there is none. */
export function firstNew(items: readonly Item[], seen: number): number {
  const from = items.findIndex((item) => item.seq > seen && !(item.kind === "said" && item.by === "person"));
  return from >= 0 && items.slice(from).some(isNews) ? from : -1;
}

/** The last event that is seen if this item is visible. `last` is the last event of the transcript. */
export function seenWith(items: readonly Item[], visible: number, last: number): number {
  const next = items[visible + 1];
  return next ? next.seq - 1 : last;
}

/** Whether there is a message of others between two events. */
export function hasNews(items: readonly Item[], after: number, upTo: number): boolean {
  return items.some((item) => item.seq > after && item.seq <= upTo && isNews(item));
}
