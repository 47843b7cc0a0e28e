/** The tree of agents, each with its status, time and cost. */
import { cx } from "../design/cx";
import { Dot, TEXT } from "../design/Dot";
import { UnreadBadge } from "../design/UnreadBadge";
import { useNow } from "../design/useNow";
import { useTrouble } from "../data/health";
import { toAgent } from "../data/links";
import { exactMoney, money } from "../data/money";
import { useUnread } from "../data/queries";
import { agentState, isBusy, type Node } from "../data/status";
import { ago, duration } from "../data/time";
import { TurnTime } from "./Elapsed";

export function AgentTree({ nodes, open, most }: { nodes: readonly Node[]; open: string; most: number }) {
  return (
    <ul>
      {nodes.map((node) => (
        <li key={node.agent.id}>
          <AgentRow node={node} isOpen={node.agent.id === open} most={most} />
          {node.children.length > 0 && (
            <div className="ml-3.5 border-l border-line pl-1.5">
              <AgentTree nodes={node.children.toReversed()} open={open} most={most} />
            </div>
          )}
        </li>
      ))}
    </ul>
  );
}

function AgentRow({ node, isOpen, most }: { node: Node; isOpen: boolean; most: number }) {
  const { agent, total } = node;
  const busy = isBusy(agent);
  const now = useNow(busy);
  const { label, tone } = agentState(agent, false, useTrouble(agent.id) !== undefined);
  const time = !busy ? ago(agent.updated_at, now) : agent.parent === null ? <TurnTime agent={agent} /> : duration(now - agent.created_at);
  return (
    <a href={toAgent(agent.id)} aria-current={isOpen ? "page" : undefined} className={cx("block rounded-lg px-2 py-1.5 text-sm", isOpen ? "bg-surface shadow-sm" : "hover:bg-hover")}>
      <span className="flex items-center gap-2">
        <Dot tone={tone} />
        <span dir="auto" className={cx("truncate", isOpen && "font-medium")}>{agent.name}</span>
        <UnreadBadge count={useUnread().data.get(agent.id) ?? 0} />
        <span className={cx("ml-auto text-xs whitespace-nowrap", TEXT[tone])}>{label}</span>
      </span>
      <span className="mt-1 flex items-center gap-2 pl-4 text-xs text-ink-3 tabular-nums">
        <span aria-hidden className="h-1 grow overflow-hidden rounded-full bg-hover">
          <span className="block h-full rounded-full bg-accent" style={{ width: `${total > 0 ? Math.max(3, (100 * total) / most) : 0}%` }} />
        </span>
        <span title={exactMoney(total)}>{money(total)}</span>
        <span className="w-18 text-right whitespace-nowrap">{time}</span>
      </span>
    </a>
  );
}
