/** Sets a new password for Gitea's pages and shows it once. */
import { KeyRound } from "lucide-react";
import { useState } from "react";
import type { GiteaLogin } from "../bridge";
import { plainText } from "../data/plainText";
import { useNewGiteaLogin } from "../data/stack";
import { Button } from "../design/Button";
import { CopyButton } from "../design/CopyButton";
import { ExternalLink } from "../design/links";
import { Modal } from "../design/Modal";
import { InlineError, NotCopied } from "../design/states";
import { useCopy } from "../design/useCopy";
import { t } from "../words";

export function NewPassword() {
  const [open, setOpen] = useState(false);
  return (
    <div className="mt-3">
      <Button onClick={() => setOpen(true)}>
        <KeyRound className="size-4" aria-hidden /> {t("New password…")}
      </Button>
      {open && <Dialog onClose={() => setOpen(false)} />}
    </div>
  );
}

function Dialog({ onClose }: { onClose: () => void }) {
  const login = useNewGiteaLogin();
  return (
    <Modal labelledBy="password-title" onClose={onClose}>
      <h2 id="password-title" className="font-semibold">
        {login.data ? t("Sign in to Gitea with this") : t("Set a new password for Gitea's pages?")}
      </h2>
      {login.data ? (
        <Shown login={login.data} />
      ) : (
        <p className="mt-2 text-sm text-ink-2">{t("You need it to sign in to Gitea in your browser. It is shown once and stored nowhere: keep it in your password manager, or set another one next time. A password from before stops working.")}</p>
      )}
      <InlineError problem={login.error} />
      <div className="mt-4 flex flex-wrap justify-end gap-2">
        <Button look={login.data ? "primary" : "quiet"} onClick={onClose}>
          {login.data ? t("Close") : t("Cancel")}
        </Button>
        {!login.data && (
          <Button look="primary" disabled={login.isPending} onClick={() => login.mutate()}>
            {t("Set a new password")}
          </Button>
        )}
      </div>
    </Modal>
  );
}

function Shown({ login }: { login: GiteaLogin }) {
  const [copying, copy] = useCopy();
  return (
    <>
      <dl className="mt-3 grid grid-cols-[auto_1fr] items-center gap-x-4 gap-y-2 text-sm">
        <dt className="text-ink-3">{t("Address")}</dt>
        <dd>
          <ExternalLink href={login.url}>{plainText(login.url)}</ExternalLink>
        </dd>
        <dt className="text-ink-3">{t("User")}</dt>
        <dd className="font-mono select-all">{login.user}</dd>
        <dt className="text-ink-3">{t("Password")}</dt>
        <dd className="flex flex-wrap items-center gap-3">
          <span className="font-mono select-all [overflow-wrap:anywhere]">{login.password}</span>
          <CopyButton what={t("the password")} state={copying} onCopy={() => copy(login.password)} />
        </dd>
      </dl>
      <NotCopied state={copying} />
      <p className="mt-3 text-sm text-warn">{t("It is not stored. Once you close this, nobody can show it again.")}</p>
    </>
  );
}
