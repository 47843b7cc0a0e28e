/** Blame: each line of a page with its author and its change. */
import type { BlamedLine } from "../bridge";
import { cx } from "../design/cx";
import { QueryView } from "../design/states";
import { toChange } from "../data/links";
import { useBlame } from "../data/queries";
import { ago, exactTime } from "../data/time";
import { t } from "../words";
import { Author } from "./Author";

export function Blame({ path }: { path: string }) {
  return (
    <QueryView query={useBlame(path)}>
      {(lines) => (
        <table className="w-full border-collapse text-sm">
          <thead className="sr-only">
            <tr>
              <th>{t("Author")}</th>
              <th>{t("When")}</th>
              <th>{t("Change")}</th>
              <th>{t("Line")}</th>
              <th>{t("Text")}</th>
            </tr>
          </thead>
          <tbody>
            {lines.map((line, index) => (
              <Row key={line.line} path={path} line={line} first={lines[index - 1]?.commit !== line.commit} />
            ))}
          </tbody>
        </table>
      )}
    </QueryView>
  );
}

function Row({ path, line, first }: { path: string; line: BlamedLine; first: boolean }) {
  return (
    <tr className={cx("align-top", first && "border-t border-line")}>
      <td className="w-24 max-w-24 truncate py-0.5 pe-3 text-xs @2xl/view:w-36 @2xl/view:max-w-36">{first && <Author name={line.author} origin={line.origin} />}</td>
      <td className="hidden w-20 py-0.5 pe-3 text-xs whitespace-nowrap text-ink-3 @2xl/view:table-cell" title={exactTime(line.at)}>
        {first && ago(line.at, Date.now())}
      </td>
      <td className="w-20 py-0.5 pe-3 font-mono text-xs text-ink-3">
        {first && (
          <a href={toChange(path, line.commit)} className="hover:underline" aria-label={t("Change {id}", { id: line.commit.slice(0, 8) })} title={exactTime(line.at)}>
            {line.commit.slice(0, 8)}
          </a>
        )}
      </td>
      <td className="w-6 py-0.5 @2xl/view:w-10 pe-3 text-end text-xs text-ink-3 tabular-nums">{line.line}</td>
      <td dir="auto" className={cx("code border-s-2 px-3 py-0.5 whitespace-pre-wrap", line.origin ? "border-accent" : "border-line-strong")}>{line.text || " "}</td>
    </tr>
  );
}
