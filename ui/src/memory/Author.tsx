/** The author of a change: the person, or an agent, linked to the tool call that made it. */
import { Bot, UserRound } from "lucide-react";
import type { CommitOrigin } from "../bridge";
import { toAgent } from "../data/links";
import { useAgent } from "../data/queries";
import { t } from "../words";

export function Author({ name, origin }: { name: string; origin: CommitOrigin | null }) {
  const agent = useAgent(origin?.agent ?? "");
  if (!origin) {
    return (
      <span className="inline-flex items-center gap-1.5">
        <UserRound className="size-3.5 text-ink-3" aria-hidden /> {name}
      </span>
    );
  }
  return (
    <a href={toAgent(origin.agent, origin.tool_call)} className="inline-flex max-w-full min-w-0 items-center gap-1.5 align-top text-accent-ink hover:underline" title={t("Turn {n}, tool call {call}", { n: origin.turn, call: origin.tool_call })}>
      <Bot className="size-3.5 shrink-0" aria-hidden /> <span className="truncate">{agent?.name ?? name}</span>
    </a>
  );
}
