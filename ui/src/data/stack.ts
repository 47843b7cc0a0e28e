/** The hooks for the stack and for the workbench's files. Apart from `queries.ts`, because the first view needs none of them. */
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import type { GiteaLogin, Host, HostError, Reply, Request, Stack, WorkFile } from "../bridge";
import { useHost } from "./context";
import { keys } from "./keys";

/** Figures such as the used memory change without a push. */
const REFRESH_MS = 15_000;

/** How many lines of a log are read. */
const LOG_LINES = 200;

/** The content of a file in the workbench. */
export interface WorkText {
  /** Character for character; `null`: it is not a text. */
  text: string | null;
  cut: boolean;
  bytes: number;
}

/** The state of Docker and of the services. Pushes replace it. */
export function useStack() {
  const host = useHost();
  return useQuery<Stack, HostError>({ queryKey: keys.stack, queryFn: () => readStack(host), refetchInterval: REFRESH_MS });
}

/** Sends a request that the host answers with the new state, before the work is done. */
export function useStackRequest() {
  const host = useHost();
  const client = useQueryClient();
  const shownAt = () => client.getQueryState(keys.stack)?.dataUpdatedAt;
  return useMutation<Reply, HostError, Request, { at: number | undefined }>({
    mutationFn: (request) => host.call("ask", { request }),
    onMutate: () => ({ at: shownAt() }),
    onSuccess: (reply, _request, context) => {
      // A push may have overtaken the reply, which is then the older state.
      if (typeof reply === "object" && "stack" in reply && shownAt() === context.at) client.setQueryData(keys.stack, reply.stack.stack);
      else void client.invalidateQueries({ queryKey: keys.stack });
    },
  });
}

/** The last lines of a service's log, oldest first. Read each time that the log is opened. */
export function useStackLog(part: string) {
  const host = useHost();
  return useQuery<string[], HostError>({ queryKey: keys.stackLog(part), queryFn: () => readLog(host, part), staleTime: 0, gcTime: 0, refetchOnWindowFocus: false });
}

/** Sets a new password for Gitea's pages. The cache forgets it as soon as no component shows it. */
export function useNewGiteaLogin() {
  const host = useHost();
  return useMutation<GiteaLogin, HostError, void>({ mutationFn: () => newLogin(host), gcTime: 0 });
}

/** The files that a sub-agent has changed in the workbench, by path. */
export function useWorkFiles(agent: string) {
  const host = useHost();
  return useQuery<WorkFile[], HostError>({ queryKey: keys.workFiles(agent), queryFn: () => readWorkFiles(host, agent), staleTime: 5_000 });
}

/** The text of one of these files, or `null` if it is none, and whether its end was left out. */
export function useWorkFile(agent: string, path: string) {
  const host = useHost();
  return useQuery<WorkText, HostError>({ queryKey: keys.workFile(agent, path), queryFn: () => readWorkFile(host, agent, path), staleTime: 5_000 });
}

async function readStack(host: Host): Promise<Stack> {
  const reply = await host.call("ask", { request: { op: "stack_status" } });
  if (typeof reply === "object" && "stack" in reply) return reply.stack.stack;
  throw unexpected();
}

async function readLog(host: Host, part: string): Promise<string[]> {
  const reply = await host.call("ask", { request: { op: "stack_log", part, lines: LOG_LINES } });
  if (typeof reply === "object" && "stack_log" in reply) return reply.stack_log.lines;
  throw unexpected();
}

async function newLogin(host: Host): Promise<GiteaLogin> {
  const reply = await host.call("ask", { request: { op: "gitea_login" } });
  if (typeof reply === "object" && "gitea_login" in reply) return reply.gitea_login.login;
  throw unexpected();
}

async function readWorkFiles(host: Host, agent: string): Promise<WorkFile[]> {
  const reply = await host.call("ask", { request: { op: "work_files", agent } });
  if (typeof reply === "object" && "work_files" in reply) return reply.work_files.files;
  throw unexpected();
}

async function readWorkFile(host: Host, agent: string, path: string): Promise<WorkText> {
  const reply = await host.call("ask", { request: { op: "read_work_file", agent, path } });
  if (typeof reply === "object" && "work_file" in reply) return reply.work_file;
  throw unexpected();
}

function unexpected(): Error {
  return new Error("The host gave an answer that this window does not know.");
}
