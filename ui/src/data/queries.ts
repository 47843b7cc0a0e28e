/** A hook for each query of the host. */
import { type QueryClient, useQuery, useQueryClient } from "@tanstack/react-query";
import type { Agent, CommitPlan, Host, InboxEntry, Key, Keychain, LocalServer, Person, SpendingBy } from "../bridge";
import { useHost } from "./context";
import { keys } from "./keys";
import { pagesQuery } from "./pages";

/** The queries of the first view. */
const initial = {
  agents: (host: Host) => ({ queryKey: keys.agents, queryFn: () => host.call("agents", {}) }),
  budget: (host: Host) => ({ queryKey: keys.budget, queryFn: () => host.call("budget", {}) }),
  settings: (host: Host) => ({ queryKey: keys.settings, queryFn: () => host.call("settings", {}) }),
  keys: (host: Host) => ({ queryKey: keys.keys, queryFn: () => readKeys(host) }),
  signIn: (host: Host) => ({ queryKey: keys.signIn, queryFn: () => host.call("sign_in_view", {}) }),
};

/**
 * Prefetches the queries of the first view. Resolves once those from the database have settled. Never rejects: the view
 * that needs a failed query shows its error.
 */
export async function prefetchInitial(host: Host, client: QueryClient): Promise<void> {
  const stored = [client.prefetchQuery(initial.agents(host)), client.prefetchQuery(initial.settings(host))];
  // Do not wait for the keychain, which can be slow. The budget is slow too and is left to the component that shows it.
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
/** Whether the shortcut of the quick chat works. */
export function useShortcut() {
  const host = useHost();
  return useQuery({ queryKey: keys.shortcut, queryFn: () => host.call("shortcut", {}) });
}
/** Where data goes with the present settings, what is in use first. */
export function usePrivacy() {
  const host = useHost();
  return useQuery({ queryKey: keys.privacy, queryFn: () => host.call("privacy", {}) });
}
export function useStartAtLogin() {
  const host = useHost();
  return useQuery({ queryKey: keys.startAtLogin, queryFn: () => host.call("start_at_login", { change: null }) });
}
export function useModels() {
  const host = useHost();
  return useQuery({ queryKey: keys.models, queryFn: () => host.call("models", {}) });
}
export function useKeys() {
  return useQuery(initial.keys(useHost()));
}
/** The servers that respond now. They come and go, so this becomes stale quickly. */
export function useLocalServers() {
  const host = useHost();
  return useQuery({ queryKey: keys.servers, queryFn: () => readServers(host), staleTime: 5_000, refetchOnWindowFocus: false });
}
/** The number of unread messages of each agent whose conversation the person has looked at. */
export function useUnread() {
  const host = useHost();
  const client = useQueryClient();
  const known = () => client.getQueryData<Agent[]>(keys.agents);
  return useQuery({
    queryKey: keys.unread,
    queryFn: async () => unreadOf(await host.call("agents", {})),
    initialData: () => unreadOf(known() ?? []),
    initialDataUpdatedAt: () => (known() ? Date.now() : 0),
  });
}

function unreadOf(agents: readonly Agent[]): ReadonlyMap<string, number> {
  return new Map(agents.filter((agent) => agent.unread > 0).map((agent) => [agent.id, agent.unread]));
}

/** The open asks, oldest first. */
export function useAsks() {
  const host = useHost();
  return useQuery({ queryKey: keys.openAsks, queryFn: () => host.call("asks", {}) });
}
/** What waits besides the asks, newest first. */
export function useInbox() {
  const host = useHost();
  return useQuery({ queryKey: keys.inbox, queryFn: () => readInbox(host) });
}
/** The number of settled asks that the inbox shows. */
const SETTLED_LIMIT = 30;

/** The asks that were settled last, newest first. */
export function useSettledAsks() {
  const host = useHost();
  return useQuery({ queryKey: keys.settledAsks, queryFn: () => host.call("settled_asks", { limit: SETTLED_LIMIT }) });
}
export function useRules() {
  const host = useHost();
  return useQuery({ queryKey: keys.rules, queryFn: () => host.call("rules", {}) });
}
export function useSpending(by: SpendingBy, since: number) {
  const host = useHost();
  return useQuery({ queryKey: keys.spendingBy(by, since), queryFn: () => host.call("spending", { by, since }) });
}
/** `null` if the conversation and the memory belong together. */
export function useMemoryNotice() {
  const host = useHost();
  return useQuery({ queryKey: keys.memoryNotice, queryFn: () => host.call("memory_notice", {}) });
}
/** How far a long adoption of hand edits is; pushes alone tell. */
export function useAdoption() {
  return useQuery<{ done: number; total: number } | null>({ queryKey: keys.adoption, queryFn: () => null, staleTime: Infinity });
}
export function usePages() {
  return useQuery(pagesQuery(useHost()));
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
/** A held change beside its page as it is now. */
export function useHeldChange(held: CommitPlan) {
  const host = useHost();
  return useQuery({ queryKey: keys.heldChange(held.commit), queryFn: () => host.call("held_change", { held }) });
}
/** What undoing all changes of a turn, or of an agent, would do now. */
export function useUndoPreview(agent: string, turn: number | null) {
  const host = useHost();
  return useQuery({ queryKey: keys.undo(agent, turn), queryFn: () => host.call("memory_undo_preview", { agent, turn }) });
}
/** A commit never changes, so neither does a page in it. */
export function usePageAt(path: string, rev: string, enabled: boolean) {
  const host = useHost();
  return useQuery({ queryKey: keys.pageAt(path, rev), queryFn: () => host.call("memory_page_at", { path, rev }), staleTime: Infinity, enabled });
}
export function useBlame(path: string) {
  const host = useHost();
  return useQuery({ queryKey: keys.blame(path), queryFn: () => host.call("memory_blame", { path }) });
}
/** The most hits that a search shows; the host's limit for memory. */
export const SEARCH_LIMIT = 200;

/** Searches one conversation. Requests one hit more than is shown, to know whether there are more. */
export function useMessageSearch(agent: string, text: string) {
  const host = useHost();
  return useQuery({ queryKey: keys.search(agent, text), queryFn: () => host.call("search", { text, agent, limit: SEARCH_LIMIT + 1 }), enabled: text !== "" });
}

/** Invalidated by the host event `sign-in-changed`. */
export function useSignIn() {
  return useQuery(initial.signIn(useHost()));
}
/** The signed-in person's picture; `null` if it cannot be loaded. */
export function usePicture(person: Person) {
  const host = useHost();
  const queryKey = keys.picture(person.profile, person.picture_url);
  return useQuery({ queryKey, queryFn: () => host.call("picture", {}), enabled: person.picture_url !== null, staleTime: Infinity });
}

async function readKeys(host: Host): Promise<{ keys: Key[]; keychain: Keychain | null }> {
  const reply = await host.call("ask", { request: { op: "keys" } });
  return typeof reply === "object" && "keys" in reply ? reply.keys : { keys: [], keychain: null };
}

async function readInbox(host: Host): Promise<InboxEntry[]> {
  const reply = await host.call("ask", { request: { op: "inbox" } });
  return typeof reply === "object" && "inbox" in reply ? reply.inbox.entries : [];
}

async function readServers(host: Host): Promise<LocalServer[]> {
  const reply = await host.call("ask", { request: { op: "local_servers" } });
  return typeof reply === "object" && "local_servers" in reply ? reply.local_servers.servers : [];
}
