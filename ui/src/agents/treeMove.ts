/** The keys of the tree of agents: where they lead. */
import type { Row } from "./flatTree";

/** How long typing goes on as one word, in ms. */
const TYPING = 700;

/** Go to a row, or fold or unfold the current one. */
export type Move = { to: number } | { isFolded: boolean };

/** Where an arrow key, Home or End leads from this row; `null` for other keys and where there is nothing. */
export function treeMove(key: string, rows: readonly Row[], at: number): Move | null {
  const row = rows[at];
  if (!row) return null;
  const canUnfold = row.below > 0;
  switch (key) {
    case "ArrowDown":
      return to(rows, at + 1);
    case "ArrowUp":
      return to(rows, at - 1);
    case "Home":
      return to(rows, 0);
    case "End":
      return to(rows, rows.length - 1);
    case "ArrowLeft":
      return canUnfold && !row.isFolded ? { isFolded: true } : to(rows, rows.findLastIndex((other, index) => index < at && other.level < row.level));
    case "ArrowRight":
      return !canUnfold ? null : row.isFolded ? { isFolded: false } : to(rows, at + 1);
    default:
      return null;
  }
}

function to(rows: readonly Row[], index: number): Move | null {
  return rows[index] ? { to: index } : null;
}

/** Letters that were typed in one go, and when the last one was. */
export interface Typed {
  text: string;
  at: number;
}

/** Whether a letter at this time belongs to the same word. */
export function isTyping(typed: Typed, at: number): boolean {
  return typed.text !== "" && at - typed.at < TYPING;
}

/** What is typed with one more letter at this time. */
export function typeLetter(typed: Typed, letter: string, at: number): Typed {
  return { text: (isTyping(typed, at) ? typed.text : "") + letter.toLowerCase(), at };
}

/** The next row whose agent's name begins with what was typed, from the current row on and then from the top; `null` without one. */
export function rowWithName(text: string, rows: readonly Row[], at: number): Move | null {
  // The current row may still fit a longer word; one letter goes on to the next row.
  const from = text.length > 1 ? at : at + 1;
  const order = [...rows.keys()].map((index) => (from + index) % rows.length);
  const found = order.find((index) => rows[index]?.agent.name.toLowerCase().startsWith(text));
  return found === undefined ? null : { to: found };
}
