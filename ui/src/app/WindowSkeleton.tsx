/**
 * The window while the first data loads. index.html contains the same markup, so that it is visible before the scripts
 * run.
 */
import { Loading } from "../design/states";

export function WindowSkeleton() {
  return (
    <div className="@container/window flex h-full">
      <nav aria-label="Main" className="flex w-14 shrink-0 flex-col border-e border-line bg-sunken p-2 @3xl/window:w-52 @3xl/window:p-3">
        <p className="flex h-9 items-center px-2 font-semibold">
          <span className="hidden ps-7.5 @3xl/window:inline">GrowQR</span>
        </p>
      </nav>
      <main className="min-w-0 grow">
        <h1 className="sr-only">GrowQR</h1>
        <Loading />
      </main>
    </div>
  );
}
