/**
 * Texts that models have chosen, inside sentences of the window. They are quoted and in one line, with invisible
 * characters written out, so that none can pass for the window's own words.
 */
import { t } from "../words";
import { hasInvisible, visible } from "../words/visible";
import { GROW } from "./journals";

export { hasInvisible, visible };

/** The text in the quotes of the language and in one line, cut to `most` characters. */
export function quoted(text: string, most = 200): string {
  const line = visible(text.replace(/\s+/g, " ").trim()).replace(/[“”„]/g, '"');
  return t("“{text}”", { text: line.length > most ? `${line.slice(0, most)}…` : line });
}

/** An agent's name. A model has chosen that of a sub-agent. */
export function agentName({ id, name }: { id: string; name: string }): string {
  return id === GROW ? name : quoted(name, 60);
}
