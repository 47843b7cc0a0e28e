/** What a row of a transcript shows from `rareRows`. */
import type { ReactNode } from "react";
import { later, useLater } from "../design/later";

type RareRows = typeof import("./rareRows");

export const rareRows = later<RareRows>(() => import("./rareRows"));

/** `instead` is shown until the rows are loaded. */
export function Rare({ instead, children }: { instead: ReactNode; children: (rows: RareRows) => ReactNode }) {
  const rows = useLater(rareRows);
  return rows ? children(rows) : instead;
}
