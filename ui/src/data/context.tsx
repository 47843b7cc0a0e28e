/** The context through which components reach the host, the journals and the drafts. */
import { QueryClient, QueryClientProvider, useMutation, useQueryClient } from "@tanstack/react-query";
import { createContext, type ReactNode, useCallback, useContext, useSyncExternalStore } from "react";
import type { Host, HostError, Reply, Request } from "../bridge";
import type { DraftKind, Drafts, DraftStorage } from "./drafts";
import type { Journal, Journals } from "./journals";
import type { Live } from "./live";
import { invalidateAfter } from "./keys";

const DataContext = createContext<{ host: Host; journals: Journals; drafts: Drafts } | null>(null);

export function DataProvider(props: { host: Host; journals: Journals; drafts: Drafts; client: QueryClient; children: ReactNode }) {
  const { host, journals, drafts, client, children } = props;
  return (
    <QueryClientProvider client={client}>
      <DataContext.Provider value={{ host, journals, drafts }}>{children}</DataContext.Provider>
    </QueryClientProvider>
  );
}

/** The host is local, so queries run offline too. Pushes invalidate what has changed. */
export function newClient(): QueryClient {
  return new QueryClient({
    defaultOptions: {
      queries: { networkMode: "always", retry: false, staleTime: 30_000, refetchOnWindowFocus: true },
      mutations: { networkMode: "always", retry: false },
    },
  });
}

function useDataContext() {
  const context = useContext(DataContext);
  if (!context) throw new Error("DataProvider is missing around this component");
  return context;
}

export function useHost(): Host {
  return useDataContext().host;
}

export function useDrafts(): Drafts {
  return useDataContext().drafts;
}

/** A draft; an empty string if there is none. */
export function useDraft(kind: DraftKind, id: string): string {
  const { drafts } = useDataContext();
  return useSyncExternalStore(drafts.subscribe, () => drafts.get(kind, id));
}

export function useDraftStorage(): DraftStorage {
  const { drafts } = useDataContext();
  return useSyncExternalStore(drafts.subscribe, drafts.storage);
}

export function useJournals(): Journals {
  return useDataContext().journals;
}

export function useJournal(agent: string): Journal {
  const { journals } = useDataContext();
  const subscribe = useCallback((listener: () => void) => journals.subscribe(agent, listener), [journals, agent]);
  return useSyncExternalStore(subscribe, () => journals.get(agent));
}

/** The answer that an agent is streaming, if `wanted`. Changes with every frame. */
export function useLive(agent: string, wanted: boolean): Live | null {
  const { journals } = useDataContext();
  const subscribe = useCallback((listener: () => void) => journals.subscribe(agent, listener), [journals, agent]);
  return useSyncExternalStore(subscribe, () => (wanted ? journals.live(agent) : null));
}

/** Whether the agent is streaming an answer. */
export function useIsLive(agent: string): boolean {
  const { journals } = useDataContext();
  const subscribe = useCallback((listener: () => void) => journals.subscribe(agent, listener), [journals, agent]);
  return useSyncExternalStore(subscribe, () => journals.live(agent) !== null);
}

/** A mutation that sends a request to the host and invalidates the affected queries. */
export function useRequest() {
  const host = useHost();
  const client = useQueryClient();
  return useMutation<Reply, HostError, Request>({
    mutationFn: (request) => host.call("ask", { request }),
    onSuccess: (_reply, request) => invalidateAfter(client, request),
  });
}
