/** The agents view: the tree of agents beside the open agent or all events. */
import { Hash } from "lucide-react";
import { cx } from "../design/cx";
import { QueryView } from "../design/states";
import { toAgent } from "../data/links";
import { useAgents } from "../data/queries";
import { tree } from "../data/status";
import { t } from "../words";
import { AgentTree } from "./AgentTree";
import { AgentView } from "./AgentView";
import { Channel } from "./Channel";
import { CHANNELS } from "./channels";

export default function Agents({ id, at }: { id: string | null; at: string | null }) {
  const agents = useAgents();
  const open = id ?? CHANNELS[0].id;
  return (
    <QueryView query={agents}>
      {(list) => {
        const roots = tree(list);
        const agent = list.find((one) => one.id === open);
        return (
          <section aria-label={t("Agents")} className="flex h-full min-w-0">
            <div className={cx("w-full shrink-0 flex-col border-e border-line @2xl/view:flex @2xl/view:w-80", id === null ? "flex" : "hidden")}>
              <h2 className="flex h-13 shrink-0 items-center px-5 font-semibold">{t("Agents")}</h2>
              <nav aria-label={t("Logs")} className="mb-2 flex shrink-0 flex-wrap gap-1 px-3">
                {CHANNELS.map((channel) => (
                  <a key={channel.id} href={toAgent(channel.id)} aria-current={open === channel.id ? "page" : undefined} className={cx("flex items-center gap-1 rounded-lg px-2 py-1.5 text-sm", open === channel.id ? "bg-surface font-medium shadow-sm" : "text-ink-2 hover:bg-hover")}>
                    <Hash className="size-3.5 text-ink-3" aria-hidden /> {t(channel.label)}
                  </a>
                ))}
              </nav>
              {list.length > 0 && <AgentTree nodes={roots} open={open} />}
              {list.length === 0 && <p className="px-5 py-4 text-sm text-ink-3">{t("No agents yet. Your first message starts the Grow Agent.")}</p>}
            </div>
            <div className={cx("min-w-0 grow flex-col @2xl/view:flex", id === null ? "hidden" : "flex")}>{agent ? <AgentView key={agent.id} agent={agent} at={at} /> : <Channel id={open} />}</div>
          </section>
        );
      }}
    </QueryView>
  );
}
