/** One page: rendered, as source, in the editor, with its history and its blame. */
import { Pencil, Play, Trash2 } from "lucide-react";
import { Button, IconButton } from "../design/Button";
import { Markdown } from "../design/Markdown";
import { ErrorPanel, Loading, InlineError } from "../design/states";
import { Tabs } from "../design/Tabs";
import type { Page } from "../bridge";
import { useRequest } from "../data/context";
import { toLine, toPage } from "../data/links";
import { useOpenPage } from "../data/openPage";
import { PLANS, toQuest } from "../data/questLink";
import { useLog, usePage } from "../data/queries";
import { ago } from "../data/time";
import { t } from "../words";
import { BackToPages } from "./BackToPages";
import { Author } from "./Author";
import { Blame } from "./Blame";
import { Editor } from "./Editor";
import { Changes } from "./Changes";
import { MissingPage } from "./MissingPage";
import { Source } from "./Source";
import { WaitingChanges } from "./WaitingChanges";
import { headingLine } from "./headings";

const TABS = [
  { value: "page", label: "Page" },
  { value: "source", label: "Source" },
  { value: "history", label: "History" },
  { value: "blame", label: "Who wrote what" },
] as const;
type TabName = (typeof TABS)[number]["value"] | "edit";

export function PageView({ path, tab, change, line, heading }: { path: string; tab: string | null; change: string | null; line: number | null; heading: string | null }) {
  const page = usePage(path);
  const open: TabName = tab === "edit" ? "edit" : (TABS.find((one) => one.value === tab)?.value ?? "page");
  const go = (next: TabName) => {
    const tab = next === "page" ? undefined : next;
    location.hash = line !== null && (next === "page" || next === "source") ? toLine(path, line, tab) : toPage(path, tab);
  };
  const missing = page.error?.code === "not_found";
  const remove = useRequest();
  return (
    <>
      <header className="flex h-13 shrink-0 items-center gap-3 px-6">
        <BackToPages />
        <h2 dir="auto" className="max-w-[60%] shrink-0 truncate font-semibold">{path}</h2>
        <LastChange path={path} />
        {open !== "edit" && page.data && !missing && (
          <span className="ms-auto flex shrink-0 items-center gap-1">
            <IconButton label={t("Delete page")} disabled={remove.isPending} onClick={() => remove.mutate({ op: "delete_memory", path, base: page.data.version })}>
              <Trash2 className="size-4" aria-hidden />
            </IconButton>
            {path.startsWith(PLANS) && (
              <Button aria-label={t("Start this quest")} title={t("Start this quest")} onClick={() => (location.hash = toQuest(path))}>
                <Play className="size-3.5" aria-hidden /> <span className="hidden @4xl/view:inline">{t("Start this quest")}</span>
              </Button>
            )}
            <Button onClick={() => go("edit")}>
              <Pencil className="size-3.5" aria-hidden /> {t("Edit")}
            </Button>
          </span>
        )}
      </header>
      <div className="px-6">
        <InlineError problem={remove.error} />
      </div>
      {open !== "edit" && <WaitingChanges path={path} />}
      {open === "edit" && (page.data || missing) ? (
        <Editor path={path} page={page.data ?? null} onDone={() => go("page")} />
      ) : missing ? (
        <MissingPage path={path} onWrite={() => go("edit")} />
      ) : page.error && !page.data ? (
        <ErrorPanel problem={page.error} retry={() => void page.refetch()} />
      ) : !page.data ? (
        <Loading />
      ) : (
        <Tabs label={t("Page")} tabs={TABS.map(({ value, label }) => ({ value, label: t(label) }))} value={open === "edit" ? "page" : open} onChange={go}>
          <div className="min-h-0 grow overflow-auto px-6 py-5" tabIndex={0} role="region" aria-label={t(TABS.find((one) => one.value === open)?.label ?? "Page")}>
            <Content page={page.data} tab={open} change={change} line={line ?? (heading === null ? null : headingLine(page.data.text, heading))} />
          </div>
        </Tabs>
      )}
    </>
  );
}

/** Author and reason of the latest change. */
function LastChange({ path }: { path: string }) {
  const [last] = useLog(path).data ?? [];
  if (!last) return null;
  return (
    <p className="hidden min-w-0 items-center gap-3 text-xs text-ink-3 @4xl/view:flex" title={last.message}>
      <Author name={last.author} origin={last.origin} />
      <span dir="auto" className="truncate">{last.message}</span>
      <span className="whitespace-nowrap">{ago(last.at, Date.now())}</span>
    </p>
  );
}

function Content({ page, tab, change, line }: { page: Page; tab: TabName; change: string | null; line: number | null }) {
  switch (tab) {
    case "history":
      return <Changes path={page.path} open={change} />;
    case "blame":
      return <Blame path={page.path} />;
    case "source":
      return <Source text={page.text} line={line} />;
    default:
      return <Rendered page={page} line={line} />;
  }
}

function Rendered({ page, line }: { page: Page; line: number | null }) {
  const openPage = useOpenPage(page.path);
  return (
    <div className="max-w-[46rem]">
      <Markdown text={page.text} line={line} onPage={openPage} />
    </div>
  );
}
