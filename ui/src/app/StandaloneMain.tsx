/** The main landmark of a window without the sidebar, for errors before the first data has loaded. */
import type { ReactNode } from "react";

export function StandaloneMain({ children }: { children: ReactNode }) {
  return (
    <main>
      <h1 className="sr-only">GrowQR</h1>
      {children}
    </main>
  );
}
