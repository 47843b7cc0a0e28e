/** Everything that is read from the host and cached: one list of keys, and a hook for each. */
import { type QueryClient, useQuery } from "@tanstack/react-query";
import type { Agent, Host, Key, Keychain, LocalServer, Person, Request } from "../bridge";
import { useHost } from "./context";

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
  memorySearch: (text: string) => ["memory", "search", text],
  log: (path: string | null) => ["memory", "log", path],
  diff: (rev: string) => ["diff", rev],
  blame: (path: string) => ["memory", "blame", path],
  search: (agent: string, text: string) => ["search", agent, text],
  signIn: ["sign_in"],
  picture: (profile: string, address: string | null) => ["picture", profile, address],
} as const;

/** What the first view shows. */
const initial = {
  agents: (host: Host) => ({ queryKey: keys.agents, queryFn: () => host.call("agents", {}) }),
  budget: (host: Host) => ({ queryKey: keys.budget, queryFn: () => host.call("budget", {}) }),
  settings: (host: Host) => ({ queryKey: keys.settings, queryFn: () => host.call("settings", {}) }),
  keys: (host: Host) => ({ queryKey: keys.keys, queryFn: () => readKeys(host) }),
  signIn: (host: Host) => ({ queryKey: keys.signIn, queryFn: () => host.call("sign_in_view", {}) }),
};

/**
 * Reads what the first view cannot do without; resolves once that which is stored is there. Never rejects: what fails
 * is told where it is shown.
 */
export async function prefetchInitial(host: Host, client: QueryClient): Promise<void> {
  const stored = [client.prefetchQuery(initial.agents(host)), client.prefetchQuery(initial.settings(host))];
  // A keychain may take its time. So may working out the budget, which is left to whoever shows it.
  void client.prefetchQuery(initial.keys(host));
  void client.prefetchQuery(initial.signIn(host));
  await Promise.all(stored);
}

export function useAbout() {
  const host = useHost();
  return useQuery({ queryKey: keys.about, queryFn: () => host.call("about", {}) });
}
export function useAgents() {
  return useQuery(initial.agents(useHost()));
}
export function useAgent(id: string): Agent | undefined {
  return useAgents().data?.find((agent) => agent.id === id);
}
export function useBudget() {
  return useQuery(initial.budget(useHost()));
}
export function useSettings() {
  return useQuery(initial.settings(useHost()));
}
export function useModels() {
  const host = useHost();
  return useQuery({ queryKey: keys.models, queryFn: () => host.call("models", {}) });
}
export function useKeys() {
  return useQuery(initial.keys(useHost()));
}
/** Those that answer now. They come and go, so it is looked again whenever somebody wants to know. */
export function useLocalServers() {
  const host = useHost();
  return useQuery({ queryKey: keys.servers, queryFn: () => readServers(host), staleTime: 5_000, refetchOnWindowFocus: false });
}
export function usePages() {
  const host = useHost();
  return useQuery({ queryKey: keys.pages, queryFn: () => host.call("memory_list", { prefix: "" }) });
}
export function usePage(path: string) {
  const host = useHost();
  return useQuery({ queryKey: keys.page(path), queryFn: () => host.call("memory_read", { path }) });
}
export function useMemorySearch(text: string) {
  const host = useHost();
  return useQuery({ queryKey: keys.memorySearch(text), queryFn: () => host.call("memory_search", { text }), enabled: text !== "" });
}
export function useLog(path: string | null) {
  const host = useHost();
  return useQuery({ queryKey: keys.log(path), queryFn: () => host.call("memory_log", { path }) });
}
/** A commit never changes, so neither does its diff. */
export function useDiff(rev: string) {
  const host = useHost();
  return useQuery({ queryKey: keys.diff(rev), queryFn: () => host.call("memory_diff", { rev }), staleTime: Infinity });
}
export function useBlame(path: string) {
  const host = useHost();
  return useQuery({ queryKey: keys.blame(path), queryFn: () => host.call("memory_blame", { path }) });
}
/** What a search shows at most; of lines of memory the host gives no more. */
export const SEARCH_LIMIT = 200;

/** Searches one conversation. One more than is shown is asked for: it tells whether there are more. */
export function useMessageSearch(agent: string, text: string) {
  const host = useHost();
  return useQuery({ queryKey: keys.search(agent, text), queryFn: () => host.call("search", { text, agent, limit: SEARCH_LIMIT + 1 }), enabled: text !== "" });
}

/** Asked again when the shell tells that it has changed. */
export function useSignIn() {
  return useQuery(initial.signIn(useHost()));
}
/** The picture of who is signed in; none if it is not to be had. */
export function usePicture(person: Person) {
  const host = useHost();
  const queryKey = keys.picture(person.profile, person.picture_url);
  return useQuery({ queryKey, queryFn: () => host.call("picture", {}), enabled: person.picture_url !== null, staleTime: Infinity });
}

async function readKeys(host: Host): Promise<{ keys: Key[]; keychain: Keychain | null }> {
  const reply = await host.call("ask", { request: { op: "keys" } });
  return typeof reply === "object" && "keys" in reply ? reply.keys : { keys: [], keychain: null };
}

async function readServers(host: Host): Promise<LocalServer[]> {
  const reply = await host.call("ask", { request: { op: "local_servers" } });
  return typeof reply === "object" && "local_servers" in reply ? reply.local_servers.servers : [];
}

/** What a request spoils, beyond what pushes tell. */
export function invalidateAfter(client: QueryClient, request: Request) {
  const invalidate = (queryKey: readonly unknown[]) => void client.invalidateQueries({ queryKey });
  switch (request.op) {
    case "write_memory":
    case "delete_memory":
    case "restore_memory":
      return invalidate(keys.memory);
    case "set_setting":
      invalidate(keys.settings);
      return invalidate(keys.budget);
    case "set_key":
      invalidate(keys.models);
      invalidate(keys.servers);
      return invalidate(keys.keys);
    default:
      return;
  }
}
