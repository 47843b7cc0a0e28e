/** The agents view: the tree of agents beside the open agent or all events. */
import { Hash } from "lucide-react";
import { cx } from "../design/cx";
import { QueryView } from "../design/states";
import { ALL } from "../data/journals";
import { toAgent } from "../data/links";
import { useAgents } from "../data/queries";
import { tree } from "../data/status";
import { AgentTree } from "./AgentTree";
import { AgentView } from "./AgentView";
import { AllEvents } from "./AllEvents";

export default function Agents({ id, at }: { id: string | null; at: string | null }) {
  const agents = useAgents();
  const open = id ?? ALL;
  return (
    <QueryView query={agents}>
      {(list) => {
        const roots = tree(list);
        const agent = list.find((one) => one.id === open);
        return (
          <section aria-label="Agents" className="flex h-full min-w-0">
            <div className={cx("w-full shrink-0 flex-col border-r border-line @2xl/view:flex @2xl/view:w-80", id === null ? "flex" : "hidden")}>
              <h2 className="flex h-13 shrink-0 items-center px-5 font-semibold">Agents</h2>
              <a href={toAgent(ALL)} aria-current={open === ALL ? "page" : undefined} className={cx("mx-3 mb-1 flex shrink-0 items-center gap-2 rounded-lg px-2 py-1.5 text-sm", open === ALL ? "bg-surface font-medium shadow-sm" : "text-ink-2 hover:bg-hover")}>
                <Hash className="size-4 text-ink-3" aria-hidden /> All agents
                <span className="ml-auto text-xs font-normal text-ink-3">events</span>
              </a>
              {list.length > 0 && <AgentTree nodes={roots} open={open} />}
              {list.length === 0 && <p className="px-5 py-4 text-sm text-ink-3">No agents yet. Your first message starts the Grow Agent.</p>}
            </div>
            <div className={cx("min-w-0 grow flex-col @2xl/view:flex", id === null ? "hidden" : "flex")}>{agent ? <AgentView key={agent.id} agent={agent} at={at} /> : <AllEvents missing={open === ALL ? null : open} />}</div>
          </section>
        );
      }}
    </QueryView>
  );
}
