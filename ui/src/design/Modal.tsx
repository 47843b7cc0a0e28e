/**
 * A question over the window. The focus stays in it, and returns to where it was. It begins at the question itself: so it
 * is read out, and an Enter that was meant for something else answers nothing.
 */
import { type ReactNode, useEffect, useRef } from "react";

export function Modal({ labelledBy, onClose, children }: { labelledBy: string; onClose: () => void; children: ReactNode }) {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    const element = dialog.current;
    element?.showModal();
    element?.focus();
    // Closed before it goes, so that the focus returns.
    return () => element?.close();
  }, []);
  // Only Escape is the person's wish; that it closes when it goes is not.
  const cancelled = (event: { preventDefault: () => void }) => {
    event.preventDefault();
    onClose();
  };
  return (
    <dialog ref={dialog} tabIndex={-1} aria-labelledby={labelledBy} onCancel={cancelled} className="m-auto outline-none w-[min(34rem,92vw)] rounded-2xl border border-line bg-surface p-5 text-ink shadow-card backdrop:bg-veil">
      {children}
    </dialog>
  );
}
