/** Asks the person before an external link opens. */
import { lazy, type ReactNode, Suspense, useCallback, useState } from "react";
import { LinkProvider, target, type Target } from "../design/links";

// Nothing can be clicked before the first paint.
const LinkQuestion = lazy(async () => ({ default: (await import("./LinkQuestion")).LinkQuestion }));

export function Links({ children }: { children: ReactNode }) {
  const [asked, setAsked] = useState<{ text: string; target: Target | null } | null>(null);
  const ask = useCallback((text: string) => setAsked({ text, target: target(text) }), []);
  return (
    <LinkProvider value={ask}>
      {children}
      {asked && (
        <Suspense fallback={null}>
          <LinkQuestion {...asked} onClose={() => setAsked(null)} />
        </Suspense>
      )}
    </LinkProvider>
  );
}
