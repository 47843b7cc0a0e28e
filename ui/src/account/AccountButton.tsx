/** The account button at the foot of the sidebar. Loads its menu on demand. */
import { lazy, Suspense, useState } from "react";
import { useSignIn } from "../data/queries";
import { MenuTrigger } from "./MenuTrigger";

const load = () => import("./Menu");
const Menu = lazy(load);

export function AccountButton() {
  const view = useSignIn().data;
  const [isMenuMounted, setMenuMounted] = useState(false);
  // Without a sign-in service and without any account there is nothing to show.
  if (!view || (view.state === "not_configured" && view.people.length === 0)) return null;
  const closed = <MenuTrigger view={view} aria-expanded={false} onClick={() => setMenuMounted(true)} onPointerEnter={() => void load()} onFocus={() => void load()} />;
  return (
    <div className="mt-auto pt-2">
      {isMenuMounted ? (
        <Suspense fallback={closed}>
          <Menu view={view} />
        </Suspense>
      ) : (
        closed
      )}
    </div>
  );
}
