/** What has nothing to show, and nothing to say before the first paint: announcements, and what the person has seen. One chunk. */
import type { Place } from "../data/links";
import { AskAnnouncer } from "./AskAnnouncer";
import { InboxWatcher } from "./InboxWatcher";
import { LanguageOfSettings } from "./LanguageOfSettings";

export default function Announcers({ place }: { place: Place }) {
  return (
    <>
      <AskAnnouncer />
      <InboxWatcher place={place} />
      <LanguageOfSettings />
    </>
  );
}
