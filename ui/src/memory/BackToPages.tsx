/** The way back to the list of pages, where it is not beside what is open. */
import { ArrowLeft } from "lucide-react";
import { toMemory } from "../data/links";

export function BackToPages() {
  return (
    <a href={toMemory} className="@2xl/view:hidden" aria-label="All pages">
      <ArrowLeft className="size-4" aria-hidden />
    </a>
  );
}
