/**
 * The unsent message to an agent: the typed text, a long pasted text, which would take a text field seconds to lay out, and the
 * attached files. All are stored as drafts and sent as one message.
 */
import { useEffect, useState } from "react";
import { merged } from "../data/attachedFiles";
import { bytes } from "../data/bytes";
import { useDraft, useDrafts } from "../data/context";
import { joined, LONG_TEXT } from "../data/drafts";
import type { Message } from "../data/sending";
import { t } from "../words";

/** The most bytes of a message; the host refuses more. */
const MESSAGE_LIMIT = 1 << 20;

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
  /** Empties the draft and returns the message; `null` if there is none that can be sent. */
  take(): Message | null;
  /** To be called once a taken message is recorded. Until then, it comes back after a crash. */
  sent(message: Message): void;
  /** Puts a message that could not be sent before what was written since. Also after the view is gone. */
  putBack(message: Message): void;
}

export function useMessageDraft(agent: string): MessageDraft {
  const drafts = useDrafts();
  const kept = useDraft("draft", agent);
  const typed = kept.length > LONG_TEXT ? "" : kept;
  const pasted = useDraft("paste", agent);
  const files = merged(useDraft("files", agent));
  const [refusal, setRefusal] = useState<string | null>(null);

  const setTyped = (text: string) => drafts.set("draft", agent, text);
  const setPasted = (text: string) => drafts.set("paste", agent, text);
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
    type(text, cursor) {
      const added = text.length - typed.length;
      setRefusal(null);
      if (added <= LONG_TEXT) return setTyped(text);
      setTyped(text.slice(0, cursor - added) + text.slice(cursor));
      add(text.slice(cursor - added, cursor));
    },
    paste(text) {
      if (text.length <= LONG_TEXT) return false;
      add(text);
      return true;
    },
    removePasted() {
      setRefusal(null);
      setPasted("");
    },
    take() {
      const text = joined(typed, pasted).trim();
      const problem = tooLong(text, t("Shorten it, or put it into a file and write its path."));
      setRefusal(problem);
      if ((!text && !files) || problem !== null) return null;
      return { id: drafts.send(agent, text, files), text, files };
    },
    sent: ({ id }) => drafts.sent(agent, id),
    putBack: (message) => drafts.putBack(agent, message),
  };
}

/** Why a text is too long to be sent; `null` if it is not. */
function tooLong(text: string, nextStep: string): string | null {
  // A character has at most three bytes per unit of its length, so short texts need not be encoded.
  if (text.length * 3 <= MESSAGE_LIMIT) return null;
  const size = new TextEncoder().encode(text).length;
  return size > MESSAGE_LIMIT ? `${t("This text has {size}; a message can have {limit}.", { size: bytes(size), limit: bytes(MESSAGE_LIMIT) })} ${nextStep}` : null;
}
