import { act, renderHook, waitFor } from "@testing-library/react";
import type { ReactNode } from "react";
import { expect, test, vi } from "vitest";
import type { Host, Push, Reply, Request, Stack } from "../bridge";
import { DataProvider, newClient } from "./context";
import { Drafts } from "./drafts";
import { startFeed } from "./feed";
import { Journals } from "./journals";
import { useNewGiteaLogin, useStack, useStackRequest } from "./stack";

const stack = (busy: string): Stack => ({ docker: { state: "ready", found: "", next_step: null }, parts: [], memory: null, busy, next: null, orphans: [], others: [], notes: [] });
const reply = (busy: string): Reply => ({ stack: { stack: stack(busy) } });

/** A host whose answers the test gives, and the hooks of the stack on it. */
function world() {
  const waiting = new Map<Request["op"], (reply: Reply) => void>();
  let push: (push: Push) => void = () => {};
  const host = {
    call: vi.fn((name: string, args: { request?: Request }) => {
      if (name !== "ask") return Promise.reject(new Error(`not needed here: ${name}`));
      return new Promise<Reply>((answer) => waiting.set(args.request!.op, answer));
    }),
    follow: async (onPush: (push: Push) => void) => void (push = onPush),
    on: async () => {},
  } as unknown as Host;
  const client = newClient();
  const journals = new Journals(host, { request: () => 0, cancel: () => {} });
  const wrapper = ({ children }: { children: ReactNode }) => (
    <DataProvider host={host} client={client} journals={journals} drafts={new Drafts(host)}>
      {children}
    </DataProvider>
  );
  void startFeed(host, client, journals);
  const hooks = renderHook(() => ({ stack: useStack(), request: useStackRequest(), login: useNewGiteaLogin() }), { wrapper });
  const answer = (op: Request["op"], words: Reply) => act(async () => waiting.get(op)?.(words));
  return { hooks, client, host, answer, changed: (busy: string) => act(() => push({ stack_changed: { stack: stack(busy) } })), shown: () => hooks.result.current.stack.data?.busy };
}

test("a push replaces the state, also while an older one is being read", async () => {
  const { answer, changed, shown } = world();
  await changed("from a push");
  await answer("stack_status", reply("read before"));
  await waitFor(() => expect(shown()).toBe("from a push"));
});

test("the reply to a request is shown at once", async () => {
  const { hooks, answer, shown } = world();
  await answer("stack_status", reply("before"));
  await waitFor(() => expect(shown()).toBe("before"));
  await act(async () => hooks.result.current.request.mutate({ op: "stack_up", agreed: true }));
  await answer("stack_up", reply("starting"));
  await waitFor(() => expect(shown()).toBe("starting"));
});

test("a reply that a push has overtaken is not shown; the state is read again", async () => {
  const { hooks, host, answer, changed, shown } = world();
  await answer("stack_status", reply("before"));
  await waitFor(() => expect(shown()).toBe("before"));
  await act(async () => hooks.result.current.request.mutate({ op: "stack_up", agreed: true }));
  await act(() => new Promise((done) => setTimeout(done, 2)));
  await changed("running");
  await answer("stack_up", reply("starting"));
  await waitFor(() => expect(shown()).toBe("running"));
  await waitFor(() => expect(vi.mocked(host.call).mock.calls.filter(([, args]) => "request" in args && args.request.op === "stack_status")).toHaveLength(2));
  await answer("stack_status", reply("running well"));
  await waitFor(() => expect(shown()).toBe("running well"));
});

test("a new password leaves no trace in the cache once it is not shown any more", async () => {
  const { hooks, client, answer } = world();
  await act(async () => hooks.result.current.login.mutate());
  await answer("gitea_login", { gitea_login: { login: { url: "http://127.0.0.1:42000", user: "you", password: "canary" } } });
  await waitFor(() => expect(hooks.result.current.login.data?.password).toBe("canary"));
  hooks.unmount();
  await waitFor(() => expect(client.getMutationCache().getAll()).toEqual([]));
});
