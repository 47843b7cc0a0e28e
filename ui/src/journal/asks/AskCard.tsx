/** An ask: a card with its answers while it is open, one line once it is settled. */
import { type FocusEvent, type KeyboardEvent, useLayoutEffect, useRef } from "react";
import type { Ask, AskSettlement } from "../../bridge";
import { askTitle } from "../../data/asks";
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
  const wasOpen = useRef(false);
  wasOpen.current ||= isOpen;
  const hadFocus = useRef(false);
  useLayoutEffect(() => {
    // The focused button is gone once the ask is settled. The card takes the focus, so that the keyboard keeps its place.
    if (!isOpen && hadFocus.current && document.activeElement === document.body) card.current?.focus({ preventScroll: true });
  }, [isOpen]);
  return (
    <div
      ref={card}
      tabIndex={-1}
      role="group"
      aria-label={askTitle(ask, agent)}
      data-ask={isOpen ? "open" : "settled"}
      onFocus={() => (hadFocus.current = true)}
      onBlur={(event) => (hadFocus.current = losesFocusUnasked(event))}
      onKeyDown={toFirstAnswer}
      className={cx("my-2 scroll-my-4 rounded-xl border", isOpen ? "rise border-warn/50 bg-surface p-4" : "border-line bg-surface px-2 py-1")}
    >
      {isOpen ? <OpenAsk ask={ask} agent={agent} raisedAt={raisedAt} hasLink={hasLink} answer={answer} /> : <SettledAsk ask={ask} agent={agent} settled={settled} hasLink={hasLink} isElsewhere={wasOpen.current && !answer.isSending} />}
    </div>
  );
}

/** Whether the focus leaves because of the program: its element is disabled or gone, or another program is in front. */
function losesFocusUnasked({ relatedTarget, target }: FocusEvent<HTMLElement>): boolean {
  if (relatedTarget !== null) return false;
  return !document.hasFocus() || !target.isConnected || target.matches(":disabled");
}

/** Enter on the card itself goes to its first answer. */
function toFirstAnswer(event: KeyboardEvent<HTMLElement>) {
  if (event.key !== "Enter" || event.target !== event.currentTarget) return;
  event.preventDefault();
  event.currentTarget.querySelector<HTMLElement>("[data-answer]:enabled")?.focus();
}
