/** The list of all pages. */
import type { Host, PageRow, PageRows } from "../bridge";
import { keys } from "./keys";

/** Reads the list part by part: one message with 100,000 rows would stop the window while it is read. */
async function allPages(host: Host): Promise<PageRow[]> {
  const parts: PageRow[][] = [];
  let after: string | null = null;
  do {
    const { rows, next }: PageRows = await host.call("memory_list", { prefix: "", after });
    parts.push(rows);
    after = next;
  } while (after !== null);
  return parts.flat();
}

export function pagesQuery(host: Host) {
  return { queryKey: keys.pages, queryFn: () => allPages(host) };
}
