/** The command palette: finds views, sections of the settings, actions, agents and pages by name. */
import { useMutation } from "@tanstack/react-query";
import { Command } from "cmdk";
import { BookOpen, Bot, Settings2 } from "lucide-react";
import type { ReactNode } from "react";
import type { HostError } from "../bridge";
import { Dot } from "../design/Dot";
import { InlineError } from "../design/states";
import { useHost, useRequest } from "../data/context";
import { toAgent, toPage, toSection } from "../data/links";
import { useAgents, usePages } from "../data/queries";
import { SHORTCUTS } from "../data/shortcuts";
import { agentState } from "../data/status";
import { SECTIONS, type SectionId } from "../settings/sections";
import { t } from "../words";
import { type Action, ACTIONS, keysOf } from "./actions";
import { VIEWS } from "./views";

const ROW = "flex cursor-pointer items-center gap-2.5 rounded-lg px-3 py-2 text-sm data-[selected=true]:bg-hover";
const ICON = "size-4 shrink-0 text-ink-3";
const SECTION_IDS = Object.keys(SECTIONS) as SectionId[];

export default function Palette({ onClose }: { onClose: () => void }) {
  const agents = useAgents().data ?? [];
  const pages = usePages().data ?? [];
  const host = useHost();
  const request = useRequest();
  const act = useMutation<unknown, HostError, Action>({ mutationFn: async (action) => action.run(host, request.mutateAsync), onSuccess: onClose });
  const go = (href: string) => () => {
    location.hash = href;
    onClose();
  };
  return (
    <Command.Dialog
      open
      onOpenChange={(open) => !open && onClose()}
      label={t("Go to")}
      overlayClassName="fixed inset-0 bg-veil"
      contentClassName="fixed inset-x-0 top-[14vh] z-10 mx-auto w-[min(36rem,92vw)] overflow-hidden rounded-2xl border border-line bg-surface shadow-card"
    >
      <Command.Input placeholder={t("Go to a view, a setting, an agent, a page, or do something…")} className="w-full border-b border-line bg-transparent px-5 py-3.5 outline-none placeholder:text-ink-3" />
      <div className="px-5 empty:hidden">
        <InlineError problem={act.error} />
      </div>
      <Command.List className="max-h-[50vh] overflow-y-auto p-2">
        <Command.Empty className="px-3 py-6 text-center text-sm text-ink-3">{t("No matches.")}</Command.Empty>
        <Group heading={t("Views")}>
          {VIEWS.map(({ view, label, icon: Icon, href }) => (
            <Command.Item key={href} value={`${t(label)} ${label}`} onSelect={go(href)} className={ROW}>
              <Icon className={ICON} aria-hidden /> {t(label)} <Keys keys={SHORTCUTS[view][0]} />
            </Command.Item>
          ))}
        </Group>
        <Group heading={t("Actions")}>
          {ACTIONS.map((action) => (
            <Command.Item key={action.label} value={`${t(action.label)} ${action.label} ${action.words ?? ""}`} onSelect={() => !act.isPending && act.mutate(action)} className={ROW}>
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
      </Command.List>
    </Command.Dialog>
  );
}

function Group({ heading, children }: { heading: string; children: readonly ReactNode[] }) {
  if (children.length === 0) return null;
  return (
    <Command.Group heading={heading} className="[&>[cmdk-group-heading]]:px-3 [&>[cmdk-group-heading]]:pt-2 [&>[cmdk-group-heading]]:pb-1 [&>[cmdk-group-heading]]:text-xs [&>[cmdk-group-heading]]:text-ink-3">
      {children}
    </Command.Group>
  );
}

function Keys({ keys }: { keys: string | null }) {
  return keys !== null && <kbd className="ms-auto font-sans text-xs text-ink-3">{keys}</kbd>;
}
