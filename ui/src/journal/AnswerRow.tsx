/**
 * An answer, both while it streams and afterwards. One component, so that React keeps its DOM when the answer is complete.
 */
import { Check, Copy } from "lucide-react";
import { memo } from "react";
import { IconButton } from "../design/Button";
import { cx } from "../design/cx";
import { Disclosure } from "../design/Disclosure";
import { Markdown } from "../design/Markdown";
import { NotCopied } from "../design/states";
import { useCopy } from "../design/useCopy";
import { useLive } from "../data/context";
import type { Live } from "../data/live";
import { money, tokens } from "../data/money";
import { useOpenPage } from "../data/openPage";
import { clock, exactTime } from "../data/time";
import { t } from "../words";
import type { Answer } from "./items";
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
      {item ? item.text && <AnswerDetails item={item} /> : <StreamStatus live={live} />}
    </div>
  );
});

function AnswerDetails({ item }: { item: Answer }) {
  const [copying, copy] = useCopy();
  const copied = copying === "copied";
  const { usage } = item;
  const read = usage.input_tokens + usage.cache_read_tokens + usage.cache_write_5m_tokens + usage.cache_write_1h_tokens;
  const sign = usage.is_estimate ? `${t("about")} ` : "";
  return (
    <>
      <div data-uncopied className="absolute top-0 end-0 flex h-7 items-center gap-2.5 rounded-lg border border-line bg-surface pe-0.5 ps-2.5 text-xs text-ink-3 opacity-0 shadow-card transition-opacity group-focus-within:opacity-100 group-hover:opacity-100">
        <span title={exactTime(item.at)}>{clock(item.at)}</span>
        <span>{item.cost === null ? t("cost unknown") : money(item.cost)}</span>
        <span title={sign + t("{read} input tokens, {written} output tokens", { read: String(read), written: String(usage.output_tokens) })}>
          {sign}{t("{read} in, {written} out", { read: tokens(read), written: tokens(usage.output_tokens) })}
        </span>
        <span>{item.model}</span>
        <IconButton label={copied ? t("Copied") : t("Copy answer")} className="size-6" onClick={() => copy(item.text)}>
          {copied ? <Check className="size-3.5" aria-hidden /> : <Copy className="size-3.5" aria-hidden />}
        </IconButton>
      </div>
      <NotCopied state={copying} className="absolute top-7 end-0 rounded-lg border border-line bg-surface px-2.5 py-1 shadow-card" />
    </>
  );
}

/** The status below the streamed text, or in its place while there is none. */
function StreamStatus({ live }: { live: Live | null }) {
  return (
    <>
      {live?.call && <p className="breathe px-1.5 py-1 text-sm text-ink-3">{preparing(live.call)}</p>}
      {live?.retrying && <p className="px-1.5 py-1 text-sm text-warn">{live.retrying}</p>}
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
