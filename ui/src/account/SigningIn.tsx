/** What stands over the window while somebody signs in. Loaded when it is needed. */
import { lazy, Suspense, useEffect } from "react";
import { useSignIn } from "../data/queries";
import { showAttempt, useIsAside } from "./attempt";

const Waiting = lazy(() => import("./Waiting"));
const Choosing = lazy(() => import("./Choosing"));

export function SigningIn() {
  const view = useSignIn().data;
  const isAside = useIsAside();
  const state = view?.state;
  // What was put aside was this attempt, not the next.
  useEffect(() => {
    if (state !== "signing_in") showAttempt();
  }, [state]);
  return (
    <Suspense fallback={null}>
      {view?.state === "signing_in" && !isAside && <Waiting view={view} />}
      {view?.state === "choosing" && <Choosing view={view} />}
    </Suspense>
  );
}
