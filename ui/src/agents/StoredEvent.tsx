/** The stored event of a line of the log, as it is in the journal. */
import { useQuery } from "@tanstack/react-query";
import { useHost } from "../data/context";
import { keys } from "../data/keys";
import { QueryView } from "../design/states";
import { t } from "../words";

export function StoredEvent({ position }: { position: number }) {
  const host = useHost();
  const query = useQuery({
    queryKey: keys.event(position),
    queryFn: async () => (await host.call("events", { agent: null, since: position - 1, limit: 1 }))[0] ?? null,
    staleTime: Infinity,
  });
  return (
    <QueryView query={query}>
      {(event) => (
        <pre tabIndex={0} aria-label={t("Stored event")} className="code mb-2 max-h-80 overflow-auto rounded-lg border border-line p-3 text-xs whitespace-pre-wrap [overflow-wrap:anywhere]">
          {event === null ? t("The event is gone.") : JSON.stringify(event, null, 2)}
        </pre>
      )}
    </QueryView>
  );
}
