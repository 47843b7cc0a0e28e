/** The stack view: Docker, the memory server and the workbench, each with its state and the next sensible step. */
import { useRef } from "react";
import type { Stack as StackState } from "../bridge";
import { plainText } from "../data/plainText";
import { useStack, useStackRequest } from "../data/stack";
import { cx } from "../design/cx";
import { InlineError, QueryView } from "../design/states";
import { t } from "../words";
import { Announcer } from "./Announcer";
import { DockerCard } from "./DockerCard";
import { Intro } from "./Intro";
import { Maintenance } from "./Maintenance";
import { MemoryCard } from "./MemoryCard";
import { NextStep } from "./NextStep";
import { Orphans } from "./Orphans";
import { PartCard } from "./PartCard";
import { useKeptFocus } from "./useKeptFocus";
import { failure, isNew } from "./words";

export default function Stack() {
  const query = useStack();
  const root = useRef<HTMLElement>(null);
  const heading = useRef<HTMLHeadingElement>(null);
  useKeptFocus(root, heading);
  return (
    <section ref={root} aria-label={t("Stack")} className="relative h-full overflow-y-auto">
      <div className="mx-auto max-w-[58rem] px-6 pt-6 pb-16">
        <h2 ref={heading} tabIndex={-1} className="text-lg font-semibold outline-none">
          {t("Stack")}
        </h2>
        <p className="mt-0.5 text-sm text-ink-3">{t("Your own Gitea and OpenCode, in Docker on this computer.")}</p>
        <QueryView query={query}>
          {(stack) => (
            <>
              <InlineError problem={query.error} />
              <Parts stack={stack} />
            </>
          )}
        </QueryView>
      </div>
    </section>
  );
}

function Parts({ stack }: { stack: StackState }) {
  const request = useStackRequest();
  const next = <NextStep stack={stack} request={request} />;
  const hasDocker = stack.docker.state === "ready";
  const first = isNew(stack) && stack.busy === null;
  return (
    <div className="mt-5 flex flex-col gap-5">
      <Announcer stack={stack} />
      <DockerCard stack={stack}>{!(first && hasDocker) && next}</DockerCard>
      {first && <Intro stack={stack}>{hasDocker && next}</Intro>}
      {(hasDocker || !first) && (
        <div className={cx("grid gap-5 @2xl/view:grid-cols-2", failure(stack) && "items-start")}>
          {stack.parts.map((part) => (
            <PartCard key={part.id} part={part} />
          ))}
        </div>
      )}
      {stack.notes.map((note) => (
        <p key={note} lang="en" dir="auto" className="text-sm text-ink-2 [overflow-wrap:anywhere]">
          {plainText(note)}
        </p>
      ))}
      {stack.memory && <MemoryCard memory={stack.memory} canSync={stack.parts.some(({ id, state }) => id === "gitea" && state === "running")} />}
      {!isNew(stack) && <Maintenance stack={stack} />}
      {stack.orphans.length > 0 && <Orphans orphans={stack.orphans} />}
    </div>
  );
}
