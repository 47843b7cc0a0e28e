/** The entries of the inbox besides the asks: first what has failed, then long work that is done. */
import { useId, useRef } from "react";
import type { InboxEntry } from "../bridge";
import { useRequest } from "../data/context";
import { Button } from "../design/Button";
import { InlineError } from "../design/states";
import { t } from "../words";
import { Entry } from "./Entry";

export function Entries({ entries }: { entries: readonly InboxEntry[] }) {
  return (
    <>
      <Part title={t("Problems")} entries={entries.filter((entry) => entry.kind !== "finished")} />
      <Part title={t("Finished work")} entries={entries.filter((entry) => entry.kind === "finished")} />
    </>
  );
}

function Part({ title, entries }: { title: string; entries: readonly InboxEntry[] }) {
  const id = useId();
  const see = useRequest();
  const heading = useRef<HTMLHeadingElement>(null);
  const unseen = entries.filter((entry) => !entry.is_seen).map((entry) => entry.id);
  if (entries.length === 0) return null;
  return (
    <section aria-labelledby={id} className="mt-8">
      <div className="flex min-h-8 items-center justify-between gap-3">
        <h3 ref={heading} id={id} tabIndex={-1} className="text-sm font-semibold outline-none">
          {title}
        </h3>
        {unseen.length > 1 && (
          <Button
            look="quiet"
            disabled={see.isPending}
            onClick={() => {
              // The button goes once all are read.
              heading.current?.focus();
              see.mutate({ op: "see_inbox", entries: unseen });
            }}
          >
            {t("Mark all as read")}
          </Button>
        )}
      </div>
      <InlineError problem={see.error} />
      <ul>
        {entries.map((entry) => (
          <Entry key={entry.id} entry={entry} />
        ))}
      </ul>
    </section>
  );
}
