/** Edits a page. Unsaved text is stored as a draft. A concurrent change is shown next to it, never overwritten. */
import { useState } from "react";
import type { Page } from "../bridge";
import { Button } from "../design/Button";
import { ErrorPanel, Loading, InlineError } from "../design/states";
import { DraftNotStored } from "../journal/DraftNotStored";
import { useDrafts, useDraftStorage, useHost, useRequest } from "../data/context";
import { isPressed } from "../data/shortcuts";
import { t } from "../words";

interface Draft {
  text: string;
  base: string | null;
}

function parsed(text: string): Draft | null {
  try {
    const stored: unknown = JSON.parse(text || "null");
    return typeof stored === "object" && stored !== null && "text" in stored && typeof stored.text === "string" ? (stored as Draft) : null;
  } catch {
    return null;
  }
}

interface Props {
  path: string;
  page: Page | null;
  onDone: () => void;
}

/** Allows editing only when drafts can be stored. */
export function Editor(props: Props) {
  const drafts = useDrafts();
  const { isPersistent, problem } = useDraftStorage();
  if (isPersistent) return <StoredEditor {...props} />;
  return problem ? <ErrorPanel problem={problem} retry={() => void drafts.loadProfile()} /> : <Loading />;
}

function StoredEditor({ path, page, onDone }: Props) {
  const drafts = useDrafts();
  const [draft, setDraft] = useState<Draft>(() => parsed(drafts.get("edit", path)) ?? { text: page?.text ?? "", base: page?.version ?? null });
  const [theirs, setTheirs] = useState<Page | null>(null);
  const request = useRequest();
  const host = useHost();
  const change = (next: Draft) => {
    setDraft(next);
    drafts.set("edit", path, JSON.stringify(next));
  };
  const leave = () => {
    drafts.set("edit", path, "");
    onDone();
  };
  const save = (base: string | null) => {
    const text = draft.text.endsWith("\n") || draft.text === "" ? draft.text : `${draft.text}\n`;
    request.mutate(
      { op: "write_memory", path, text, base },
      {
        onSuccess: leave,
        onError: (error) => {
          if (error.code === "conflict") host.call("memory_read", { path }).then(setTheirs, () => {});
        },
      },
    );
  };
  const changed = draft.text !== (page?.text ?? "");
  return (
    <div
      className="flex min-h-0 grow flex-col gap-3 border-t border-line px-6 py-4"
      onKeyDown={(event) => {
        if (isPressed(event, "save")) {
          event.preventDefault();
          if (changed && !theirs) save(draft.base);
        }
      }}
    >
      <div className="flex min-h-0 grow flex-col gap-3 @2xl/view:flex-row">
        <textarea
          autoFocus
          dir="auto"
          aria-label={t("Text of {page}", { page: path })}
          value={draft.text}
          onChange={(event) => change({ ...draft, text: event.target.value })}
          spellCheck
          className="code min-h-0 grow basis-0 resize-none rounded-lg border border-line-strong/60 p-4 text-ink"
        />
        {theirs && (
          <section aria-label={t("Saved version")} className="flex min-h-0 grow basis-0 flex-col gap-2">
            <p role="alert" className="text-sm">
              <span className="font-medium text-warn">{t("This page has changed since you opened it. Your version is not saved yet.")}</span> {t("This is the saved version. Copy what you want to keep into yours, then replace it.")}
            </p>
            <pre tabIndex={0} dir="auto" className="code min-h-0 grow overflow-auto rounded-lg border border-line p-4 whitespace-pre-wrap">
              {theirs.text}
            </pre>
            <div className="flex flex-wrap gap-2">
              <Button look="danger" onClick={() => save(theirs.version)}>
                {t("Replace with my version")}
              </Button>
              <Button onClick={() => (change({ text: theirs.text, base: theirs.version }), setTheirs(null), request.reset())}>{t("Use this version")}</Button>
            </div>
          </section>
        )}
      </div>
      <DraftNotStored />
      <div className="flex flex-wrap items-center gap-2">
        {!theirs && (
          <Button look="primary" disabled={!changed || request.isPending} onClick={() => save(draft.base)}>
            {t("Save")}
          </Button>
        )}
        <Button look="quiet" onClick={leave}>
          {changed ? t("Discard") : t("Cancel")}
        </Button>
        {!theirs && <span className="ms-2 text-xs text-ink-3">{t("Saved as your own change.")}</span>}
        {!(theirs && request.error?.code === "conflict") && <InlineError problem={request.error} />}
      </div>
    </div>
  );
}
