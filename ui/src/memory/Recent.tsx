/** What changed lately, in all of memory. */
import { AllPages } from "./AllPages";
import { Changes } from "./Changes";

export function Recent() {
  return (
    <>
      <header className="flex h-13 shrink-0 items-center gap-3 border-b border-line px-6">
        <AllPages />
        <h2 className="font-semibold">Recent changes</h2>
      </header>
      <div className="min-h-0 grow overflow-y-auto px-6 py-4" tabIndex={0} role="region" aria-label="Recent changes">
        <Changes path={null} open={null} />
      </div>
    </>
  );
}
