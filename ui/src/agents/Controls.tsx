/** The controls of an agent: let it finish, stop it, or resume it. */
import { ChevronDown, Flag, Play, Square } from "lucide-react";
import { DropdownMenu as Radix } from "radix-ui";
import { useState } from "react";
import type { Agent } from "../bridge";
import { Button, IconButton } from "../design/Button";
import type { useRequest } from "../data/context";
import { useAgents } from "../data/queries";
import { canResume, isBusy } from "../data/status";

const ROW = "cursor-pointer rounded-lg px-2.5 py-1.5 text-sm outline-none data-[highlighted]:bg-hover";

export function Controls({ agent, request }: { agent: Agent; request: ReturnType<typeof useRequest> }) {
  const agents = useAgents().data ?? [];
  // The turn that was asked to finish.
  const [finishing, setFinishing] = useState<number | null>(null);
  const isFinishing = finishing === agent.turn;
  const hasSubAgents = agents.some((one) => one.parent === agent.id && isBusy(one));
  const finish = (tree: boolean) => request.mutate({ op: "finish", agent: agent.id, tree }, { onSuccess: () => setFinishing(agent.turn) });
  const stop = (tree: boolean) => request.mutate({ op: "cancel", agent: agent.id, tree });
  if (canResume(agent)) {
    return (
      <Button disabled={request.isPending} onClick={() => request.mutate({ op: "resume", agent: agent.id, id: crypto.randomUUID() })}>
        <Play className="size-3.5" aria-hidden /> Resume
      </Button>
    );
  }
  if (!isBusy(agent)) return null;
  return (
    <>
      <Button title="No further steps: it reports what it has, and so do its sub-agents" disabled={request.isPending || isFinishing} onClick={() => finish(true)}>
        <Flag className="size-3.5" aria-hidden /> {isFinishing ? "Finishing" : "Finish"}
      </Button>
      <Button title="Stops it and all its sub-agents at once" disabled={request.isPending} onClick={() => stop(true)}>
        <Square className="size-3 fill-current" aria-hidden /> Stop
      </Button>
      {hasSubAgents && (
        <Radix.Root modal={false}>
          <Radix.Trigger asChild>
            <IconButton label="Only this agent" look="plain" disabled={request.isPending}>
              <ChevronDown className="size-4" aria-hidden />
            </IconButton>
          </Radix.Trigger>
          <Radix.Content align="end" sideOffset={6} collisionPadding={8} className="z-20 w-64 rounded-2xl border border-line bg-surface p-1.5 text-ink shadow-card">
            <Radix.Label className="px-2.5 py-1 text-xs text-ink-3">Its sub-agents work on</Radix.Label>
            <Radix.Item className={ROW} disabled={isFinishing} onSelect={() => finish(false)}>
              Finish only this agent
            </Radix.Item>
            <Radix.Item className={ROW} onSelect={() => stop(false)}>
              Stop only this agent
            </Radix.Item>
          </Radix.Content>
        </Radix.Root>
      )}
    </>
  );
}
