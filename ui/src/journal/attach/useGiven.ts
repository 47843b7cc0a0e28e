/** Files that the person drops on the window or pastes into the message. */
import { useEffect, useRef, useState } from "react";
import { HostError, type DroppedFile, type Host } from "../../bridge";
import { bytesOf } from "./base64";
import type { Given } from "./files";

/** Calls `onFiles` with them, or `onProblem` if they cannot be read. Returns whether files are being dragged over the window. */
export function useGiven(host: Host, onFiles: (given: Given[]) => void, onProblem: (problem: HostError) => void): boolean {
  const [isDragging, setDragging] = useState(false);
  const take = useRef(onFiles);
  take.current = onFiles;
  const tell = useRef(onProblem);
  tell.current = onProblem;
  useEffect(() => {
    // Where the web view gives the page no files, the shell does.
    const shell = shellOf(host);
    const show = () => setDragging(isFree());
    const hide = () => setDragging(false);
    const read = () => {
      setDragging(false);
      host.call("take_dropped", {}).then(
        (files) => isFree() && take.current(files.map(fromShell)),
        (thrown: unknown) => tell.current(HostError.from(thrown)),
      );
    };
    const listeners = { "files-dragged": show, "files-left": hide, "files-dropped": read };
    for (const [event, listener] of Object.entries(listeners)) shell.addEventListener(event, listener);
    return () => {
      for (const [event, listener] of Object.entries(listeners)) shell.removeEventListener(event, listener);
    };
  }, [host]);
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

const shells = new WeakMap<Host, EventTarget>();

/** What the shell tells about dragged files: subscribed to once, for the lifetime of the window. */
function shellOf(host: Host): EventTarget {
  const known = shells.get(host);
  if (known) return known;
  const shell = new EventTarget();
  shells.set(host, shell);
  for (const event of ["files-dragged", "files-left", "files-dropped"] as const) {
    host.on(event, () => void shell.dispatchEvent(new Event(event))).catch(() => {
      // Without it, files are attached with the button.
    });
  }
  return shell;
}

/** Files, and no dialog is open. */
function isPossible({ dataTransfer }: DragEvent): boolean {
  return dataTransfer?.types.includes("Files") === true && isFree();
}

function isFree(): boolean {
  return document.querySelector("dialog[open], [role=dialog]") === null;
}

/** A file as the page would have got it. One without content has its size all the same. */
function fromShell({ name, is_folder, bytes, content, problem }: DroppedFile): Given {
  const file = new File(content === null ? [] : [bytesOf(content)], name);
  if (content === null) Object.defineProperty(file, "size", { value: bytes });
  return { file, isFolder: is_folder, problem, isUnread: content === null };
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
