/** A live region that announces each new ask, whichever view is open. */
import { useEffect, useRef, useState } from "react";
import { announcement } from "../data/asks";
import { useAsks } from "../data/queries";

export function AskAnnouncer() {
  const asks = useAsks().data;
  const known = useRef<Set<string> | null>(null);
  const [text, setText] = useState("");
  useEffect(() => {
    if (!asks) return;
    const before = known.current;
    known.current = new Set(asks.map((row) => row.ask.id));
    // The badge of the sidebar already names those that waited before the window opened.
    if (!before) return;
    const fresh = asks.filter((row) => !before.has(row.ask.id));
    if (fresh.length > 0) setText(fresh.map((row) => announcement(row.agent_name, row.ask.text)).join(" "));
    else if (asks.length === 0) setText("");
  }, [asks]);
  return (
    <div aria-live="polite" data-announcer="asks" className="sr-only">
      {text}
    </div>
  );
}
