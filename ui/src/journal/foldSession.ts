/** What the events of a session in the workbench add to a transcript. */
import type { JournalEvent } from "../bridge";
import { decidedWords, outcomeWords } from "../data/sessions";
import { t } from "../words";
import type { Answer, Note } from "./items";

type SessionEvent = Extract<JournalEvent, { kind: "charge_refused" | "session_started" | "session_progressed" | "session_decided" | "session_ended" }>;
type Added = Omit<Answer, "key" | "at" | "seq"> | Omit<Note, "key" | "at" | "seq">;

/** The items of an event, each with the name of its part. `cost` is what the turn has cost so far. */
export function sessionItems(event: SessionEvent, cost: number): readonly [string, Added][] {
  const note = (text: string, part = "note"): [string, Added] => [part, { kind: "note", text }];
  switch (event.kind) {
    case "charge_refused":
      return [note(t("No money is left for {purpose}", { purpose: event.data.purpose }))];
    case "session_started":
      return [note(t("Works in the workbench"))];
    case "session_progressed":
      return [note(event.data.steps.join("\n"))];
    case "session_decided":
      return [note(decidedWords(event.data))];
    case "session_ended": {
      const { words: text, files = [], tokens, outcome } = event.data;
      const usage = { input_tokens: tokens.input - tokens.cached, output_tokens: tokens.output, cache_read_tokens: tokens.cached, cache_write_5m_tokens: 0, cache_write_1h_tokens: 0 };
      const items: [string, Added][] = text.trim() ? [["answer", { kind: "answer", text, thinking: "", cost, usage, model: "workbench" }]] : [];
      if (files.length > 0) items.push(note(t("Changed in its folder: {files}", { files: files.map(({ path, added, removed }) => `${path} (+${added} −${removed})`).join(", ") }), "files"));
      const how = outcomeWords(outcome);
      return how ? [...items, note(how, "session")] : items;
    }
  }
}
