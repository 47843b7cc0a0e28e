/** Asks a new person, once, whether the data in the local profile is theirs. */
import { FolderInput, FolderPlus, type LucideIcon } from "lucide-react";
import { type ReactNode, useId } from "react";
import type { SignIn } from "../bridge";
import { Button } from "../design/Button";
import { Modal } from "../design/Modal";
import { InlineError } from "../design/states";
import { t } from "../words";
import { useSignInCommand } from "./useSignInCommand";
import { displayName } from "./words";

export default function DataOwnerDialog({ view }: { view: SignIn }) {
  const id = useId();
  const choose = useSignInCommand("sign_in_choose");
  const cancel = useSignInCommand("sign_in_cancel");
  const busy = choose.isPending || cancel.isPending;
  return (
    <Modal labelledBy={id} onClose={() => cancel.mutate({})}>
      <h2 id={id} className="font-semibold">
        {view.person ? t("Is the data on this computer yours, {name}?", { name: displayName(view.person) }) : t("Is the data on this computer yours?")}
      </h2>
      <p className="mt-1 text-sm text-ink-2">{t("The local profile already holds conversations, memory, settings or keys. You are asked once. Nothing is deleted either way.")}</p>
      <div className="mt-4 grid gap-3 sm:grid-cols-2">
        <Choice icon={FolderInput} title={t("Yes, it is mine")} about={t("Your account takes over the conversations, memory, settings and keys as they are.")} disabled={busy} onClick={() => choose.mutate({ adopt: true })} />
        <Choice icon={FolderPlus} title={t("No, start empty")} about={t("Your account starts empty. The local profile stays for anyone who uses GrowQR signed out.")} disabled={busy} onClick={() => choose.mutate({ adopt: false })} />
      </div>
      <InlineError problem={choose.error ?? cancel.error} />
      <div className="mt-5 flex items-center gap-2">
        <p className="grow text-xs text-ink-3">{t("Cancelling signs you out.")}</p>
        <Button disabled={busy} onClick={() => cancel.mutate({})}>
          {t("Cancel")}
        </Button>
      </div>
    </Modal>
  );
}

function Choice(props: { icon: LucideIcon; title: string; about: ReactNode; disabled: boolean; onClick: () => void }) {
  const { icon: Icon, title, about, ...rest } = props;
  return (
    <button type="button" {...rest} className="flex cursor-pointer flex-col items-start gap-1 rounded-xl border border-line p-4 text-start hover:border-accent/50 hover:bg-hover disabled:cursor-default disabled:opacity-50">
      <Icon className="size-5 text-accent-ink" strokeWidth={1.6} aria-hidden />
      <span className="mt-1 font-medium">{title}</span>
      <span className="text-sm text-ink-2">{about}</span>
    </button>
  );
}
