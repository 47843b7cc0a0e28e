/** The recent changes of all pages. */
import { t } from "../words";
import { BackToPages } from "./BackToPages";
import { Changes } from "./Changes";

export function RecentChanges() {
  return (
    <>
      <header className="flex h-13 shrink-0 items-center gap-3 border-b border-line px-6">
        <BackToPages />
        <h2 className="font-semibold">{t("Recent changes")}</h2>
      </header>
      <div className="min-h-0 grow overflow-y-auto px-6 py-4" tabIndex={0} role="region" aria-label={t("Recent changes")}>
        <Changes path={null} open={null} />
      </div>
    </>
  );
}
