/** The offline bar: what still works, what is sent later. Resumes the Grow Agent once the network is back. */
import { WifiOff } from "lucide-react";
import { useEffect, useMemo, useRef } from "react";
import { InlineError } from "../design/states";
import { type Answerer, useAnswerer } from "../data/answerer";
import { useHost, useRequest, useJournal } from "../data/context";
import { GROW } from "../data/journals";
import { useOfflineSince } from "../data/online";
import { useSettings } from "../data/queries";
import { clock } from "../data/time";
import { unanswered } from "../data/unanswered";
import { counted, t } from "../words";

export function Offline() {
  const since = useOfflineSince();
  const { lines } = useJournal(GROW);
  const messages = useMemo(() => unanswered(lines), [lines]);
  const answerer = useAnswerer();
  const model = useSettings().data?.find((one) => one.name === "model")?.value ?? "";
  const resume = useRequest();
  const host = useHost();
  useEffect(() => {
    // For the tray icon only, so a failure does not matter.
    host.call("network", { online: since === null }).catch(() => {});
  }, [host, since]);
  const before = useRef(since);
  useEffect(() => {
    // Only a turn that failed for lack of a connection is resumed; other failures need the person.
    if (before.current !== null && since === null && messages !== null) resume.mutate({ op: "resume", agent: GROW, id: crypto.randomUUID() });
    before.current = since;
  }, [since, messages, resume.mutate]);
  if (since === null) return resume.error && <div className="px-6"><InlineError problem={resume.error} /></div>;
  return (
    <p role="status" className="flex items-start gap-2 border-b border-line bg-warn-soft px-6 py-1.5 text-sm text-ink-2">
      <WifiOff className="mt-0.5 size-4 shrink-0 text-warn" aria-hidden />
      <span>
        <span className="font-medium text-ink">{t("Offline since {time}.", { time: clock(since) })}</span> {t("Memory, conversations and settings still work.")} {offlineHint(messages, answerer, model)}
      </span>
    </p>
  );
}

/** What happens to the messages that wait for the network. If none waits, what happens to new messages while offline. */
export function offlineHint(messages: number | null, answerer: Answerer | null, model: string): string {
  if (messages === 0) return t("The unfinished answer continues when the network is back.");
  if (messages !== null) return counted(messages, "Your last message is sent when the network is back.", "Your last {n} messages are sent when the network is back.");
  if (answerer === "guide" || answerer === "no_key") return t("The built-in guide still answers.");
  if (model.startsWith("openai/")) return t("A model on this computer still answers. A server elsewhere answers when the network is back.");
  return t("Messages to your Grow Agent are saved and sent when the network is back.");
}
