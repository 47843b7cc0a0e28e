/** The keys of everything that is read from the host and cached, and which of them a request spoils. */
import type { QueryClient } from "@tanstack/react-query";
import type { Request } from "../bridge";

export const keys = {
  about: ["about"],
  agents: ["agents"],
  budget: ["budget"],
  settings: ["settings"],
  models: ["models"],
  keys: ["keys"],
  servers: ["local_servers"],
  memory: ["memory"],
  pages: ["memory", "pages"],
  page: (path: string) => ["memory", "page", path],
  found: (text: string) => ["memory", "found", text],
  log: (path: string | null) => ["memory", "log", path],
  diff: (rev: string) => ["diff", rev],
  blame: (path: string) => ["memory", "blame", path],
  search: (agent: string, text: string) => ["search", agent, text],
  signIn: ["sign_in"],
  picture: (profile: string, address: string | null) => ["picture", profile, address],
} as const;

/** What a request spoils, beyond what pushes tell. */
export function spoiled(client: QueryClient, request: Request) {
  const spoil = (queryKey: readonly unknown[]) => void client.invalidateQueries({ queryKey });
  switch (request.op) {
    case "write_memory":
    case "delete_memory":
    case "restore_memory":
      return spoil(keys.memory);
    case "set_setting":
      spoil(keys.settings);
      return spoil(keys.budget);
    case "set_key":
      spoil(keys.models);
      spoil(keys.servers);
      return spoil(keys.keys);
    default:
      return;
  }
}
