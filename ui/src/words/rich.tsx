/** Texts with elements in them. */
import { Fragment, type ReactNode } from "react";
import type { Params, Sentence } from "./catalogue";
import { pattern } from "./index";

/** The text in the chosen language, with these elements in the places of its values. */
export function rich<K extends Sentence>(text: K, values: Record<Params<K>, ReactNode>): ReactNode {
  return pattern(text)
    .split(/\{(\w+)\}/)
    .map((piece, index) => <Fragment key={index}>{index % 2 === 0 ? piece : values[piece as Params<K>]}</Fragment>);
}
