/** Offers to sign in. Renders nothing if sign-in is not configured. */
import { LogIn } from "lucide-react";
import { Button } from "../design/Button";
import { InlineError } from "../design/states";
import { useSignInCommand } from "../account/useSignInCommand";
import { useSignIn } from "../data/queries";
import { t } from "../words";

export function SignInHint() {
  const view = useSignIn().data;
  const signIn = useSignInCommand("sign_in");
  if (view?.state !== "signed_out") return null;
  return (
    <div className="text-sm text-ink-2">
      <p className="flex flex-wrap items-center gap-3">
        {t("Already have an account?")}
        <Button disabled={signIn.isPending} onClick={() => signIn.mutate({ someone_else: false, by_port: false })}>
          <LogIn className="size-4" aria-hidden /> {t("Sign in")}
        </Button>
      </p>
      {view.notice && <p role="status">{view.notice}</p>}
      <InlineError problem={signIn.error} />
    </div>
  );
}
