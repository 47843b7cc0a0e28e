/** Says how many of the person's edits are recorded, while there are many. */
import { useAdoption } from "../data/queries";

export function AdoptionProgress() {
  const { data } = useAdoption();
  if (!data || data.done >= data.total) return null;
  return (
    <p role="status" className="px-5 pb-3 text-xs text-ink-3">
      Recording your edits: {data.done} of {data.total} pages
    </p>
  );
}
