import { act, renderHook } from "@testing-library/react";
import type { ReactNode } from "react";
import { beforeEach, expect, test, vi } from "vitest";
import type { Host, KeyCheck, Reply, Request } from "../bridge";
import { DataProvider, newClient } from "../data/context";
import { Drafts } from "../data/drafts";
import { Journals } from "../data/journals";
import { useKeyEntry } from "./useKeyEntry";

/** A host whose responses the test controls. */
class Provider {
  asked: Array<{ request: Request; answer: (reply: Reply) => void }> = [];
  host: Host = {
    call: ((_name: string, args: { request: Request }) => new Promise((answer) => this.asked.push({ request: args.request, answer }))) as Host["call"],
    follow: async () => {},
    on: async () => {},
  };

  async says(index: number, check: KeyCheck) {
    await act(async () => this.asked[index]?.answer({ key_checked: { check } }));
  }
}

let provider: Provider;
let client: ReturnType<typeof newClient>;
const onSaved = vi.fn();

beforeEach(() => {
  vi.useFakeTimers();
  onSaved.mockClear();
  provider = new Provider();
  client = newClient();
});

function entry() {
  const journals = new Journals(provider.host, { request: () => 1, cancel: () => {} });
  const wrapper = ({ children }: { children: ReactNode }) => (
    <DataProvider host={provider.host} journals={journals} drafts={new Drafts(provider.host)} client={client}>
      {children}
    </DataProvider>
  );
  return renderHook(() => useKeyEntry("anthropic", onSaved), { wrapper }).result;
}

const debounce = () => act(async () => vi.advanceTimersByTime(1_000));

test("a key is checked once, after the debounce", async () => {
  const key = entry();
  for (const typed of ["sk-ant-1", "sk-ant-12", "sk-ant-123"]) act(() => key.current.enter(typed));
  expect(provider.asked).toHaveLength(0);
  await debounce();
  expect(provider.asked.map(({ request }) => request)).toEqual([{ op: "check_key", name: "anthropic", value: "sk-ant-123" }]);
  expect(key.current.state).toEqual({ at: "checking" });
  await provider.says(0, { refused: { message: "No." } });
  expect(key.current.state).toEqual({ at: "refused", message: "No." });
});

test("Enter within the debounce checks once, and saves an accepted key", async () => {
  const key = entry();
  act(() => key.current.enter("sk-ant-quick"));
  await act(async () => void key.current.submit());
  await provider.says(0, "accepted");
  await debounce();
  expect(provider.asked.map(({ request }) => request.op)).toEqual(["check_key", "set_key"]);
});

test("the result for an earlier key is ignored", async () => {
  const key = entry();
  act(() => key.current.enter("sk-ant-old"));
  await debounce();
  act(() => key.current.enter("sk-ant-new"));
  await provider.says(0, "accepted");
  expect(key.current.state).toEqual({ at: "idle" });
  await debounce();
  await provider.says(1, { unknown: { message: "Offline." } });
  expect(key.current.state).toEqual({ at: "unknown", message: "Offline." });
  expect(onSaved).not.toHaveBeenCalled();
});

test("a saved key is no longer anywhere in the page", async () => {
  const key = entry();
  act(() => key.current.enter("sk-ant-canary"));
  await debounce();
  await provider.says(0, "accepted");
  await act(async () => void key.current.submit());
  await act(async () => provider.asked[1]?.answer("done"));
  expect(onSaved).toHaveBeenCalledTimes(1);
  expect(key.current.value).toBe("");
  const cached = [...client.getQueryCache().getAll(), ...client.getMutationCache().getAll()].map(({ state }) => JSON.stringify(state));
  expect(cached.join()).not.toContain("canary");
});
