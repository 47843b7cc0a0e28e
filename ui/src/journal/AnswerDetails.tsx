/** What an answer has cost, by which model and when, and the button that copies it. */
import { Check, Copy } from "lucide-react";
import { IconButton } from "../design/Button";
import { NotCopied } from "../design/states";
import { useCopy } from "../design/useCopy";
import { money, tokens } from "../data/money";
import { clock, exactTime } from "../data/time";
import { t } from "../words";
import type { Answer } from "./items";

export function AnswerDetails({ item }: { item: Answer }) {
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
