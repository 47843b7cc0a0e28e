/**
 * A modal dialog. It traps the focus and restores it on close. The initial focus is the dialog itself, so that it is
 * announced, and so that an Enter typed when it appears presses none of its buttons.
 */
import { type ReactNode, useLayoutEffect, useRef } from "react";

/** `width`: its class for the width. */
export function Modal({ labelledBy, width = "w-[min(34rem,92vw)]", onClose, children }: { labelledBy: string; width?: string; onClose: () => void; children: ReactNode }) {
  const dialog = useRef<HTMLDialogElement>(null);
  // Cleaned up while it is still in the document: only then the browser restores the focus.
  useLayoutEffect(() => {
    const element = dialog.current;
    element?.showModal();
    element?.focus();
    return () => element?.close();
  }, []);
  // The cancel event comes from Escape only; closing on unmount does not call onClose.
  const cancelled = (event: { preventDefault: () => void }) => {
    event.preventDefault();
    onClose();
  };
  return (
    <dialog ref={dialog} tabIndex={-1} aria-labelledby={labelledBy} onCancel={cancelled} className={`m-auto outline-none ${width} rounded-2xl border border-line bg-surface p-5 text-ink shadow-card backdrop:bg-veil`}>
      {children}
    </dialog>
  );
}
