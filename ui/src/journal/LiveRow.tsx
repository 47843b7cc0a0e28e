/** What an agent is saying right now. */
import { Markdown } from "../design/Markdown";
import type { Live } from "../data/live";
import { openPage, Thinking } from "./rows";
import { preparing } from "./toolWords";

export function LiveRow({ live }: { live: Live | null }) {
  const words = live?.text ?? "";
  return (
    <div className="py-1.5" aria-busy="true">
      {live?.thinking && <Thinking text={live.thinking} now={!words} />}
      {words && (
        <div>
          {live?.partial && <span className="text-ink-3">… </span>}
          <Markdown text={words} growing onPage={openPage} />
        </div>
      )}
      {live?.call && <p className="breathe px-1.5 py-1 text-sm text-ink-3">{preparing(live.call)}</p>}
      {live?.retrying && <p className="px-1.5 py-1 text-sm text-warn">{live.retrying}</p>}
      {!words && !live?.thinking && !live?.call && !live?.retrying && (
        <p className="flex h-8 items-center gap-1 px-1.5" role="status" aria-label="Thinking">
          {[0, 200, 400].map((delay) => (
            <span key={delay} className="breathe size-1.5 rounded-full bg-ink-3" style={{ animationDelay: `${delay}ms` }} />
          ))}
        </p>
      )}
    </div>
  );
}
