/** The link back to the list of pages in a narrow window, where the list is not beside the open page. */
import { ArrowLeft } from "lucide-react";
import { toMemory } from "../data/links";
import { t } from "../words";

export function BackToPages() {
  return (
    <a href={toMemory} className="@2xl/view:hidden" aria-label={t("All pages")}>
      <ArrowLeft className="size-4 rtl:-scale-x-100" aria-hidden />
    </a>
  );
}
