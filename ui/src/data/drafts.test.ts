import { beforeEach, expect, test, vi } from "vitest";
import { type Host, HostError } from "../bridge";
import { Drafts } from "./drafts";

/** A host that returns its profile unless it is set to fail. */
function host() {
  const state = { works: true, profile: "p-ada" };
  const call = async () => {
    if (!state.works) throw new HostError({ code: "database", message: "The database cannot be read.", retryable: true, next_step: null });
    return { profile: state.profile };
  };
  return Object.assign(state, { host: { call } as unknown as Host });
}

beforeEach(() => {
  localStorage.clear();
  vi.useFakeTimers();
  return () => vi.useRealTimers();
});

test("a draft is stored under the profile that the page was loaded for, even after another one opens", async () => {
  const world = host();
  const drafts = new Drafts(world.host);
  await drafts.loadProfile();
  world.profile = "p-lin";
  await drafts.loadProfile();
  drafts.set("draft", "grow", "hello");
  vi.runAllTimers();
  expect(localStorage.getItem("draft:p-ada:grow")).toBe("hello");
  drafts.set("draft", "grow", "");
  vi.runAllTimers();
  expect(localStorage.length).toBe(0);
});

test("a draft written before the profile is known is appended to the stored one", async () => {
  localStorage.setItem("draft:p-ada:grow", "kept");
  const world = host();
  world.works = false;
  const drafts = new Drafts(world.host);
  await drafts.loadProfile();
  expect(drafts.storage()).toMatchObject({ isPersistent: false, problem: { message: "The database cannot be read." } });
  drafts.set("draft", "grow", "typed");
  expect([drafts.get("draft", "grow"), localStorage.getItem("draft:p-ada:grow")]).toEqual(["typed", "kept"]);
  world.works = true;
  await drafts.loadProfile();
  expect(drafts.storage()).toEqual({ isPersistent: true, problem: null });
  expect(drafts.get("draft", "grow")).toBe("kept\ntyped");
});

test("a draft is written some time after its changes, once for many keys, and when the window goes", async () => {
  const drafts = new Drafts(host().host);
  await drafts.loadProfile();
  const write = vi.spyOn(Storage.prototype, "setItem");
  for (const text of ["h", "he", "hel", "hell", "hello"]) drafts.set("draft", "grow", text);
  expect(drafts.get("draft", "grow")).toBe("hello");
  expect(write).not.toHaveBeenCalled();
  vi.runAllTimers();
  expect(write.mock.calls).toEqual([["draft:p-ada:grow", "hello"]]);
  drafts.set("draft", "grow", "hello you");
  dispatchEvent(new Event("pagehide"));
  expect(localStorage.getItem("draft:p-ada:grow")).toBe("hello you");
  write.mockRestore();
});

test("with full storage no letter is lost, the person is told, and it is written once there is room", async () => {
  const drafts = new Drafts(host().host);
  await drafts.loadProfile();
  const write = vi.spyOn(Storage.prototype, "setItem").mockImplementation(() => {
    throw new DOMException("full", "QuotaExceededError");
  });
  drafts.set("draft", "grow", "hello");
  vi.runAllTimers();
  expect(drafts.get("draft", "grow")).toBe("hello");
  expect(drafts.storage()).toMatchObject({ isPersistent: true, problem: { code: "disk_full" } });
  drafts.set("draft", "grow", "hello you");
  expect(drafts.get("draft", "grow")).toBe("hello you");
  write.mockRestore();
  vi.runAllTimers();
  expect(localStorage.getItem("draft:p-ada:grow")).toBe("hello you");
  expect(drafts.storage().problem).toBeNull();
});

test("a message that is being sent stays on the disk until it is recorded, and what is typed meanwhile is written then", async () => {
  const drafts = new Drafts(host().host, () => 7);
  await drafts.loadProfile();
  drafts.set("draft", "grow", "hello");
  drafts.send("grow");
  drafts.set("draft", "grow", "");
  drafts.set("draft", "grow", "next");
  drafts.set("draft", "scout", "other");
  vi.runAllTimers();
  expect([drafts.get("draft", "grow"), localStorage.getItem("draft:p-ada:grow"), localStorage.getItem("draft:p-ada:scout")]).toEqual(["next", "hello", "other"]);
  expect(drafts.storage().problem).toBeNull();
  drafts.sent("grow");
  expect(localStorage.getItem("draft:p-ada:grow")).toBe("next");
});
