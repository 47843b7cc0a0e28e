/** The number of unread messages, of one agent or of all but the Grow Agent. */
import { GROW } from "../data/journals";
import { useUnread } from "../data/queries";
import { UnreadBadge } from "../design/UnreadBadge";

export default function UnreadCount({ of, className }: { of: string | "sub-agents"; className?: string }) {
  const unread = useUnread().data;
  const counts = of === "sub-agents" ? [...unread].flatMap(([agent, count]) => (agent === GROW ? [] : [count])) : [unread.get(of) ?? 0];
  return <UnreadBadge count={counts.reduce((sum, count) => sum + count, 0)} className={className} />;
}
