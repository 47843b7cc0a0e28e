/** Notices about signing in, above the view: an ended sign-in, or an attempt that failed. */
import { LogIn, X } from "lucide-react";
import { useState } from "react";
import { Button, IconButton } from "../design/Button";
import { InlineError } from "../design/states";
import { useSignIn } from "../data/queries";
import { t } from "../words";
import { useSignInCommand } from "./useSignInCommand";

export function Notices() {
  const view = useSignIn().data;
  const [dismissed, setDismissed] = useState<string | null>(null);
  if (view?.state === "needs_sign_in") return <Ended notice={view.notice} />;
  const isShownHere = view?.state === "signed_out" || view?.state === "online";
  if (!view?.notice || !isShownHere || view.notice === dismissed) return null;
  const { notice } = view;
  return (
    <div role="status" className="flex items-center gap-3 border-b border-line bg-warn-soft py-1.5 pe-3 ps-6 text-sm text-ink-2">
      <p className="grow">{notice}</p>
      <IconButton label={t("Close notice")} onClick={() => setDismissed(notice)}>
        <X className="size-4" aria-hidden />
      </IconButton>
    </div>
  );
}

function Ended({ notice }: { notice: string | null }) {
  const signIn = useSignInCommand("sign_in");
  return (
    <div role="status" className="flex flex-wrap items-center gap-x-4 gap-y-1.5 border-b border-line bg-warn-soft px-6 py-2 text-sm text-ink-2">
      <p className="min-w-56 grow basis-0" title={notice ?? undefined}>
        <span className="font-medium text-ink">{t("Your sign-in has ended.")}</span> {t("You can still read and use everything on this computer.")}
      </p>
      <Button disabled={signIn.isPending} onClick={() => signIn.mutate({ someone_else: false, by_port: false })}>
        <LogIn className="size-4" aria-hidden /> {t("Sign in again")}
      </Button>
      <InlineError problem={signIn.error} />
    </div>
  );
}
