/**
 * The answers to a change of memory that waits for the person: what an approval commits, part by part. The person can leave parts out,
 * or edit the text first. If the page has changed since, the three versions are beside each other.
 */
import type { AskAnswer, HeldChange, HostError } from "../../bridge";
import type { ReviewDetail } from "../../data/asks";
import { type Hunk, hunks, withoutHunks } from "../../data/hunks";
import { hasInvisible, visible } from "../../data/names";
import { useHeldChange } from "../../data/queries";
import { Button } from "../../design/Button";
import { Diff } from "../../design/Diff";
import { Input } from "../../design/Field";
import { InlineError, QueryView } from "../../design/states";
import { t } from "../../words";
import { ThreeVersions } from "./ThreeVersions";
import type { Answering } from "./useAnswer";
import { type Edited, useEdited, useLeftOut, useTyped } from "./useTyped";

interface Props {
  /** The id of the ask. */
  id: string;
  review: ReviewDetail;
  answer: Answering;
}

export function ReviewForm(props: Props) {
  const change = useHeldChange(props.review.held);
  // A later read that fails takes nothing away that the person works with.
  if (change.error !== null && change.data === undefined) return <OnlyReject problem={change.error} answer={props.answer} />;
  return <QueryView query={change}>{(found) => <Answers {...props} change={found} />}</QueryView>;
}

/** What can be done about a change that cannot be read. */
function OnlyReject({ problem, answer }: { problem: HostError; answer: Answering }) {
  return (
    <div className="mt-3 space-y-3">
      <InlineError problem={problem} />
      <Button data-answer disabled={answer.isSending} onClick={() => answer.send({ option: "reject" })}>
        {t("Reject")}
      </Button>
    </div>
  );
}

function Answers({ id, review, answer, change }: Props & { change: HeldChange }) {
  const { held } = review;
  const typed = useEdited(id, review.edited === undefined ? null : { text: review.edited, base: review.base ?? null });
  const draft = typed.value;
  const remark = useTyped("remark", id, review.remark ?? null);
  const choice = useLeftOut(id, change.version);
  const parts = hunks(change.diff);
  const writes = held.new_blob !== null;
  const canChoose = writes && parts.length > 1;
  const leftOut: ReadonlySet<number> = canChoose ? choice.leftOut : new Set();
  const isMoved = change.version !== held.old_blob;
  const chosen = change.result === null ? null : withoutHunks(change.result, parts, (index) => leftOut.has(index));
  // The host commits the proposal as it is, or merges it again. All else is committed as the text that is shown here.
  const isAsProposed = draft === null && leftOut.size === 0 && !change.is_conflict && review.edited === undefined && (review.base ?? null) === held.old_blob;
  // A draft goes with the version that it was made from: what has changed since is merged in.
  const edited: Edited | null = draft ?? (chosen === null ? null : { text: chosen, base: change.version });
  // An empty remark takes an earlier one back.
  const words = remark.value?.trim() ?? "";
  const send = (decision: AskAnswer) =>
    answer.send({ ...decision, ...(words || review.remark ? { text: words } : {}) }, () => {
      typed.forget();
      choice.forget();
      remark.forget();
    });
  // "Try again" would send what was there before.
  const changing =
    <T,>(change: (value: T) => void) =>
    (value: T) => {
      answer.reset();
      change(value);
    };
  const setDraft = changing(typed.change);
  const approve = () => send({ option: "approve", ...(writes && !isAsProposed && edited !== null ? { edited: { text: edited.text, ...(edited.base === null ? {} : { base: edited.base }) } } : {}) });
  const isNothing = draft === null && (change.diff === "" || (canChoose && leftOut.size === parts.length));
  return (
    <div className="mt-3 space-y-3">
      {isMoved && <ThreeVersions change={change} />}
      {choice.isStale && <p className="text-sm text-warn">{t("The page has changed since you left parts out. All parts are chosen again.")}</p>}
      {hasInvisible(draft?.text ?? change.result ?? "") && <p className="text-sm text-warn">{t("It contains invisible characters. The change shows where, as ⟨U+…⟩.")}</p>}
      {draft !== null ? (
        <textarea autoFocus dir="auto" aria-label={t("Text of {page}", { page: visible(held.path) })} value={draft.text} spellCheck onChange={(event) => setDraft({ ...draft, text: event.target.value })} className="block h-64 w-full resize-y rounded-lg border border-line-strong/60 bg-surface p-3 font-mono text-sm" />
      ) : change.diff === "" ? (
        <p className="text-sm text-ink-2">{t("The page has this text already.")}</p>
      ) : (
        <Parts diff={change.diff} parts={parts} leftOut={leftOut} onChange={changing(choice.change)} canChoose={canChoose} />
      )}
      <label className="flex flex-wrap items-center gap-x-2 gap-y-1 text-sm">
        {t("Tell the agent why")}
        <Input dir="auto" placeholder={t("Optional. It reads this with your decision.")} className="min-w-56 grow" value={remark.value ?? ""} spellCheck onChange={(event) => changing(remark.change)(event.target.value)} />
      </label>
      <div className="flex flex-wrap gap-2">
        <Button data-answer look="primary" disabled={answer.isSending || (isNothing && change.diff !== "")} onClick={approve}>
          {approveWords(draft !== null, leftOut.size, parts.length, change.is_conflict, writes)}
        </Button>
        <Button data-answer disabled={answer.isSending} onClick={() => send({ option: "reject" })}>
          {t("Reject")}
        </Button>
        {writes && draft === null && chosen !== null && (
          <Button look="quiet" disabled={answer.isSending} onClick={() => setDraft({ text: chosen, base: change.version })}>
            {t("Edit first")}
          </Button>
        )}
        {draft !== null && (
          <Button look="quiet" disabled={answer.isSending} onClick={() => setDraft(null)}>
            {t("Discard my text")}
          </Button>
        )}
      </div>
    </div>
  );
}

function approveWords(isEdited: boolean, leftOut: number, parts: number, isConflict: boolean, writes: boolean): string {
  if (isEdited) return t("Approve my text");
  if (leftOut > 0) return t("Approve {some} of {all} parts", { some: parts - leftOut, all: parts });
  if (isConflict) return writes ? t("Take the proposal") : t("Delete the newer page");
  return t("Approve");
}

function Parts(props: { diff: string; parts: Hunk[]; leftOut: ReadonlySet<number>; onChange: (leftOut: ReadonlySet<number>) => void; canChoose: boolean }) {
  const { parts, leftOut } = props;
  if (!props.canChoose) return <Diff text={props.diff} />;
  const toggle = (index: number) => {
    const next = new Set(leftOut);
    if (!next.delete(index)) next.add(index);
    props.onChange(next);
  };
  return (
    <ol aria-label={t("Parts of the change")} className="space-y-2">
      {parts.map((part, index) => (
        <li key={index}>
          <label className="mb-1 flex w-fit items-center gap-2 text-sm">
            <input type="checkbox" checked={!leftOut.has(index)} onChange={() => toggle(index)} className="size-4 accent-accent" />
            {t("Part {n} of {all}", { n: index + 1, all: parts.length })}
          </label>
          <Diff text={["@@", ...part.lines].join("\n")} label={t("Part {n}", { n: index + 1 })} />
        </li>
      ))}
    </ol>
  );
}
