/**
 * The unsent message to an agent: the typed text, a long pasted text, which would take a text field seconds to lay out, and the
 * attached files. All are stored as drafts and sent as one message.
 */
import { useEffect, useState } from "react";
import { merged } from "../data/attachedFiles";
import { bytes } from "../data/bytes";
import { useDraft, useDrafts } from "../data/context";
import { joined } from "../data/drafts";
import { t } from "../words";

/** The most bytes of a message; the host refuses more. */
const MESSAGE_LIMIT = 1 << 20;

/** A text of more characters is kept apart from the text field. */
const LONG_TEXT = 50_000;

/** A message as it is sent. */
export interface Message {
  /** The host ignores a second message with the same id. */
  id: string;
  text: string;
  /** The draft of the attached files. */
  files: string;
}

export interface MessageDraft {
  typed: string;
  /** The long text that follows what is typed, or an empty string. */
  pasted: string;
  /** Whether files are attached. */
  hasFiles: boolean;
  /** Why the last text was not taken, or the message not sent. */
  refusal: string | null;
  /** Changes what is typed. A long text that came with one change is kept apart; `cursor` is where it ends. */
  type(text: string, cursor: number): void;
  /** Takes a long text to be pasted; `false` leaves a short one to the text field. */
  paste(text: string): boolean;
  removePasted(): void;
  /** To be called when the files change. */
  changed(): void;
  /** Empties the draft and returns the message; `null` if there is none that can be sent. */
  take(): Message | null;
  /** To be called once a taken message is recorded. Until then, its draft comes back after a crash. */
  sent(): void;
  /** Puts a message that could not be sent before what was written since. Also after the view is gone. */
  putBack(message: Message): void;
}

/** By agent, the id of a message that was put back and is unchanged: it may have arrived although sending failed. */
const failedIds = new Map<string, string>();

export function useMessageDraft(agent: string): MessageDraft {
  const drafts = useDrafts();
  const kept = useDraft("draft", agent);
  const typed = kept.length > LONG_TEXT ? "" : kept;
  const pasted = useDraft("paste", agent);
  const files = merged(useDraft("files", agent));
  const [refusal, setRefusal] = useState<string | null>(null);

  const changed = () => void failedIds.delete(agent);
  const setTyped = (text: string) => drafts.set("draft", agent, text);
  const setPasted = (text: string) => drafts.set("paste", agent, text);
  const setFiles = (text: string) => drafts.set("files", agent, text);
  const add = (text: string) => {
    const whole = pasted ? `${pasted}\n${text}` : text;
    const problem = tooLong(joined(typed, whole), t("Paste a part of it, or put it into a file and write its path."));
    setRefusal(problem);
    if (problem === null) setPasted(whole);
  };

  // An earlier build kept long texts in the text field.
  useEffect(() => {
    if (kept.length <= LONG_TEXT) return;
    drafts.set("paste", agent, joined(kept, drafts.get("paste", agent)));
    drafts.set("draft", agent, "");
  }, [drafts, agent, kept]);

  return {
    typed,
    pasted,
    hasFiles: files !== "",
    refusal,
    changed,
    type(text, cursor) {
      const added = text.length - typed.length;
      changed();
      setRefusal(null);
      if (added <= LONG_TEXT) return setTyped(text);
      setTyped(text.slice(0, cursor - added) + text.slice(cursor));
      add(text.slice(cursor - added, cursor));
    },
    paste(text) {
      if (text.length <= LONG_TEXT) return false;
      changed();
      add(text);
      return true;
    },
    removePasted() {
      changed();
      setRefusal(null);
      setPasted("");
    },
    take() {
      const text = joined(typed, pasted).trim();
      const problem = tooLong(text, t("Shorten it, or put it into a file and write its path."));
      setRefusal(problem);
      if ((!text && !files) || problem !== null) return null;
      drafts.send(agent);
      setTyped("");
      setPasted("");
      setFiles("");
      const id = failedIds.get(agent) ?? crypto.randomUUID();
      changed();
      return { id, text, files };
    },
    sent: () => drafts.sent(agent),
    putBack({ id, text, files }) {
      const [now, later, others] = [drafts.get("draft", agent), drafts.get("paste", agent), drafts.get("files", agent)];
      if (!now && !later && !others) failedIds.set(agent, id);
      if (text.length > LONG_TEXT) setPasted(joined(text, later));
      else setTyped(now ? `${text}\n${now}` : text);
      setFiles(merged(files, others));
      drafts.sent(agent);
    },
  };
}

/** Why a text is too long to be sent; `null` if it is not. */
function tooLong(text: string, nextStep: string): string | null {
  // A character has at most three bytes per unit of its length, so short texts need not be encoded.
  if (text.length * 3 <= MESSAGE_LIMIT) return null;
  const size = new TextEncoder().encode(text).length;
  return size > MESSAGE_LIMIT ? `${t("This text has {size}; a message can have {limit}.", { size: bytes(size), limit: bytes(MESSAGE_LIMIT) })} ${nextStep}` : null;
}
