/** Text of containers, prepared to be shown: what is in it is a stranger's, and may try to look like something else. */
import { visible } from "./names";

/** Escape sequences of terminals: colours, cursor movements, titles. */
const ESCAPES = /\u001b(?:\[[0-?]*[ -/]*[@-~]|\][^\u0007\u001b]*(?:\u0007|\u001b\\)?|[@-Z\\^_])/g;

/** Without the escape sequences of terminals, line ends as line feeds, other invisible characters written out. */
export function plainText(text: string): string {
  return visible(text.replace(ESCAPES, "").replace(/\r\n?/g, "\n"));
}

/** A message of the host with a full stop at its end, so that another sentence can follow. */
export function withStop(text: string): string {
  return /[.!?…]$/.test(text) ? text : `${text}.`;
}
