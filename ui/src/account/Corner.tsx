/** Who is here, at the foot of the way around. Its menu is loaded when it is wanted. */
import { lazy, Suspense, useState } from "react";
import { useSignIn } from "../data/queries";
import { CornerButton } from "./CornerButton";

const load = () => import("./Menu");
const Menu = lazy(load);

export function Corner() {
  const view = useSignIn().data;
  const [wanted, setWanted] = useState(false);
  // Where nobody can sign in and nobody has, there is nothing to say.
  if (!view || (view.state === "not_configured" && view.people.length === 0)) return null;
  const closed = <CornerButton view={view} aria-expanded={false} onClick={() => setWanted(true)} onPointerEnter={() => void load()} onFocus={() => void load()} />;
  return (
    <div className="mt-auto pt-2">
      {wanted ? (
        <Suspense fallback={closed}>
          <Menu view={view} />
        </Suspense>
      ) : (
        closed
      )}
    </div>
  );
}
