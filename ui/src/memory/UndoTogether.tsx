/** Undoes all changes of a turn, or of an agent, with one new change. What that does is shown first. */
import { Undo2 } from "lucide-react";
import { useState } from "react";
import type { OtherChanges, UndoPreview } from "../bridge";
import { useRequest } from "../data/context";
import { agentName, visible } from "../data/names";
import { useUndoPreview } from "../data/queries";
import { Button } from "../design/Button";
import { Diff } from "../design/Diff";
import { InlineError, QueryView } from "../design/states";
import { counted, t } from "../words";
import { rich } from "../words/rich";

interface Which {
  agent: string;
  /** `null`: all turns. */
  turn: number | null;
}

export function UndoTogether(props: { agent: string; name: string; turn: number }) {
  const [which, setWhich] = useState<Which | null>(null);
  const name = agentName({ id: props.agent, name: props.name });
  if (which !== null) return <Preview which={which} title={which.turn === null ? t("Undo everything of {name}", { name }) : t("Undo all of turn {n} of {name}", { n: which.turn, name })} close={() => setWhich(null)} />;
  return (
    <div className="flex flex-wrap gap-2">
      <Button look="quiet" onClick={() => setWhich({ agent: props.agent, turn: props.turn })}>
        {t("Undo all of turn {n}…", { n: props.turn })}
      </Button>
      <Button look="quiet" onClick={() => setWhich({ agent: props.agent, turn: null })}>
        {t("Undo everything of {name}…", { name })}
      </Button>
    </div>
  );
}

function Preview({ which, title, close }: { which: Which; title: string; close: () => void }) {
  const preview = useUndoPreview(which.agent, which.turn);
  const request = useRequest();
  const undone = typeof request.data === "object" && "undone_memory" in request.data ? request.data.undone_memory : null;
  return (
    <section aria-label={title} className="space-y-3 rounded-lg border border-line p-3">
      <h3 className="text-sm font-semibold">{title}</h3>
      {undone ? (
        <div role="status" className="text-sm text-accent-ink">
          {undone.commit === null ? t("Nothing was undone.") : t("Undone by a new change.")}
          <Left pages={undone.left} />
          <Others others={undone.others} />
        </div>
      ) : (
        <QueryView query={preview}>{(found) => <Found preview={found} isBusy={request.isPending} undo={() => request.mutate({ op: "undo_memory", agent: which.agent, turn: which.turn, seen: found.seen })} />}</QueryView>
      )}
      <InlineError problem={request.error} />
      <Button look="quiet" autoFocus onClick={close}>
        {undone ? t("Close") : t("Cancel")}
      </Button>
    </section>
  );
}

function Found({ preview, isBusy, undo }: { preview: UndoPreview; isBusy: boolean; undo: () => void }) {
  const { changes, paths, left, others, diff } = preview;
  if (paths.length === 0) {
    const nothing = changes === 0 ? "This conversation has no such change." : left.length === 0 ? "All of it is undone already." : "Nothing of it can be undone.";
    return (
      <div className="text-sm text-ink-2">
        {t(nothing)}
        <Left pages={left} />
        <Others others={others} />
      </div>
    );
  }
  return (
    <div className="space-y-3">
      <p className="text-sm">
        {counted(changes, "This undoes {n} change of {pages}, by one new change of yours that can be undone too. What others have changed since stays.", "This undoes {n} changes of {pages}, by one new change of yours that can be undone too. What others have changed since stays.", { pages: paths.length === 1 ? visible(paths[0] ?? "") : counted(paths.length, "{n} page", "{n} pages") })}
      </p>
      <Left pages={left} />
      <Others others={others} />
      <Diff text={diff} label={t("What undoing changes")} />
      <Button look="primary" disabled={isBusy} onClick={undo}>
        <Undo2 className="size-4" aria-hidden /> {counted(changes, "Undo this change", "Undo these {n} changes")}
      </Button>
    </div>
  );
}

function Left({ pages }: { pages: string[] }) {
  if (pages.length === 0) return null;
  return <p className="text-sm text-ink-2 [overflow-wrap:anywhere]">{rich(pages.length === 1 ? "Left as it is, because the same lines have changed since: {pages}" : "Left as they are, because the same lines have changed since: {pages}", { pages: <bdi>{pages.map(visible).join(", ")}</bdi> })}</p>;
}

/** Changes of another conversation under the same agent and turn. */
function Others({ others: { named, more } }: { others: OtherChanges }) {
  if (named.length === 0) return null;
  const titles = named.map(({ commit, message }) => `${visible(message.split("\n", 1)[0] ?? "")} (${commit.slice(0, 12)})`);
  return (
    <p className="text-sm text-ink-2 [overflow-wrap:anywhere]">
      {counted(named.length + more, "{n} change stays, because another conversation made it:", "{n} changes stay, because another conversation made them:")} <bdi>{titles.join(", ")}</bdi>
      {more > 0 && " …"}
    </p>
  );
}
