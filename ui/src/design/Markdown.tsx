/**
 * Renders untrusted Markdown: no attributes of HTML, no scripts, no remote images; tags that are not known stand as text. Links to pages go to `onPage`, external links to the
 * LinkProvider, which asks the person first.
 */
import { Check, Copy } from "lucide-react";
import { createContext, memo, type ReactElement, type ReactNode, useContext, useEffect, useRef, useState } from "react";
import ReactMarkdown, { type Components, defaultUrlTransform } from "react-markdown";
import rehypeSanitize, { defaultSchema } from "rehype-sanitize";
import { blocks } from "./blocks";
import { IconButton } from "./Button";
import { joinCjkLines } from "./cjk";
import { readGfm } from "./gfm";
import { useOpenLink } from "./links";
import { addLineNumbers, useMarkedLine } from "./marked";
import { makeReadable } from "./readable";
import { NotCopied } from "./states";
import { readTags } from "./tags";
import { keepUnused } from "./unused";
import { useCopy } from "./useCopy";
import { readWikiLinks } from "./wikiLinks";
import { t } from "../words";

type Plugin = typeof import("./highlight").default;

let highlighter: Plugin | null = null;

/** The syntax highlighter, once it has loaded. */
function useHighlighter(wanted: boolean): Plugin | null {
  const [loaded, setLoaded] = useState<Plugin | null>(() => highlighter);
  useEffect(() => {
    if (!wanted || loaded) return;
    let live = true;
    import("./highlight").then(
      (module) => {
        highlighter = module.default;
        if (live) setLoaded(() => module.default);
      },
      () => {}, // Without the highlighter, code stays plain.
    );
    return () => {
      live = false;
    };
  }, [wanted, loaded]);
  return wanted ? loaded : null;
}

const Pages = createContext<((path: string) => void) | null>(null);

export const Markdown = memo(function Markdown(props: { text: string; streaming?: boolean; line?: number | null; onPage?: (path: string) => void }) {
  const parts = blocks(props.text);
  const root = useRef<HTMLDivElement>(null);
  useMarkedLine(root, parts, props.line ?? null);
  return (
    <Pages.Provider value={props.onPage ?? null}>
      <div ref={root} className="prose">
        {parts.map((part, index) => (
          <Part key={index} text={part} streaming={props.streaming === true && index === parts.length - 1} />
        ))}
      </div>
    </Pages.Provider>
  );
});

const Part = memo(function Part({ text, streaming }: { text: string; streaming: boolean }) {
  const plugin = useHighlighter(!streaming && text.includes("```"));
  return <div>{streaming ? parse(text.replace(BARE_MARKS, ""), plugin) : cachedParse(text, plugin)}</div>;
});

/** A last line that has only marks so far: it would be an empty item or heading, or turn the line above into a heading. */
const BARE_MARKS = /(?<=^|\n)(?:[ \t>#=*+`~-]|\d{1,9}[.)])*$/;

function parse(text: string, plugin: Plugin | null): ReactElement {
  const rehypePlugins = [readTags, sanitize, addLineNumbers, makeReadable, ...(plugin ? [plugin] : [])];
  return ReactMarkdown({ children: text, remarkPlugins: [readGfm, joinCjkLines, keepUnused, readWikiLinks], rehypePlugins, components, urlTransform });
}

/** As on GitHub, and links to places of this program. */
const SCHEMA = { ...defaultSchema, protocols: { ...defaultSchema.protocols, href: [...(defaultSchema.protocols?.["href"] ?? []), "growqr"] } };

const sanitize = () => rehypeSanitize(SCHEMA);

const urlTransform = (url: string) => (/^growqr:\/\//i.test(url) ? url : defaultUrlTransform(url));

/** An LRU cache of rendered blocks, so that a row that scrolls back into view, or a finished answer, is not parsed again. */
const cache = new Map<string, ReactElement>();
const CACHE_SIZE = 3_000;

function cachedParse(text: string, plugin: Plugin | null): ReactElement {
  const key = `${plugin ? "coloured" : "plain"} ${text}`;
  const known = cache.get(key) ?? parse(text, plugin);
  cache.delete(key);
  cache.set(key, known);
  for (const oldest of cache.keys()) {
    if (cache.size <= CACHE_SIZE) break;
    cache.delete(oldest);
  }
  return known;
}

const components: Components = {
  pre: ({ children, node }) => <CodeBlock line={node?.position?.start.line}>{children}</CodeBlock>,
  a: ({ href, children }) => <Link href={href ?? ""}>{children}</Link>,
  img: ({ alt, src }) => <span className="text-ink-3">[{t("image")}: {alt || String(src)}]</span>,
  input: ({ checked }) => <input type="checkbox" disabled checked={checked} aria-label={t("Done")} />,
  table: ({ children }) => (
    <div className="overflow-x-auto" tabIndex={0} role="group" aria-label={t("Table")}>
      <table>{children}</table>
    </div>
  ),
};

function CodeBlock({ line, children }: { line: number | undefined; children: ReactNode }) {
  const pre = useRef<HTMLPreElement>(null);
  const [copying, copy] = useCopy();
  const copied = copying === "copied";
  return (
    <div data-line={line} className="group relative overflow-hidden rounded-lg border border-line">
      <NotCopied state={copying} className="mt-0 border-b border-line py-2.5 pe-12 ps-3.5" />
      <pre ref={pre} tabIndex={0} aria-label={t("Code")}>
        {children}
      </pre>
      <IconButton
        label={copied ? t("Copied") : t("Copy code")}
        className="absolute top-1.5 end-1.5 bg-surface opacity-0 group-hover:opacity-100 focus-visible:opacity-100"
        onClick={() => copy(pre.current?.textContent ?? "")}
      >
        {copied ? <Check className="size-4" aria-hidden /> : <Copy className="size-4" aria-hidden />}
      </IconButton>
    </div>
  );
}

/** The link to a footnote, or back from it. */
const NOTE = /^#user-content-fn/;

/** Scrolls to a footnote of the same text. The sanitizer puts a prefix before its id. */
function showNote(from: HTMLElement, href: string) {
  const note = [...(from.closest(".prose")?.querySelectorAll<HTMLElement>("[id]") ?? [])].find((one) => one.id.endsWith(href.slice(1)));
  note?.scrollIntoView({ block: "center" });
}

function Link({ href, children }: { href: string; children: ReactNode }) {
  const onPage = useContext(Pages);
  const open = useOpenLink();
  // The sanitizer has removed unsafe addresses.
  if (!href) return <span>{children}</span>;
  const isPage = onPage !== null && !/^(?!growqr:)[a-z][a-z0-9+.-]*:|^\/\//i.test(href);
  return (
    <button
      type="button"
      role="link"
      className="link cursor-pointer text-start"
      title={href}
      onClick={(event) => {
        if (NOTE.test(href)) showNote(event.currentTarget, href);
        else if (isPage) onPage(href);
        else open(href);
      }}
    >
      {children}
    </button>
  );
}
