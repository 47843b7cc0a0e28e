/** The merged event log of all agents. */
import { ArrowLeft, Hash } from "lucide-react";
import { ALL } from "../data/journals";
import { toAgents } from "../data/links";
import { EventLog } from "./EventLog";

export function AllEvents({ missing }: { missing: string | null }) {
  return (
    <>
      <header className="flex h-13 shrink-0 items-center gap-2 border-b border-line px-6">
        <a href={toAgents} className="@2xl/view:hidden" aria-label="Back to the list of agents">
          <ArrowLeft className="size-4" aria-hidden />
        </a>
        <Hash className="size-4 shrink-0 text-ink-3" aria-hidden />
        <h2 className="font-semibold whitespace-nowrap">All agents</h2>
        <span className="text-xs text-ink-3">{missing ? `There is no agent ${missing}. Here are the events of all agents.` : "Every event, oldest first"}</span>
      </header>
      <EventLog agent={ALL} />
    </>
  );
}
