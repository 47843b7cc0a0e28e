/**
 * A change of memory that waits for the person: its page, the reason, the difference part by part, and the answers. The person can
 * leave parts out, or edit the text first.
 */
import { useState } from "react";
import type { EditedPage, HostError } from "../../bridge";
import { type ReviewDetail, reviewVerb } from "../../data/asks";
import { type Hunk, hunks, withoutHunks } from "../../data/hunks";
import { toPage } from "../../data/links";
import { visible } from "../../data/names";
import { useDiff, usePageAt } from "../../data/queries";
import { Button } from "../../design/Button";
import { Diff } from "../../design/Diff";
import { Input } from "../../design/Field";
import { InlineError, QueryView } from "../../design/states";
import type { Answering } from "./useAnswer";

export function AboutReview({ review }: { review: ReviewDetail }) {
  const { held, message, rule, problem } = review;
  return (
    <>
      <p className="mt-2 font-medium [overflow-wrap:anywhere]">
        May it {reviewVerb(review)}{" "}
        {held.old_blob === null ? (
          <code>{visible(held.path)}</code>
        ) : (
          <a href={toPage(held.path)} className="text-accent-ink underline">
            {visible(held.path)}
          </a>
        )}
        ?
      </p>
      {message && <p className="mt-1 text-sm text-ink-2 [overflow-wrap:anywhere]">Its reason: “{visible(message)}”</p>}
      {problem !== undefined && (
        <p role="alert" className="mt-2 text-sm font-medium text-bad [overflow-wrap:anywhere]">
          Not committed: {visible(problem)}
        </p>
      )}
      <p className="mt-1 text-xs text-ink-3 [overflow-wrap:anywhere]">
        Held by this rule: <code>{visible(rule)}</code>
      </p>
    </>
  );
}

export function ReviewForm({ review, answer }: { review: ReviewDetail; answer: Answering }) {
  const diff = useDiff(review.held.commit);
  if (diff.error !== null) return <OnlyReject problem={diff.error} answer={answer} />;
  return <QueryView query={diff}>{(found) => <Answers review={review} answer={answer} diff={found.text} />}</QueryView>;
}

/** What can be done about a change that cannot be read. */
function OnlyReject({ problem, answer }: { problem: HostError; answer: Answering }) {
  return (
    <div className="mt-3 space-y-3">
      <InlineError problem={problem} />
      <Button data-answer disabled={answer.isSending} onClick={() => answer.send({ option: "reject" })}>
        Reject
      </Button>
    </div>
  );
}

function Answers({ review, answer, diff }: { review: ReviewDetail; answer: Answering; diff: string }) {
  const { held, base, problem } = review;
  // The page has changed since, and an approval replaces all of it: the parts are those of the old page.
  const isOutdated = problem !== undefined && base !== held.old_blob;
  const [leftOut, setLeftOut] = useState<ReadonlySet<number>>(new Set());
  const [draft, setDraft] = useState<string | null>(null);
  const [remark, setRemark] = useState("");
  const parts = hunks(diff);
  const writes = held.new_blob !== null;
  const proposed = usePageAt(held.path, held.commit, writes && (leftOut.size > 0 || draft !== null));
  const chosen = proposed.data ? withoutHunks(proposed.data.text, parts, (index) => leftOut.has(index)) : null;
  const isChanged = leftOut.size > 0 || draft !== null;
  const text = draft ?? chosen;
  const approve = () => {
    const edited: EditedPage | undefined = isChanged && text !== null ? { text, ...(base === undefined ? {} : { base }) } : undefined;
    answer.send({ option: "approve", ...said(remark), ...(edited ? { edited } : {}) });
  };
  const label = () => {
    if (draft !== null) return "Approve my text";
    if (isOutdated) return writes ? "Replace the whole page" : "Delete the newer page";
    return leftOut.size > 0 ? `Approve ${parts.length - leftOut.size} of ${parts.length} parts` : "Approve";
  };
  const isNothing = parts.length > 1 && leftOut.size === parts.length;
  const isDisabled = answer.isSending || isNothing || (isChanged && text === null);
  return (
    <div className="mt-3 space-y-3">
      {draft === null ? (
        <>
          {isOutdated && <p className="text-sm font-medium">This is the change as it was proposed. The page at the link above is newer.</p>}
          <Parts diff={diff} parts={parts} leftOut={leftOut} onChange={setLeftOut} canChoose={writes && parts.length > 1 && !isOutdated} />
        </>
      ) : (
        <textarea autoFocus dir="auto" aria-label={`Text of ${visible(held.path)}`} value={draft} spellCheck onChange={(event) => setDraft(event.target.value)} className="block h-64 w-full resize-y rounded-lg border border-line-strong/60 bg-surface p-3 font-mono text-sm" />
      )}
      <label className="flex flex-wrap items-center gap-x-2 gap-y-1 text-sm">
        Tell the agent why
        <Input placeholder="Optional. It reads this with your decision." className="min-w-56 grow" value={remark} spellCheck onChange={(event) => setRemark(event.target.value)} />
      </label>
      <div className="flex flex-wrap gap-2">
        <Button data-answer look="primary" disabled={isDisabled} onClick={approve}>
          {label()}
        </Button>
        <Button data-answer disabled={answer.isSending} onClick={() => answer.send({ option: "reject", ...said(remark) })}>
          Reject
        </Button>
        {writes && draft === null && <EditButton path={held.path} commit={held.commit} chosen={chosen} onEdit={setDraft} disabled={answer.isSending} />}
        {draft !== null && (
          <Button look="quiet" disabled={answer.isSending} onClick={() => setDraft(null)}>
            Discard my text
          </Button>
        )}
      </div>
    </div>
  );
}

function said(remark: string): { text?: string } {
  return remark.trim() ? { text: remark.trim() } : {};
}

/** Loads the proposed text only once it is needed. */
function EditButton(props: { path: string; commit: string; chosen: string | null; onEdit: (text: string) => void; disabled: boolean }) {
  const [isWanted, setWanted] = useState(false);
  const page = usePageAt(props.path, props.commit, isWanted);
  const start = () => {
    if (props.chosen !== null) return props.onEdit(props.chosen);
    setWanted(true);
    void page.refetch().then(({ data }) => data && props.onEdit(data.text));
  };
  return (
    <Button look="quiet" disabled={props.disabled || (isWanted && page.isFetching)} onClick={start}>
      Edit first
    </Button>
  );
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
    <ol aria-label="Parts of the change" className="space-y-2">
      {parts.map((part, index) => (
        <li key={index}>
          <label className="mb-1 flex w-fit items-center gap-2 text-sm">
            <input type="checkbox" checked={!leftOut.has(index)} onChange={() => toggle(index)} className="size-4 accent-accent" />
            Part {index + 1} of {parts.length}
          </label>
          <Diff text={["@@", ...part.lines].join("\n")} label={`Part ${index + 1}`} />
        </li>
      ))}
    </ol>
  );
}
