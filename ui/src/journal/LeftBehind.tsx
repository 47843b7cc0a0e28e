/** The rows about what the agent does not read any more. It stays readable and can be searched. */
import { type ReactNode, useState } from "react";
import { Button } from "../design/Button";
import { Disclosure } from "../design/Disclosure";
import { dayAndTime, exactTime } from "../data/time";
import { counted, t } from "../words";
import { isTarget, type Target } from "./isTarget";
import type { Aside, Item } from "./items";

/** A line across the conversation: the agent reads nothing of what is above it. */
export function Divided({ at, children }: { at: number; children: string }) {
  return (
    <p data-uncopied role="separator" aria-label={`${children}, ${exactTime(at)}`} title={t("The agent keeps its memory. It reads nothing of what is above.")} className="flex items-center gap-3 pt-6 pb-2 text-xs font-medium text-accent-ink">
      <span className="h-px grow bg-accent" />
      {children} · {dayAndTime(at)}
      <span className="h-px grow bg-accent" />
    </p>
  );
}

/** What a message that was written anew has set aside, folded. Nothing in it can be changed. `row` draws an item. */
export function AsideRow(props: { item: Aside; at: Target | null; row: (item: Item) => ReactNode }) {
  const { item, at } = props;
  const isAt = at !== null && isTarget(item, at);
  const messages = count(item.items);
  return (
    <Disclosure
      // A search that finds something in it opens it.
      key={isAt ? "found" : "folded"}
      open={isAt}
      className="pt-3"
      summary={
        <span className="text-ink-3">
          {counted(messages, "Set aside: {n} message. The agent does not read it any more.", "Set aside: {n} messages. The agent does not read them any more.")}
        </span>
      }
    >
      {() => <AsideItems {...props} />}
    </Disclosure>
  );
}

/** How many items are drawn at once: all of a long part would stop the window for seconds. */
const STEP = 40;

function AsideItems({ item: { items }, at, row }: Parameters<typeof AsideRow>[0]) {
  const found = at === null ? -1 : items.findIndex((one) => isTarget(one, at));
  const [count, setCount] = useState(Math.max(STEP, found + 1));
  const rest = items.length - count;
  return (
    <div className="border-s-2 border-line ps-4">
      {items.slice(0, count).map(row)}
      {rest > 0 && (
        <Button look="quiet" className="my-2" onClick={() => setCount(count + STEP)}>
          {t("Show more ({n} are left)", { n: rest })}
        </Button>
      )}
    </div>
  );
}

/** How many messages and answers. */
function count(items: readonly Item[]): number {
  return items.reduce((sum, item) => sum + (item.kind === "aside" ? count(item.items) : item.kind === "said" || item.kind === "answer" ? 1 : 0), 0);
}
