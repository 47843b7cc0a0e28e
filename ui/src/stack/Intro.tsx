/** Before the first start: what the stack gives, and what it costs. */
import type { ReactNode } from "react";
import type { Stack } from "../bridge";
import { bytes } from "../data/bytes";
import { t } from "../words";
import { downloadSize } from "./words";

/** The children are the button of the next step. */
export function Intro({ stack, children }: { stack: Stack; children: ReactNode }) {
  const size = downloadSize(stack);
  return (
    <section aria-labelledby="stack-intro" className="rounded-2xl border border-line bg-accent-soft p-4">
      <h3 id="stack-intro" className="font-semibold">
        {t("Two services of your own")}
      </h3>
      <ul className="mt-1.5 list-disc space-y-1 ps-5 text-sm text-ink-2">
        <li>{t("Gitea keeps a second copy of your memory, with pages in your browser to read, compare and edit it.")}</li>
        <li>{t("OpenCode is the workbench: sub-agents get files, a shell and the web there, in a container and without your keys.")}</li>
        <li>
          {size === null ? t("It costs a download of some hundred MB, once, and about half a gigabyte of memory while both run.") : t("It costs a download of about {size}, once, and about half a gigabyte of memory while both run.", { size: bytes(size) })}
        </li>
      </ul>
      {children}
    </section>
  );
}
