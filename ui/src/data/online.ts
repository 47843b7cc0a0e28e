/** Since when the system has reported no network; `null` while online. */
import { useEffect, useState } from "react";

export function useOfflineSince(): number | null {
  const [since, setSince] = useState<number | null>(() => (navigator.onLine ? null : Date.now()));
  useEffect(() => {
    const off = () => setSince(Date.now());
    const on = () => setSince(null);
    window.addEventListener("offline", off);
    window.addEventListener("online", on);
    return () => {
      window.removeEventListener("offline", off);
      window.removeEventListener("online", on);
    };
  }, []);
  return since;
}
