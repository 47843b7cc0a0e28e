/** The time, once a second while something runs, so that clocks on the screen go on. */
import { useEffect, useState } from "react";

export function useNow(running: boolean): number {
  const [now, setNow] = useState(() => Date.now());
  useEffect(() => {
    setNow(Date.now());
    const timer = setInterval(() => setNow(Date.now()), running ? 1_000 : 30_000);
    return () => clearInterval(timer);
  }, [running]);
  return now;
}
