/** Opens links to pages and agents. */
import { type QueryClient, useQueryClient } from "@tanstack/react-query";
import { useCallback } from "react";
import type { Host } from "../bridge";
import { useHost } from "./context";
import { toAgent, toHeading, toPage } from "./links";
import { pagesQuery } from "./pages";

/** Opens links on a page, or in an answer (`null`). A page that does not exist is opened too: its view offers to make it. */
export function useOpenPage(from: string | null): (href: string) => void {
  const host = useHost();
  const client = useQueryClient();
  return useCallback((href) => void open(href, from, host, client), [from, host, client]);
}

async function open(href: string, from: string | null, host: Host, client: QueryClient) {
  const agent = /^growqr:\/\/agent\/([\w-]+)$/i.exec(href)?.[1];
  if (agent) {
    location.hash = toAgent(agent);
    return;
  }
  // Nothing can be clicked before the first paint.
  const { findPage } = await import("./pageLinks");
  const found = findPage(href, from, await pagePaths(host, client));
  if (found) location.hash = found.heading ? toHeading(found.path, found.heading) : toPage(found.path);
}

/** The paths of all pages; none if they cannot be read: then a link is read as it is written. */
function pagePaths(host: Host, client: QueryClient): Promise<string[]> {
  return client.fetchQuery(pagesQuery(host)).then((rows) => rows.map(({ path }) => path), () => []);
}
