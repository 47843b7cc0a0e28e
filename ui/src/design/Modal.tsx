/** A question over the window. The focus stays in it, and returns to where it was. */
import { type ReactNode, useEffect, useRef } from "react";

export function Modal({ labelledBy, onClose, children }: { labelledBy: string; onClose: () => void; children: ReactNode }) {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    const element = dialog.current;
    element?.showModal();
    // Closed before it goes, so that the focus returns.
    return () => element?.close();
  }, []);
  // Only Escape is the person's wish; that it closes when it goes is not.
  const cancelled = (event: { preventDefault: () => void }) => {
    event.preventDefault();
    onClose();
  };
  return (
    <dialog ref={dialog} aria-labelledby={labelledBy} onCancel={cancelled} className="m-auto w-[min(34rem,92vw)] rounded-2xl border border-line bg-surface p-5 text-ink shadow-card backdrop:bg-veil">
      {children}
    </dialog>
  );
}
