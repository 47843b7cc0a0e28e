/** A page that has changed since a change of it was proposed: the version before, what it is now, and what is proposed. */
import type { ReactNode } from "react";
import type { HeldChange } from "../../bridge";
import { visible } from "../../data/names";
import { Diff } from "../../design/Diff";
import { Disclosure } from "../../design/Disclosure";
import { t } from "../../words";

export function ThreeVersions({ change }: { change: HeldChange }) {
  return (
    <section aria-label={t("The page has changed since")} className="space-y-2 rounded-lg border border-line p-3">
      <p className="text-sm font-medium">{sentence(change)}</p>
      <Disclosure open={change.is_conflict} summary={t("Before, now, and as proposed")}>
        {() => (
          <div className="grid gap-3 xl:grid-cols-3">
            <Version title={t("Before")}>
              {change.base === null ? (
                <Absent />
              ) : (
                <pre tabIndex={0} dir="auto" aria-label={t("The page before")} className="code max-h-[28rem] overflow-auto rounded-lg border border-line p-2">
                  {visible(change.base)}
                </pre>
              )}
            </Version>
            <Version title={t("Now")}>{change.now === null ? <Absent /> : <Diff text={change.yours} label={t("What has changed since")} />}</Version>
            <Version title={t("Proposed")}>{change.proposed === null ? <Absent /> : <Diff text={change.proposal} label={t("What is proposed")} />}</Version>
          </div>
        )}
      </Disclosure>
      <p className="text-sm text-ink-2">{t("Below is what an approval changes in the page as it is now.")}</p>
    </section>
  );
}

function sentence({ now, proposed, is_conflict }: HeldChange): string {
  if (now === null) return t("The page was deleted since.");
  if (!is_conflict) return t("The page has changed since. Both changes fit together.");
  if (proposed === null) return t("The page has changed since, and the newer text would be deleted.");
  return t("The page has changed in the same lines since. An approval takes the proposed lines. To keep both, leave parts out or edit the text.");
}

function Version({ title, children }: { title: string; children: ReactNode }) {
  return (
    <div className="min-w-0">
      <p className="mb-1 text-xs font-semibold text-ink-2">{title}</p>
      {children}
    </div>
  );
}

function Absent() {
  return <p className="text-sm text-ink-3">{t("There is no page.")}</p>;
}
