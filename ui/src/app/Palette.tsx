/** The command palette: finds views, agents and pages by name. */
import { Command } from "cmdk";
import { BookOpen, Bot, MessageSquarePlus } from "lucide-react";
import { Dot } from "../design/Dot";
import { InlineError } from "../design/states";
import { useRequest } from "../data/context";
import { toAgent, toChat, toPage } from "../data/links";
import { useAgents, usePages } from "../data/queries";
import { agentState } from "../data/status";
import { VIEWS } from "./views";

const ROW = "flex cursor-pointer items-center gap-2.5 rounded-lg px-3 py-2 text-sm data-[selected=true]:bg-hover";

export default function Palette({ onClose }: { onClose: () => void }) {
  const agents = useAgents().data ?? [];
  const pages = usePages().data ?? [];
  const request = useRequest();
  const go = (href: string) => () => {
    location.hash = href;
    onClose();
  };
  const startFresh = () => {
    if (!request.isPending) request.mutate({ op: "start_fresh", id: crypto.randomUUID() }, { onSuccess: go(toChat) });
  };
  return (
    <Command.Dialog
      open
      onOpenChange={(open) => !open && onClose()}
      label="Go to"
      overlayClassName="fixed inset-0 bg-veil"
      contentClassName="fixed top-[14vh] left-1/2 z-10 w-[min(36rem,92vw)] -translate-x-1/2 overflow-hidden rounded-2xl border border-line bg-surface shadow-card"
    >
      <Command.Input placeholder="Go to a view, an agent, a page…" className="w-full border-b border-line bg-transparent px-5 py-3.5 outline-none placeholder:text-ink-3" />
      <div className="px-5 empty:hidden">
        <InlineError problem={request.error} />
      </div>
      <Command.List className="max-h-[50vh] overflow-y-auto p-2">
        <Command.Empty className="px-3 py-6 text-center text-sm text-ink-3">No matches.</Command.Empty>
        {VIEWS.map(({ label, icon: Icon, href }) => (
          <Command.Item key={href} value={label} onSelect={go(href)} className={ROW}>
            <Icon className="size-4 text-ink-3" aria-hidden /> {label}
          </Command.Item>
        ))}
        <Command.Item value="Start fresh, new conversation" onSelect={startFresh} className={ROW}>
          <MessageSquarePlus className="size-4 text-ink-3" aria-hidden /> Start fresh
        </Command.Item>
        {agents.map((agent) => (
          <Command.Item key={agent.id} value={`${agent.name} ${agent.id}`} onSelect={go(toAgent(agent.id))} className={ROW}>
            <Bot className="size-4 text-ink-3" aria-hidden /> {agent.name}
            <span className="ml-auto flex items-center gap-2 text-xs text-ink-3">
              {agentState(agent).label} <Dot tone={agentState(agent).tone} />
            </span>
          </Command.Item>
        ))}
        {pages.map(({ path }) => (
          <Command.Item key={path} value={path} onSelect={go(toPage(path))} className={ROW}>
            <BookOpen className="size-4 text-ink-3" aria-hidden /> {path}
          </Command.Item>
        ))}
      </Command.List>
    </Command.Dialog>
  );
}
