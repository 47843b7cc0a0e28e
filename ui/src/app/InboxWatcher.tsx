/**
 * Marks entries of the inbox as seen while the person looks at the place that shows them, and announces new ones that are shown
 * elsewhere.
 */
import { useEffect, useRef, useState } from "react";
import { useRequest } from "../data/context";
import { entryTitle, isShownAt } from "../data/inbox";
import type { Place } from "../data/links";
import { useIsLooking } from "../data/lookingAt";
import { useInbox } from "../data/queries";
import { counted, t } from "../words";

/** Earlier announcements than these are removed. */
const MOST_KEPT = 3;

interface Said {
  key: number;
  text: string;
}

export function InboxWatcher({ place }: { place: Place }) {
  const entries = useInbox().data;
  const { mutate } = useRequest();
  const isLooking = useIsLooking();
  // Sent once: an entry that stays unseen in spite of it is not sent again and again. One that ended, or was seen, may come again.
  const sent = useRef(new Set<string>());
  const known = useRef<Set<string> | null>(null);
  // Each is an element of its own, so that the same words are read again.
  const [said, setSaid] = useState<readonly Said[]>([]);
  useEffect(() => {
    if (!entries) return;
    const before = known.current;
    known.current = new Set(entries.map((entry) => entry.id));
    const unseen = new Set(entries.filter((entry) => !entry.is_seen).map((entry) => entry.id));
    for (const id of sent.current) if (!unseen.has(id)) sent.current.delete(id);
    const shown = entries.filter((entry) => !entry.is_seen && isLooking && isShownAt(entry, place));
    const unsent = shown.map((entry) => entry.id).filter((id) => !sent.current.has(id));
    if (unsent.length > 0) {
      for (const id of unsent) sent.current.add(id);
      mutate({ op: "see_inbox", entries: unsent });
    }
    const fresh = before ? entries.filter((entry) => !entry.is_seen && !before.has(entry.id) && !shown.includes(entry)) : [];
    const [first] = fresh;
    if (!first) return;
    const text = fresh.length > 1 ? counted(fresh.length, "{n} new entry is in the inbox.", "{n} new entries are in the inbox.") : t("{entry}. See the inbox.", { entry: entryTitle(first) });
    setSaid((now) => [...now, { key: (now.at(-1)?.key ?? 0) + 1, text }].slice(-MOST_KEPT));
  }, [entries, place, isLooking, mutate]);
  return (
    <div aria-live="polite" aria-relevant="additions" data-announcer="inbox" className="sr-only">
      {said.map(({ key, text }) => (
        <p key={key}>{text}</p>
      ))}
    </div>
  );
}
