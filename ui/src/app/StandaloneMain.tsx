/** What stands in the window before there is anything to go around in. */
import type { ReactNode } from "react";

export function StandaloneMain({ children }: { children: ReactNode }) {
  return (
    <main>
      <h1 className="sr-only">GrowQR</h1>
      {children}
    </main>
  );
}
