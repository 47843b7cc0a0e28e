/**
 * An answer, both while it streams and afterwards. One component, so that React keeps its DOM when the answer is complete.
 */
import { memo } from "react";
import { cx } from "../design/cx";
import { Disclosure } from "../design/Disclosure";
import { Markdown } from "../design/Markdown";
import { useLive } from "../data/context";
import type { Live } from "../data/live";
import { useOpenPage } from "../data/openPage";
import { t } from "../words";
import type { Answer } from "./items";
import { Rare } from "./Rare";
import { preparing } from "./toolWords";

/** Without an `item` it shows the streamed answer; then only this row renders with every frame. */
export const AnswerRow = memo(function AnswerRow({ agent, item, marked }: { agent: string; item: Answer | null; marked?: boolean }) {
  const live = useLive(agent, item === null);
  const openPage = useOpenPage(null);
  const text = item?.text ?? live?.text ?? "";
  const thinking = item?.thinking ?? live?.thinking ?? "";
  return (
    <div className={cx("group relative py-1.5", marked && "before:absolute before:inset-y-1.5 before:-start-3 before:w-1 before:rounded-full before:bg-accent")} aria-busy={item === null}>
      {thinking && <Thinking text={thinking} now={item === null && !text} />}
      {live?.partial && text && <span className="text-ink-3">… </span>}
      {text && <Markdown text={text} streaming={item === null} onPage={openPage} />}
      {item?.web && <Rare instead={null}>{(rows) => <rows.AnswerWeb blocks={item.web ?? []} />}</Rare>}
      {item ? item.text && <Rare instead={null}>{(rows) => <rows.AnswerDetails item={item} />}</Rare> : <StreamStatus live={live} />}
    </div>
  );
});

/** The status below the streamed text, or in its place while there is none. */
function StreamStatus({ live }: { live: Live | null }) {
  return (
    <>
      {live?.call && <p className="breathe px-1.5 py-1 text-sm text-ink-3">{preparing(live.call)}</p>}
      {live?.retrying && <p dir="auto" className="px-1.5 py-1 text-sm text-warn">{live.retrying}</p>}
      {!live?.text && !live?.thinking && !live?.call && !live?.retrying && (
        <p className="flex h-8 items-center gap-1 px-1.5" role="status">
          <span className="sr-only">{t("Thinking")}</span>
          {[0, 200, 400].map((delay) => (
            <span key={delay} className="breathe size-1.5 rounded-full bg-ink-3" style={{ animationDelay: `${delay}ms` }} />
          ))}
        </p>
      )}
    </>
  );
}

function Thinking({ text, now }: { text: string; now: boolean }) {
  return (
    <Disclosure summary={<span className={cx("text-ink-3", now && "breathe")}>{now ? t("Thinking…") : t("Thought process")}</span>}>
      {() => <p dir="auto" className="border-s-2 border-line ps-3 text-sm whitespace-pre-wrap text-ink-2">{text}</p>}
    </Disclosure>
  );
}
