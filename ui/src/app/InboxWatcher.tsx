/**
 * Marks entries of the inbox as seen while the person looks at the place that shows them, and announces new ones that are shown
 * elsewhere.
 */
import { useEffect, useRef, useState, useSyncExternalStore } from "react";
import { useRequest } from "../data/context";
import { entryTitle, isShownAt } from "../data/inbox";
import type { Place } from "../data/links";
import { useInbox } from "../data/queries";
import { counted, t } from "../words";

export function InboxWatcher({ place }: { place: Place }) {
  const entries = useInbox().data;
  const { mutate } = useRequest();
  const isLooking = useSyncExternalStore(subscribe, () => document.hasFocus() && document.visibilityState === "visible");
  // Sent once: an entry that stays unseen in spite of it is not sent again and again.
  const sent = useRef(new Set<string>());
  const known = useRef<Set<string> | null>(null);
  const [said, setSaid] = useState("");
  useEffect(() => {
    if (!entries) return;
    const before = known.current;
    known.current = new Set(entries.map((entry) => entry.id));
    const shown = entries.filter((entry) => !entry.is_seen && isLooking && isShownAt(entry, place));
    const unsent = shown.map((entry) => entry.id).filter((id) => !sent.current.has(id));
    if (unsent.length > 0) {
      for (const id of unsent) sent.current.add(id);
      mutate({ op: "see_inbox", entries: unsent });
    }
    const fresh = before ? entries.filter((entry) => !entry.is_seen && !before.has(entry.id) && !shown.includes(entry)) : [];
    const [first] = fresh;
    if (first) setSaid(fresh.length > 1 ? counted(fresh.length, "{n} new entry is in the inbox.", "{n} new entries are in the inbox.") : t("{entry}. See the inbox.", { entry: entryTitle(first) }));
  }, [entries, place, isLooking, mutate]);
  return (
    <div aria-live="polite" data-announcer="inbox" className="sr-only">
      {said}
    </div>
  );
}

function subscribe(listener: () => void) {
  const targets: ReadonlyArray<[EventTarget, string]> = [
    [window, "focus"],
    [window, "blur"],
    [document, "visibilitychange"],
  ];
  for (const [target, event] of targets) target.addEventListener(event, listener);
  return () => {
    for (const [target, event] of targets) target.removeEventListener(event, listener);
  };
}
