/**
 * The current time, updated once a second while something runs, else every 30 s. Timers are aligned to full seconds, so
 * that two components that show the same time agree.
 */
import { useEffect, useState } from "react";

export function useNow(running: boolean): number {
  const [now, setNow] = useState(() => Date.now());
  useEffect(() => {
    const every = running ? 1_000 : 30_000;
    let timer: ReturnType<typeof setTimeout>;
    const tick = () => {
      const at = Date.now();
      setNow(at);
      timer = setTimeout(tick, every - (at % every));
    };
    tick();
    return () => clearTimeout(timer);
  }, [running]);
  return now;
}
