/** The memory view: the list of pages beside the open page or the recent changes. */
import { cx } from "../design/cx";
import { t } from "../words";
import { PageView } from "./PageView";
import { RecentChanges } from "./RecentChanges";
import { PageList } from "./PageList";

export default function Memory({ path, tab, change, line, heading }: { path: string | null; tab: string | null; change: string | null; line: number | null; heading: string | null }) {
  const list = path === null && tab !== "recent";
  return (
    <section aria-label={t("Memory")} className="flex h-full min-w-0">
      <div className={cx("w-full shrink-0 flex-col border-e border-line @2xl/view:flex @2xl/view:w-72", list ? "flex" : "hidden")}>
        <PageList open={path} line={line} />
      </div>
      <div className={cx("min-w-0 grow flex-col @2xl/view:flex", list ? "hidden" : "flex")}>{path === null ? <RecentChanges /> : <PageView key={path} path={path} tab={tab} change={change} line={line} heading={heading} />}</div>
    </section>
  );
}
