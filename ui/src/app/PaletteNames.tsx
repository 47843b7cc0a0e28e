/** What the palette finds by its name, and the way to search everything for what was typed. */
import { Command, defaultFilter } from "cmdk";
import { BookOpen, Bot, Search, Settings2 } from "lucide-react";
import type { ReactNode } from "react";
import { Dot } from "../design/Dot";
import { toAgent, toPage, toSection } from "../data/links";
import { useAgents, usePages } from "../data/queries";
import { SHORTCUTS } from "../data/shortcuts";
import { agentState } from "../data/status";
import { SECTIONS, type SectionId } from "../settings/sections";
import { t, type Text } from "../words";
import { type Action, ACTIONS, keysOf } from "./actions";
import { Group } from "./PaletteGroup";
import { VIEWS } from "./views";

const ROW = "flex cursor-pointer items-center gap-2.5 rounded-lg px-3 py-2 text-sm data-[selected=true]:bg-hover";
const ICON = "size-4 shrink-0 text-ink-3";
const SECTION_IDS = Object.keys(SECTIONS) as SectionId[];

/** From here on a name has what was typed, or its words begin like it. Below, it has the letters somewhere in this order. */
const GOOD_FIT = 0.5;

interface Named {
  /** What is typed is looked for in it. */
  name: string;
  /** Of what is risky: one of them must begin with what is typed. */
  beginnings?: readonly string[];
  onSelect: () => void;
  content: ReactNode;
}
interface NamedGroup {
  heading: Text;
  items: readonly Named[];
}

export function PaletteNames(props: { text: string; isBusy: boolean; onGo: (href: string) => () => void; onAct: (action: Action) => void; onSearch: () => void }) {
  const text = props.text.trim();
  const groups = useNames(props);
  return (
    <>
      {(text === "" ? groups : fitting(groups, text)).map(({ heading, items }) => (
        <Group key={heading} heading={t(heading)}>
          {items.map(({ name, onSelect, content }) => (
            <Command.Item key={name} value={`${heading} ${name}`} onSelect={onSelect} className={ROW}>
              {content}
            </Command.Item>
          ))}
        </Group>
      ))}
      {/* The last one, so that Enter goes to a name. */}
      {text !== "" && (
        <Command.Group>
          <Command.Item value="search everything" onSelect={props.onSearch} className={ROW}>
            <Search className={ICON} aria-hidden />
            <span dir="auto" className="min-w-0 truncate">
              {t("Search everything for “{text}”", { text })}
            </span>
          </Command.Item>
        </Command.Group>
      )}
    </>
  );
}

/** What fits the typed text, the best first, and nothing that fits poorly beside something that fits well. */
function fitting(groups: readonly NamedGroup[], text: string): NamedGroup[] {
  const fits = groups.map(({ heading, items }) => {
    const scored = items.map((item) => ({ item, fit: fitOf(item, text) })).sort((a, b) => b.fit - a.fit);
    return { heading, scored, best: scored[0]?.fit ?? 0 };
  });
  const least = Math.max(...fits.map(({ best }) => best)) >= GOOD_FIT ? GOOD_FIT : Number.MIN_VALUE;
  // A poor fit may open a wrong place, but must not run an action.
  const leastOf = (heading: Text) => (heading === "Actions" ? GOOD_FIT : least);
  const found = fits.sort((a, b) => b.best - a.best);
  return found.map(({ heading, scored }) => ({ heading, items: scored.filter(({ fit }) => fit >= leastOf(heading)).map(({ item }) => item) }));
}

function fitOf({ name, beginnings }: Named, text: string): number {
  if (!beginnings) return defaultFilter(name, text);
  const typed = text.toLowerCase();
  const found = beginnings.find((words) => words.toLowerCase().startsWith(typed));
  const hasWord = found !== undefined && typed.length >= found.split(" ", 1).join().length;
  return hasWord ? 1 : found === undefined ? 0 : GOOD_FIT;
}

function useNames(props: { isBusy: boolean; onGo: (href: string) => () => void; onAct: (action: Action) => void }): NamedGroup[] {
  const agents = useAgents().data ?? [];
  const pages = usePages().data ?? [];
  const { onGo: go } = props;
  const views = VIEWS.map(({ view, label, icon: Icon, href }) => ({
    name: `${t(label)} ${label}`,
    onSelect: go(href),
    content: (
      <>
        <Icon className={ICON} aria-hidden /> {t(label)} <Keys keys={SHORTCUTS[view][0]} />
      </>
    ),
  }));
  const actions = ACTIONS.map((action) => ({
    name: `${t(action.label)} ${action.label} ${action.words ?? ""}`,
    ...(action.isRisky && { beginnings: [action.label, ...(action.words?.split(" ") ?? [])] }),
    onSelect: () => !props.isBusy && props.onAct(action),
    content: (
      <>
        <action.icon className={ICON} aria-hidden /> {t(action.label)} <Keys keys={keysOf(action)} />
      </>
    ),
  }));
  const sections = SECTION_IDS.map((id) => ({
    name: `${t("Settings")}: ${t(SECTIONS[id])} ${SECTIONS[id]}`,
    onSelect: go(toSection(id)),
    content: (
      <>
        <Settings2 className={ICON} aria-hidden /> {t(SECTIONS[id])}
      </>
    ),
  }));
  const named = agents.map((agent) => ({
    name: `${agent.name} ${agent.id}`,
    onSelect: go(toAgent(agent.id)),
    content: (
      <>
        <Bot className={ICON} aria-hidden /> <bdi className="min-w-0 truncate">{agent.name}</bdi>
        <span className="ms-auto flex items-center gap-2 text-xs text-ink-3">
          {agentState(agent).label} <Dot tone={agentState(agent).tone} />
        </span>
      </>
    ),
  }));
  const paths = pages.map(({ path }) => ({
    name: path,
    onSelect: go(toPage(path)),
    content: (
      <>
        <BookOpen className={ICON} aria-hidden /> <bdi className="min-w-0 truncate">{path}</bdi>
      </>
    ),
  }));
  return [
    { heading: "Views", items: views },
    { heading: "Actions", items: actions },
    { heading: "Settings", items: sections },
    { heading: "Agents", items: named },
    { heading: "Pages", items: paths },
  ];
}

function Keys({ keys }: { keys: string | null }) {
  return keys !== null && <kbd className="ms-auto font-sans text-xs text-ink-3">{keys}</kbd>;
}
