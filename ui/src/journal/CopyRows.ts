/**
 * Selecting and copying in the virtual list of a transcript. The rows in which a selection begins and ends stay in the
 * document when they scroll out of view, and so does the row of an open dialog; the rows between are copied from the items. Ctrl+A
 * selects all rows.
 */
import { type RefObject, useEffect, useRef, useState } from "react";
import { flushSync } from "react-dom";
import { isPressed } from "../data/shortcuts";
import { copied } from "../design/copied";
import { t } from "../words";
import type { Item } from "./items";
import { itemText } from "./itemText";

interface Props {
  scroller: RefObject<HTMLElement | null>;
  /** The key of each row, in order. */
  keys: readonly string[];
  /** The item of a row; `null` for the answer that streams. */
  itemAt: (index: number) => Item | null;
  liveText: () => string;
  /** Whether the first row is the beginning of the conversation. */
  isWhole: boolean;
  /** Loads rows before the first one. */
  loadOlder: () => void;
  /** The keys of the rows that stay in the document. */
  kept: readonly string[];
  onKeep: (keys: readonly string[]) => void;
}

export function CopyRows(props: Props) {
  const { scroller, keys, kept, onKeep } = props;
  const latest = useRef(props);
  latest.current = props;
  const [isAll, setAll] = useState(false);

  useEffect(() => {
    const onSelection = () => {
      // Rows that come and go also change the selection, so only a click ends the one of everything.
      if (isAll) return;
      const indexes = selectedRows(scroller.current).map(({ index }) => index);
      const [from, to] = [latest.current.keys[indexes[0] ?? -1], latest.current.keys[indexes.at(-1) ?? -1]];
      const dialog = latest.current.keys[openRow(scroller.current) ?? -1];
      const next = [...(from === undefined || to === undefined ? [] : [from, to]), ...(dialog === undefined ? [] : [dialog])];
      if (next.join("\n") !== latest.current.kept.join("\n")) onKeep(next);
    };
    const onCopy = (event: ClipboardEvent) => {
      const data = isInField(event.target) ? null : event.clipboardData;
      const found = selectedRows(scroller.current);
      const [first, last] = [found[0], found.at(-1)];
      if (!data || (!isAll && !first)) return;
      event.preventDefault();
      if (first && first === last && !isAll) {
        const part = copied(first.range);
        data.setData("text/plain", part.text);
        data.setData("text/html", part.html);
        return;
      }
      const { itemAt, liveText, isWhole, keys } = latest.current;
      const textOf = (index: number) => {
        const item = itemAt(index);
        return item ? itemText(item) : liveText();
      };
      const texts = isAll && !isWhole ? [`[${t("Older messages were not loaded yet.")}]`] : [];
      const [from, to] = isAll ? [0, keys.length - 1] : [first?.index ?? 0, last?.index ?? -1];
      for (let index = from; index <= to; index += 1) {
        const end = isAll ? undefined : [first, last].find((row) => row?.index === index);
        texts.push(end ? partOf(end, textOf) : textOf(index));
      }
      const text = texts.filter((one) => one.trim()).join("\n\n");
      data.setData("text/plain", text);
      data.setData("text/markdown", text);
    };
    const onKey = (event: KeyboardEvent) => {
      if (!isPressed(event, "selectAll") || isInField(event.target) || !scroller.current) return;
      event.preventDefault();
      // At once: the next key may copy.
      flushSync(() => setAll(true));
    };
    // What was selected while this was loading.
    onSelection();
    const onPointerDown = () => setAll(false);
    document.addEventListener("pointerdown", onPointerDown);
    document.addEventListener("selectionchange", onSelection);
    // A dialog takes the focus when it opens, and gives it back when it closes.
    document.addEventListener("focusin", onSelection);
    document.addEventListener("copy", onCopy);
    document.addEventListener("keydown", onKey);
    return () => {
      document.removeEventListener("pointerdown", onPointerDown);
      document.removeEventListener("selectionchange", onSelection);
      document.removeEventListener("focusin", onSelection);
      document.removeEventListener("copy", onCopy);
      document.removeEventListener("keydown", onKey);
    };
  }, [scroller, isAll, onKeep]);

  const [firstKey = "", lastKey = ""] = [keys[0], keys.at(-1)];
  useEffect(() => {
    if (isAll) onKeep([firstKey, lastKey]);
  }, [isAll, firstKey, lastKey, onKeep]);
  // Once the rows at both ends are in the document.
  useEffect(() => {
    if (!isAll || kept[0] !== firstKey || kept[1] !== lastKey) return;
    const mounted = rowElements(scroller.current);
    const [first, last] = [mounted[0], mounted.at(-1)];
    if (!first || !last) return;
    getSelection()?.setBaseAndExtent(first, 0, last, last.childNodes.length);
    if (!latest.current.isWhole) latest.current.loadOlder();
  }, [scroller, isAll, kept, firstKey, lastKey]);

  return null;
}

interface SelectedRow {
  index: number;
  element: HTMLElement;
  /** The part of the row that is selected. */
  range: Range;
}

/** The rows in the document that are selected at least in part, in order; none if nothing is. */
function selectedRows(scroller: HTMLElement | null): SelectedRow[] {
  const selection = getSelection();
  if (!scroller || !selection || selection.isCollapsed || selection.rangeCount === 0) return [];
  const range = selection.getRangeAt(0);
  return rowElements(scroller).flatMap((element) => {
    if (!range.intersectsNode(element)) return [];
    const part = document.createRange();
    part.selectNodeContents(element);
    if (range.compareBoundaryPoints(Range.START_TO_START, part) > 0) part.setStart(range.startContainer, range.startOffset);
    if (range.compareBoundaryPoints(Range.END_TO_END, part) < 0) part.setEnd(range.endContainer, range.endOffset);
    return part.collapsed ? [] : [{ index: Number(element.dataset["index"]), element, range: part }];
  });
}

/** The index of the row that a dialog was opened from. */
function openRow(scroller: HTMLElement | null): number | undefined {
  const row = scroller?.querySelector("dialog[open]")?.closest<HTMLElement>("[data-index]");
  return row ? Number(row.dataset["index"]) : undefined;
}

function rowElements(scroller: HTMLElement | null): HTMLElement[] {
  const found = [...(scroller?.querySelectorAll<HTMLElement>("[data-index]") ?? [])];
  return found.sort((a, b) => Number(a.dataset["index"]) - Number(b.dataset["index"]));
}

/** The text of a row at the end of a selection: as it was written if all of it is selected. */
function partOf({ index, element, range }: SelectedRow, textOf: (index: number) => string): string {
  const all = document.createRange();
  all.selectNodeContents(element);
  const part = copied(range).text;
  return part === copied(all).text ? textOf(index) : part;
}

function isInField(target: EventTarget | null): boolean {
  return target instanceof Element && target.closest("input, textarea, select, [contenteditable], dialog, [role=dialog]") !== null;
}
