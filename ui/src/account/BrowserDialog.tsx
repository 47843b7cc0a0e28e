/** The dialog shown while the person signs in in the browser. */
import { Copy, Globe } from "lucide-react";
import { useId } from "react";
import type { SignIn } from "../bridge";
import { Button } from "../design/Button";
import { Modal } from "../design/Modal";
import { NotCopied, InlineError } from "../design/states";
import { useCopy } from "../design/useCopy";
import { useNow } from "../design/useNow";
import { t } from "../words";
import { hideBrowserDialog } from "./browserDialogState";
import { useSignInCommand } from "./useSignInCommand";
import { timeLeft } from "./words";

export default function BrowserDialog({ view }: { view: SignIn }) {
  const id = useId();
  const now = useNow(false);
  const [copying, copy] = useCopy();
  const again = useSignInCommand("sign_in");
  const cancel = useSignInCommand("sign_in_cancel");
  const { url, until, notice } = view;
  return (
    <Modal labelledBy={id} onClose={hideBrowserDialog}>
      <h2 id={id} className="flex items-center gap-2.5 font-semibold">
        <Globe className="size-5 text-accent-ink" strokeWidth={1.6} aria-hidden />
        {t("Finish in your browser")}
      </h2>
      <p className="mt-2 text-sm text-ink-2">{t("Sign in on the page that opened and allow GrowQR. The browser then brings you back here.")}{until !== null && ` ${t("Time left: {time}.", { time: timeLeft(until, now) })}`}</p>
      {notice && (
        <p role="status" className="mt-3 rounded-lg bg-warn-soft px-3 py-2 text-sm text-ink-2">
          {notice}
        </p>
      )}
      {url && (
        <div className="mt-4">
          <p className="text-sm font-medium">{t("No page opened? Open this address yourself:")}</p>
          <div className="mt-1.5 flex items-center gap-2">
            <p tabIndex={0} role="group" aria-label={t("Address")} className="code min-w-0 grow overflow-x-auto rounded-lg border border-line px-3 py-1.5 whitespace-nowrap select-all">
              {url}
            </p>
            <Button onClick={() => copy(url)} className="shrink-0">
              <Copy className="size-4" aria-hidden /> {copying === "copied" ? t("Copied") : t("Copy")}
            </Button>
          </div>
          <NotCopied state={copying} />
        </div>
      )}
      <div className="mt-4 rounded-xl bg-sunken px-4 py-3">
        <p className="text-sm font-medium">{t("Signed in, but nothing happened here?")}</p>
        <p className="mt-0.5 text-sm text-ink-2">{t("The browser may not be allowed to open GrowQR. Try another way: the page opens again and returns to GrowQR through a port on this computer.")}</p>
        <Button className="mt-2" disabled={again.isPending} onClick={() => again.mutate({ someone_else: false, by_port: true })}>
          {t("Try another way")}
        </Button>
      </div>
      <InlineError problem={again.error ?? cancel.error} />
      <div className="mt-5 flex flex-wrap justify-end gap-2">
        <Button look="quiet" onClick={hideBrowserDialog}>
          {t("Wait in the background")}
        </Button>
        <Button disabled={cancel.isPending} onClick={() => cancel.mutate({})}>
          {t("Cancel")}
        </Button>
      </div>
    </Modal>
  );
}
