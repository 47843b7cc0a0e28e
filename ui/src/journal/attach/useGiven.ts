/** Files that the person drops on the window or pastes into the message. */
import { useEffect, useRef, useState } from "react";
import type { Given } from "./files";

/** Calls `onFiles` with them. Returns whether files are being dragged over the window. */
export function useGiven(onFiles: (given: Given[]) => void): boolean {
  const [isDragging, setDragging] = useState(false);
  const take = useRef(onFiles);
  take.current = onFiles;
  useEffect(() => {
    // The innermost element that the pointer has entered: leaving any other one does not leave the window.
    let inside: EventTarget | null = null;
    const end = () => {
      inside = null;
      setDragging(false);
    };
    const onEnter = (event: DragEvent) => {
      if (!isPossible(event)) return;
      event.preventDefault();
      inside = event.target;
      setDragging(true);
    };
    const onOver = (event: DragEvent) => {
      if (!isPossible(event) || !event.dataTransfer) return;
      event.preventDefault();
      event.dataTransfer.dropEffect = "copy";
    };
    const onLeave = (event: DragEvent) => {
      if (event.target === inside) end();
    };
    const onDrop = (event: DragEvent) => {
      end();
      if (!isPossible(event)) return;
      event.preventDefault();
      take.current(dropped(event.dataTransfer));
    };
    const onPaste = (event: ClipboardEvent) => {
      const given = isElsewhere(event.target) ? [] : pasted(event.clipboardData);
      if (given.length === 0) return;
      event.preventDefault();
      event.stopPropagation();
      take.current(given);
    };
    addEventListener("dragenter", onEnter);
    addEventListener("dragover", onOver);
    addEventListener("dragleave", onLeave);
    addEventListener("drop", onDrop);
    // Before the message field, which takes texts.
    addEventListener("paste", onPaste, true);
    return () => {
      removeEventListener("dragenter", onEnter);
      removeEventListener("dragover", onOver);
      removeEventListener("dragleave", onLeave);
      removeEventListener("drop", onDrop);
      removeEventListener("paste", onPaste, true);
    };
  }, []);
  return isDragging;
}

/** Files, and no dialog is open. */
function isPossible({ dataTransfer }: DragEvent): boolean {
  return dataTransfer?.types.includes("Files") === true && document.querySelector("dialog[open], [role=dialog]") === null;
}

/** Whether it belongs to another field than that of the message, or to a dialog. */
function isElsewhere(target: EventTarget | null): boolean {
  return target instanceof Element && target.closest("input, textarea:not([data-composer]), select, [contenteditable], dialog, [role=dialog]") !== null;
}

function dropped(data: DataTransfer | null): Given[] {
  const items = [...(data?.items ?? [])].filter((item) => item.kind === "file");
  return items.flatMap((item) => {
    const file = item.getAsFile();
    return file ? [{ file, isFolder: item.webkitGetAsEntry?.()?.isDirectory === true }] : [];
  });
}

/** Office programs add a picture of the text that they copy: then the text is meant. */
export function pasted(data: DataTransfer | null): Given[] {
  if (!data || (data.types.includes("text/plain") && data.types.includes("text/html"))) return [];
  return [...data.files].map((file) => ({ file, isFolder: false }));
}
