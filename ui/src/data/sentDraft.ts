/**
 * The draft of a message that was sent. The web view writes its storage to the disk a moment later, so if the program is killed right
 * after sending, the next start finds the message in the journal and its draft, too.
 */
import type { EventLine } from "../bridge";
import { hashes } from "./attachedFiles";
import { type Drafts, joined, MESSAGE_PARTS } from "./drafts";
import { understood } from "./events";

/** Forgets the draft of a message to the agent if the same message was recorded since the draft was begun. */
export function forgetSentDraft(drafts: Drafts, agent: string, lines: readonly EventLine[]) {
  const after = drafts.get("after", agent);
  // A draft of an earlier build.
  if (after === "") return;
  const text = joined(drafts.get("draft", agent), drafts.get("paste", agent)).trim();
  const files = hashes(drafts.get("files", agent)).join();
  const isSent = lines.some((line) => {
    const event = line.seq > Number(after) ? understood(line) : null;
    return event?.kind === "user_said" && event.data.text === text && (event.data.attachments ?? []).map(({ hash }) => hash).join() === files;
  });
  if (isSent) for (const part of MESSAGE_PARTS) drafts.set(part, agent, "");
}
