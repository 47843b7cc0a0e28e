/** Renders a long list in parts: the next one when the end of what is shown comes near. What is rendered stays, with what was typed in it. */
import { type RefObject, useCallback, useEffect, useRef, useState } from "react";

const PART = 20;

export interface Shown {
  count: number;
  /** Shows the next part; `false` if everything is shown. */
  showMore: () => boolean;
  /** For an element at the end of what is shown. */
  end: RefObject<HTMLDivElement | null>;
}

export function useShownCount(total: number): Shown {
  const [limit, setLimit] = useState(PART);
  const end = useRef<HTMLDivElement>(null);
  const isWhole = limit >= total;
  const showMore = useCallback(() => {
    if (!isWhole) setLimit((now) => now + PART);
    return !isWhole;
  }, [isWhole]);
  useEffect(() => {
    const element = end.current;
    if (isWhole || !element || typeof IntersectionObserver === "undefined") return;
    const observer = new IntersectionObserver((entries) => entries.some((entry) => entry.isIntersecting) && showMore(), { root: element.closest("[data-scroller]"), rootMargin: "0px 0px 600px" });
    observer.observe(element);
    return () => observer.disconnect();
  }, [isWhole, limit, showMore]);
  return { count: Math.min(limit, total), showMore, end };
}
