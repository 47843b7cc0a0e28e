/** The dialogs of a sign-in in progress, loaded on demand. */
import { lazy, Suspense, useEffect } from "react";
import { useSignIn } from "../data/queries";
import { showBrowserDialog, useIsBrowserDialogHidden } from "./browserDialogState";

const BrowserDialog = lazy(() => import("./BrowserDialog"));
const DataOwnerDialog = lazy(() => import("./DataOwnerDialog"));

export default function SignInDialogs() {
  const view = useSignIn().data;
  const isHidden = useIsBrowserDialogHidden();
  const state = view?.state;
  // Hiding the dialog applies to one attempt only.
  useEffect(() => {
    if (state !== "signing_in") showBrowserDialog();
  }, [state]);
  return (
    <Suspense fallback={null}>
      {view?.state === "signing_in" && !isHidden && <BrowserDialog view={view} />}
      {view?.state === "choosing" && <DataOwnerDialog view={view} />}
    </Suspense>
  );
}
