/**
 * What becomes, at the start of a page, of messages that an earlier page was sending. The web view writes its storage to the disk a
 * moment later, so after a kill there is the message that was being sent, or still its draft, or both; and the journal may have it.
 */
import type { EventLine } from "../bridge";
import type { Drafts } from "./drafts";
import { understood } from "./events";
import type { Journal } from "./journals";
import { type Sending, whenGone } from "./sending";

/**
 * `journal`: that of the Grow Agent, which also has what was written to its sub-agents. As long as it could not be read, nothing is
 * settled: a message that is recorded must not come back.
 */
export function settleSent(drafts: Drafts, journal: () => Pick<Journal, "lines" | "status">) {
  if (journal().status !== "ready") return;
  const isRecorded = (id: string) => journal().lines.some((line) => idOf(line) === id);
  for (const agent of begun(drafts)) {
    const id = drafts.get("id", agent);
    if (isRecorded(id)) drafts.sent(agent, id);
  }
  for (const message of sending(drafts)) {
    const { agent, id, page } = message;
    if (page === drafts.page) continue;
    // Another window may be sending it.
    void whenGone(page, () => {
      if (!sending(drafts).some((one) => one.id === id)) return;
      if (isRecorded(id)) drafts.sent(agent, id);
      else drafts.putBack(agent, message);
    });
  }
}

/** The id of the person's message that the line records. */
function idOf(line: EventLine): string | null {
  const event = understood(line);
  if (event?.kind === "user_said") return event.data.id;
  return event?.kind === "child_told" ? event.data.message : null;
}

/** The messages that pages have begun to send. */
function sending(drafts: Drafts): Sending[] {
  return keysOf(drafts, "sending").flatMap((key) => parsed(localStorage.getItem(`sending:${drafts.profile}:${key}`)) ?? []);
}

/** The agents to which a message is begun. */
function begun(drafts: Drafts): string[] {
  return keysOf(drafts, "id");
}

function keysOf({ profile }: Drafts, kind: "id" | "sending"): string[] {
  const start = `${kind}:${profile}:`;
  return Object.keys(localStorage).flatMap((key) => (key.startsWith(start) ? key.slice(start.length) : []));
}

function parsed(json: string | null): Sending | null {
  try {
    const sending = JSON.parse(json ?? "") as Partial<Sending> | null;
    return typeof sending?.id === "string" && typeof sending.agent === "string" && typeof sending.text === "string" ? { page: "", files: "", ...sending } as Sending : null;
  } catch {
    return null;
  }
}
