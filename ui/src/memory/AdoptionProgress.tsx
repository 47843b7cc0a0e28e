/** Says how many of the person's edits are recorded, while there are many. */
import { useAdoption } from "../data/queries";
import { t } from "../words";

export function AdoptionProgress() {
  const { data } = useAdoption();
  if (!data || data.done >= data.total) return null;
  return (
    <p role="status" className="px-5 pb-3 text-xs text-ink-3">
      {t("Recording your edits: {done} of {total} pages", { done: data.done, total: data.total })}
    </p>
  );
}
