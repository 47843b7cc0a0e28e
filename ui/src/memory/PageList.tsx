/** The tree of pages, or the hits of a search. */
import { useMutation } from "@tanstack/react-query";
import { ChevronRight, FileText, FolderOpen, History, Plus } from "lucide-react";
import { type FormEvent, useDeferredValue, useMemo, useState } from "react";
import type { HostError, PageRow } from "../bridge";
import { IconButton } from "../design/Button";
import { cx } from "../design/cx";
import { Input } from "../design/Field";
import { Hit } from "../design/Hit";
import { scrollToMarked } from "../design/marked";
import { QueryView, InlineError } from "../design/states";
import { useHost } from "../data/context";
import { toLine, toMemory, toPage, toRecent } from "../data/links";
import { SEARCH_LIMIT, useMemorySearch, usePages } from "../data/queries";
import { t } from "../words";
import { AdoptionProgress } from "./AdoptionProgress";
import { type Folder, firstRows, pageTree } from "./pageTree";

/** From this many pages on, folders start closed; and the most rows of a folder that are shown at once. */
const MANY_PAGES = 500;

export function PageList({ open, line }: { open: string | null; line: number | null }) {
  const [text, setText] = useState("");
  const [naming, setNaming] = useState(false);
  const host = useHost();
  const openFolder = useMutation<null, HostError>({ mutationFn: () => host.call("open_memory_folder", {}) });
  const query = useDeferredValue(text.trim());
  return (
    <>
      <div className="flex h-13 shrink-0 items-center gap-1 px-3">
        <h2 className="grow px-2 font-semibold">
          <a href={toMemory}>{t("Memory")}</a>
        </h2>
        <a href={toRecent} aria-label={t("Recent changes")} className="flex size-8 items-center justify-center rounded-lg text-ink-2 hover:bg-hover @2xl/view:hidden">
          <History className="size-4" aria-hidden />
        </a>
        <IconButton label={t("Open memory folder")} onClick={() => openFolder.mutate()}>
          <FolderOpen className="size-4" aria-hidden />
        </IconButton>
        <IconButton label={t("New page")} aria-pressed={naming} onClick={() => setNaming(!naming)}>
          <Plus className="size-4" aria-hidden />
        </IconButton>
      </div>
      <div className="px-5 empty:hidden">{openFolder.error && <InlineError problem={openFolder.error} />}</div>
      <AdoptionProgress />
      {naming && <NewPage onDone={() => setNaming(false)} />}
      <div className="px-3 pb-3">
        <Input data-search type="search" aria-label={t("Search memory")} placeholder={t("Search memory")} value={text} onChange={(event) => setText(event.target.value)} />
      </div>
      <nav aria-label={t("Pages")} className="min-h-0 grow overflow-y-auto px-3 pb-4">
        {query ? <Hits text={query} open={open} line={line} /> : <Pages open={open} />}
      </nav>
    </>
  );
}

function NewPage({ onDone }: { onDone: () => void }) {
  const [path, setPath] = useState("");
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const name = path.trim().replace(/^\/+/, "");
    if (!name) return;
    location.hash = toPage(/\.[a-z]+$/i.test(name) ? name : `${name}.md`, "edit");
    onDone();
  };
  return (
    <form onSubmit={submit} className="px-3 pb-2">
      <Input autoFocus aria-label={t("Path of the new page")} placeholder="goals/new-page.md" value={path} onChange={(event) => setPath(event.target.value)} onKeyDown={(event) => event.key === "Escape" && onDone()} />
    </form>
  );
}

function Pages({ open }: { open: string | null }) {
  return (
    <QueryView query={usePages()}>
      {(rows) => (rows.length === 0 ? <p className="px-2 text-sm text-ink-3">{t("No pages yet. Tell your Grow Agent “remember that …”, or create a page yourself.")}</p> : <Tree rows={rows} open={open} />)}
    </QueryView>
  );
}

function Tree({ rows, open }: { rows: readonly PageRow[]; open: string | null }) {
  const tree = useMemo(() => pageTree(rows), [rows]);
  return <Level folder={tree} open={open} isLarge={rows.length > MANY_PAGES} />;
}

function Level({ folder, open, isLarge }: { folder: Folder; open: string | null; isLarge: boolean }) {
  const [limit, setLimit] = useState(MANY_PAGES);
  const { folders, pages, hidden } = firstRows(folder, limit);
  return (
    <ul>
      {folders.map((one) => (
        <FolderRow key={one.path} folder={one} open={open} isLarge={isLarge} />
      ))}
      {pages.map(({ name, path, copyOf }) => (
        <li key={path}>
          <a href={toPage(path)} aria-current={path === open ? "page" : undefined} className={cx("flex items-center gap-2 rounded-lg px-2 py-1 text-sm", path === open ? "bg-surface font-medium shadow-sm" : "text-ink-2 hover:bg-hover")}>
            <FileText className="size-4 shrink-0 text-ink-3" strokeWidth={1.6} aria-hidden />
            <span dir="auto" className="truncate">{name}</span>
            {copyOf && <span className="shrink-0 text-xs text-ink-3" title={t("A sync program has made it as a copy of {page}", { page: copyOf })}>{t("conflict copy")}</span>}
          </a>
        </li>
      ))}
      {hidden > 0 && (
        <li>
          <button type="button" onClick={() => setLimit(limit + MANY_PAGES)} className="cursor-pointer rounded-lg px-2 py-1 text-sm text-ink-2 hover:bg-hover">
            {t("Show more ({n} are left)", { n: hidden })}
          </button>
        </li>
      )}
    </ul>
  );
}

/** In a large memory only the folders of the open page start open. */
function FolderRow({ folder, open, isLarge }: { folder: Folder; open: string | null; isLarge: boolean }) {
  const [shown, setShown] = useState(!isLarge || (open?.startsWith(folder.path) ?? false));
  return (
    <li>
      <button type="button" aria-expanded={shown} onClick={() => setShown(!shown)} className="flex w-full cursor-pointer items-center gap-1.5 rounded-lg px-2 py-1 text-start text-sm text-ink-2 hover:bg-hover">
        <ChevronRight className={cx("size-3.5 text-ink-3 transition-transform", shown ? "rotate-90" : "rtl:rotate-180")} aria-hidden />
        <bdi>{folder.name}</bdi>
      </button>
      {shown && (
        <div className="ms-3.5 border-s border-line ps-1.5">
          <Level folder={folder} open={open} isLarge={isLarge} />
        </div>
      )}
    </li>
  );
}

function Hits({ text, open, line }: { text: string; open: string | null; line: number | null }) {
  const found = useMemorySearch(text);
  if (found.error) return <InlineError problem={found.error} />;
  if (found.data?.length === 0) return <p className="px-2 text-sm text-ink-3">{t("No matches for “{text}”.", { text })}</p>;
  return (
    <ul aria-label={t("Matching lines")}>
      {found.data?.map((hit) => {
        const isOpen = hit.path === open && hit.line === line;
        return (
          <li key={`${hit.path}:${hit.line}`}>
            {/* If the hit is open already, the link does not navigate, so scroll to it again. */}
            <a href={toLine(hit.path, hit.line)} aria-current={isOpen ? "true" : undefined} onClick={isOpen ? scrollToMarked : undefined} className={cx("block rounded-lg px-2 py-1.5", isOpen ? "bg-surface shadow-sm" : "hover:bg-hover")}>
              <span dir="auto" className="line-clamp-2 text-sm [overflow-wrap:anywhere]"><Hit text={hit.text} query={text} /></span>
              <span className="text-xs text-ink-3">
                {t("{path}, line {n}", { path: hit.path, n: hit.line })}
              </span>
            </a>
          </li>
        );
      })}
      {found.data && found.data.length >= SEARCH_LIMIT && <li className="px-2 py-1.5 text-xs text-ink-3">{t("These are the first {n} matches. Add words to find others.", { n: SEARCH_LIMIT })}</li>}
    </ul>
  );
}
