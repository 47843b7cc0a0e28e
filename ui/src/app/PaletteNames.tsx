/** What the palette finds by its name, and the way to search everything for what was typed. */
import { Command, defaultFilter } from "cmdk";
import { BookOpen, Bot, Search, Settings2 } from "lucide-react";
import { Dot } from "../design/Dot";
import { toAgent, toPage, toSection } from "../data/links";
import { useAgents, usePages } from "../data/queries";
import { SHORTCUTS } from "../data/shortcuts";
import { agentState } from "../data/status";
import { SECTIONS, type SectionId } from "../settings/sections";
import { t } from "../words";
import { type Action, ACTIONS, keysOf } from "./actions";
import { Group } from "./PaletteGroup";
import { VIEWS } from "./views";

const ROW = "flex cursor-pointer items-center gap-2.5 rounded-lg px-3 py-2 text-sm data-[selected=true]:bg-hover";
const ICON = "size-4 shrink-0 text-ink-3";
/** The value of the item that searches: it stays whatever is typed, as the last one, so that Enter goes to a name. */
const SEARCH_ITEM = "search everything";
const SECTION_IDS = Object.keys(SECTIONS) as SectionId[];

/** How well an item fits what was typed. */
export function fit(value: string, typed: string, keywords?: string[]): number {
  return value === SEARCH_ITEM ? Number.MIN_VALUE : defaultFilter(value, typed, keywords);
}

export function PaletteNames(props: { text: string; isBusy: boolean; onGo: (href: string) => () => void; onAct: (action: Action) => void; onSearch: () => void }) {
  const agents = useAgents().data ?? [];
  const pages = usePages().data ?? [];
  const { onGo: go } = props;
  const text = props.text.trim();
  return (
    <>
      <Group heading={t("Views")}>
        {VIEWS.map(({ view, label, icon: Icon, href }) => (
          <Command.Item key={href} value={`${t(label)} ${label}`} onSelect={go(href)} className={ROW}>
            <Icon className={ICON} aria-hidden /> {t(label)} <Keys keys={SHORTCUTS[view][0]} />
          </Command.Item>
        ))}
      </Group>
      <Group heading={t("Actions")}>
        {ACTIONS.map((action) => (
          <Command.Item key={action.label} value={`${t(action.label)} ${action.label} ${action.words ?? ""}`} onSelect={() => !props.isBusy && props.onAct(action)} className={ROW}>
            <action.icon className={ICON} aria-hidden /> {t(action.label)} <Keys keys={keysOf(action)} />
          </Command.Item>
        ))}
      </Group>
      <Group heading={t("Settings")}>
        {SECTION_IDS.map((id) => (
          <Command.Item key={id} value={`${t("Settings")}: ${t(SECTIONS[id])} ${SECTIONS[id]}`} onSelect={go(toSection(id))} className={ROW}>
            <Settings2 className={ICON} aria-hidden /> {t(SECTIONS[id])}
          </Command.Item>
        ))}
      </Group>
      <Group heading={t("Agents")}>
        {agents.map((agent) => (
          <Command.Item key={agent.id} value={`${agent.name} ${agent.id}`} onSelect={go(toAgent(agent.id))} className={ROW}>
            <Bot className={ICON} aria-hidden /> <bdi className="min-w-0 truncate">{agent.name}</bdi>
            <span className="ms-auto flex items-center gap-2 text-xs text-ink-3">
              {agentState(agent).label} <Dot tone={agentState(agent).tone} />
            </span>
          </Command.Item>
        ))}
      </Group>
      <Group heading={t("Pages")}>
        {pages.map(({ path }) => (
          <Command.Item key={path} value={path} onSelect={go(toPage(path))} className={ROW}>
            <BookOpen className={ICON} aria-hidden /> <bdi className="min-w-0 truncate">{path}</bdi>
          </Command.Item>
        ))}
      </Group>
      {text !== "" && (
        <Command.Group>
          <Command.Item value={SEARCH_ITEM} onSelect={props.onSearch} className={ROW}>
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

function Keys({ keys }: { keys: string | null }) {
  return keys !== null && <kbd className="ms-auto font-sans text-xs text-ink-3">{keys}</kbd>;
}
