/** An ask: a card with its answers while it is open, one line once it is settled. */
import { useLayoutEffect, useRef } from "react";
import type { Ask, AskSettlement } from "../../bridge";
import { cx } from "../../design/cx";
import { OpenAsk } from "./OpenAsk";
import { SettledAsk } from "./SettledAsk";
import { useAnswer } from "./useAnswer";

export interface AskCardProps {
  ask: Ask;
  /** The agent that asks. */
  agent: { id: string; name: string };
  raisedAt: number;
  settled: AskSettlement | null;
  /** Whether the card shows a link to the agent. */
  hasLink: boolean;
}

export function AskCard({ ask, agent, raisedAt, settled, hasLink }: AskCardProps) {
  const card = useRef<HTMLDivElement>(null);
  const answer = useAnswer(ask.id);
  const isOpen = settled === null && !answer.isElsewhere;
  const hadFocus = useRef(false);
  useLayoutEffect(() => {
    // The focused button is gone once the ask is settled. The card takes the focus, so that the keyboard keeps its place.
    if (!isOpen && hadFocus.current && document.activeElement === document.body) card.current?.focus();
  }, [isOpen]);
  return (
    <div
      ref={card}
      tabIndex={-1}
      role="group"
      aria-label={`${agent.name} asks: ${ask.text}`}
      data-ask={isOpen ? "open" : "settled"}
      onFocus={() => (hadFocus.current = true)}
      onBlur={(event) => event.relatedTarget !== null && (hadFocus.current = false)}
      className={cx("my-2 rounded-xl border", isOpen ? "rise border-warn/50 bg-surface p-4" : "border-line bg-surface px-2 py-1")}
    >
      {isOpen ? <OpenAsk ask={ask} agent={agent} raisedAt={raisedAt} hasLink={hasLink} answer={answer} /> : <SettledAsk ask={ask} agent={agent} settled={settled} hasLink={hasLink} problem={answer.isElsewhere ? answer.error : null} />}
    </div>
  );
}
