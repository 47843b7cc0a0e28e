/**
 * Keeps how far the person has read an agent's conversation, and says where what is new to them begins. Seen is only what was
 * visible while the window had the focus.
 */
import { type RefObject, useEffect, useRef, useState } from "react";
import type { Agent } from "../bridge";
import { useHost, useRequest } from "../data/context";
import { useIsLooking } from "../data/lookingAt";
import { t } from "../words";
import type { Item } from "./items";
import { firstNew, hasNews, seenWith } from "./readingMark";

/** How long the list must rest before what is visible counts as seen, in ms. */
const REST = 400;

interface Props {
  agent: string;
  scroller: RefObject<HTMLElement | null>;
  items: readonly Item[];
  /** The last event of the transcript. */
  last: number;
  /** The last message of the person. */
  lastSent: number;
  /** Called with the key of the item with which the news begins; `null` without news. */
  onNew: (key: string | null) => void;
}

export function ReadingMark(props: Props) {
  const { agent, scroller, items, last, lastSent, onNew } = props;
  const host = useHost();
  const { mutate } = useRequest();
  const isLooking = useIsLooking();
  /** The last event that the person has seen, also in other windows; `null` if they were never here. */
  const seen = useRef<number | null>(null);
  const [isKnown, setKnown] = useState(false);
  const latest = useRef(props);
  latest.current = props;

  // Where the news begins is decided when the person comes, so that the line stays where it is while they read.
  useEffect(() => {
    if (!isLooking) return;
    let isGone = false;
    const show = (agents: readonly Agent[]) => {
      if (isGone) return;
      seen.current = agents.find((one) => one.id === agent)?.seen ?? null;
      const { items } = latest.current;
      onNew(seen.current === null ? null : (items[firstNew(items, seen.current)]?.key ?? null));
      setKnown(true);
    };
    host.call("agents", {}).then(show, () => {
      // Without the mark nothing is new, and nothing is marked.
    });
    return () => {
      isGone = true;
      setKnown(false);
    };
  }, [isLooking, agent, host, onNew]);

  useEffect(() => () => onNew(null), [agent, onNew]);

  const sentBefore = useRef(lastSent);
  useEffect(() => {
    if (lastSent > sentBefore.current) onNew(null);
    sentBefore.current = lastSent;
  }, [lastSent, onNew]);

  useEffect(() => {
    const element = scroller.current;
    if (!isKnown || !element) return;
    const look = () => {
      const visible = lastVisible(element);
      if (visible < 0) return;
      const { items, last } = latest.current;
      const until = seenWith(items, Math.min(visible, items.length - 1), last);
      const before = seen.current;
      if (before !== null && (until <= before || !hasNews(items, before, until))) return;
      seen.current = until;
      // What cannot be stored now is stored with the next message.
      mutate({ op: "see_conversation", agent, seq: until }, { onError: () => void (seen.current = before) });
    };
    let timer = setTimeout(look, REST);
    const onScroll = () => {
      clearTimeout(timer);
      timer = setTimeout(look, REST);
    };
    element.addEventListener("scroll", onScroll, { passive: true });
    return () => {
      clearTimeout(timer);
      element.removeEventListener("scroll", onScroll);
    };
  }, [isKnown, items, last, agent, mutate, scroller]);
  return null;
}

/** The index of the last row of which at least a line is visible; -1 without rows. */
function lastVisible(element: HTMLElement): number {
  const bottom = element.getBoundingClientRect().bottom - 16;
  const rows = [...element.querySelectorAll<HTMLElement>("[data-index]")].filter((row) => row.getBoundingClientRect().top < bottom);
  return Math.max(-1, ...rows.map((row) => Number(row.dataset["index"])));
}

/** The line above what is new. */
export function NewLine() {
  return (
    <p data-uncopied role="separator" aria-label={t("New since you were here")} className="flex items-center gap-3 pt-5 pb-1 text-xs font-medium text-accent-ink">
      <span className="h-px grow bg-accent" />
      {t("New since you were here")}
      <span className="h-px grow bg-accent" />
    </p>
  );
}
