/** A titled text of a tool call, unchanged and scrollable. */
export function Part({ title, text }: { title: string; text: string }) {
  return (
    <div>
      <p className="mb-1 text-xs text-ink-3">{title}</p>
      <pre dir="auto" tabIndex={0} aria-label={title} className="code max-h-60 overflow-auto rounded-lg border border-line p-2.5 whitespace-pre-wrap">
        {text}
      </pre>
    </div>
  );
}
