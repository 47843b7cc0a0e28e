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
  expect(write.mock.calls).toEqual([
    ["id:p-ada:grow", drafts.get("id", "grow")],
    ["draft:p-ada:grow", "hello"],
  ]);
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

/** What this window wrote, as the other windows get it. */
const tellOthers = (key: string) => dispatchEvent(new StorageEvent("storage", { key, newValue: localStorage.getItem(key) }));

test("a message that is being sent is no draft in any window, and what is typed in another one meanwhile stays", async () => {
  const [here, there] = [new Drafts(host().host), new Drafts(host().host)];
  await here.loadProfile();
  await there.loadProfile();
  here.set("draft", "grow", "hello");
  here.write();
  expect(there.get("draft", "grow")).toBe("hello");
  const id = here.send("grow", "hello", "");
  ["draft:p-ada:grow", "id:p-ada:grow"].forEach(tellOthers);
  expect([there.get("draft", "grow"), localStorage.getItem("draft:p-ada:grow")]).toEqual(["", null]);
  there.set("draft", "grow", "next");
  there.write();
  here.sent("grow", id);
  expect([localStorage.getItem("draft:p-ada:grow"), localStorage.length]).toEqual(["next", 2]);
});

test("two messages that are being sent are both on the disk, each until it is recorded", async () => {
  const drafts = new Drafts(host().host);
  await drafts.loadProfile();
  const [first, second] = ["one", "two"].map((text) => (drafts.set("draft", "grow", text), drafts.send("grow", text, "")));
  expect([localStorage.getItem(`sending:p-ada:${first}`), localStorage.getItem(`sending:p-ada:${second}`)]).toEqual([expect.stringContaining("one"), expect.stringContaining("two")]);
  drafts.sent("grow", first ?? "");
  drafts.putBack("grow", { id: second ?? "", text: "two", files: "" });
  drafts.write();
  expect([drafts.get("draft", "grow"), Object.keys(localStorage).toSorted()]).toEqual(["two", ["draft:p-ada:grow", "id:p-ada:grow"]]);
});

test("a message that is put back keeps its id until it is changed, and one that was written meanwhile has its own", async () => {
  const drafts = new Drafts(host().host);
  await drafts.loadProfile();
  drafts.set("draft", "grow", "hello");
  const id = drafts.send("grow", "hello", "");
  drafts.putBack("grow", { id, text: "hello", files: "" });
  expect(drafts.send("grow", "hello", "")).toBe(id);
  drafts.putBack("grow", { id, text: "hello", files: "" });
  drafts.set("draft", "grow", "hello you");
  const other = drafts.send("grow", "hello you", "");
  expect(other).not.toBe(id);
  drafts.set("draft", "grow", "next");
  const next = drafts.get("id", "grow");
  drafts.putBack("grow", { id: other, text: "hello you", files: "" });
  expect([drafts.get("draft", "grow"), drafts.get("id", "grow")]).toEqual(["hello you\nnext", next]);
});

test("a message for which there is no room beside its draft is kept once the draft has gone", async () => {
  const drafts = new Drafts(host().host);
  await drafts.loadProfile();
  drafts.set("draft", "grow", "hello");
  const write = vi.spyOn(Storage.prototype, "setItem").mockImplementationOnce(() => {
    throw new DOMException("full", "QuotaExceededError");
  });
  const id = drafts.send("grow", "hello", "");
  write.mockRestore();
  expect(Object.keys(localStorage)).toEqual([`sending:p-ada:${id}`]);
});
