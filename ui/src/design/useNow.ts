/**
 * The time, once a second while something runs, so that clocks on the screen go on. All of them at the same moment, so
 * that two that show the same thing agree.
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
