/** Asks before the data of the stack is removed: says what goes and what stays, and wants the profile's id to be typed. */
import { useMutation } from "@tanstack/react-query";
import { FolderOpen } from "lucide-react";
import { useState } from "react";
import type { Stack } from "../bridge";
import { useHost } from "../data/context";
import { useAbout } from "../data/queries";
import { useStackRequest } from "../data/stack";
import { Button } from "../design/Button";
import { Field, Input } from "../design/Field";
import { Modal } from "../design/Modal";
import { CopyButton } from "../design/CopyButton";
import { InlineError, NotCopied } from "../design/states";
import { useCopy } from "../design/useCopy";
import { t } from "../words";
import { memoryState } from "./words";

/** Copies the files of all sub-agents out of the workbench. */
const EXPORT = "growqr stack files export workbench.tar";

export function Reset({ stack, onClose }: { stack: Stack; onClose: () => void }) {
  const about = useAbout();
  const reset = useStackRequest();
  const [typed, setTyped] = useState("");
  const [copying, copy] = useCopy();
  const profile = about.data?.profile ?? null;
  const isSure = profile !== null && typed.trim() === profile;
  const remove = () => profile !== null && isSure && !reset.isPending && reset.mutate({ op: "stack_reset", profile }, { onSuccess: onClose });
  return (
    <Modal labelledBy="reset-title" onClose={onClose}>
      <h2 id="reset-title" className="font-semibold">
        {t("Remove the data of the stack?")}
      </h2>
      <p className="mt-2 text-sm text-ink-2">{t("Both containers and all that they store in Docker are removed. This cannot be undone.")}</p>
      <Kept stack={stack} />
      <p className="mt-3 text-sm font-medium">{t("What goes")}</p>
      <ul className="mt-1 list-disc space-y-1 ps-5 text-sm text-ink-2">
        <li>{t("What exists only in Gitea: issues, comments, other repositories.")}</li>
        <li>{t("The files of sub-agents in the workbench, except those that you kept in memory.")}</li>
      </ul>
      <p className="mt-2 text-sm text-ink-2">
        {t("To keep a copy of all their files, first run:")} <code className="font-mono text-xs">{EXPORT}</code> <CopyButton what={t("the command")} state={copying} onCopy={() => copy(EXPORT)} />
      </p>
      <NotCopied state={copying} />
      <div className="mt-4">
        {profile === null ? (
          <InlineError problem={about.error} />
        ) : (
          <Field label={t("To confirm, type the id of your profile: {profile}", { profile })}>
            <Input value={typed} onChange={(event) => setTyped(event.target.value)} onKeyDown={(event) => event.key === "Enter" && remove()} />
          </Field>
        )}
      </div>
      <InlineError problem={reset.error} />
      <div className="mt-4 flex flex-wrap justify-end gap-2">
        <Button look="quiet" onClick={onClose}>
          {t("Cancel")}
        </Button>
        <Button look="danger" disabled={!isSure || reset.isPending} onClick={remove}>
          {t("Remove data")}
        </Button>
      </div>
    </Modal>
  );
}

/** A label inside a sentence. */
function midSentence(label: string): string {
  return label.charAt(0).toLocaleLowerCase() + label.slice(1);
}

/** An export is not needed for the memory: its folder is the original. That is only true for what has arrived there. */
function Kept({ stack }: { stack: Stack }) {
  const host = useHost();
  const open = useMutation({ mutationFn: () => host.call("open_memory_folder", {}) });
  const sync = useStackRequest();
  const { memory } = stack;
  const canSync = memory?.state === "behind" && stack.parts.some(({ id, state }) => id === "gitea" && state === "running");
  return (
    <>
      <p className="mt-3 text-sm font-medium">{t("What stays")}</p>
      <p className="mt-1 text-sm text-ink-2">{t("Your memory. The folder on this computer holds all of it with its history, so there is nothing to export first. To be safe, copy that folder.")}</p>
      {memory && memory.state !== "same" && (
        <p className="mt-2 text-sm text-warn">
          {t("Gitea and the folder are not the same at the moment ({state}). Changes that were made only on Gitea would be lost.", { state: midSentence(memoryState(memory).label) })}
        </p>
      )}
      <div className="mt-2 flex flex-wrap gap-2">
        <Button onClick={() => open.mutate()}>
          <FolderOpen className="size-4" aria-hidden /> {t("Open memory folder")}
        </Button>
        {canSync && (
          <Button disabled={sync.isPending} onClick={() => sync.mutate({ op: "sync_memory", join: false })}>
            {t("Sync memory first")}
          </Button>
        )}
      </div>
      <InlineError problem={open.error ?? sync.error} />
    </>
  );
}
