import { beforeEach, expect, test } from "vitest";
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

beforeEach(() => localStorage.clear());

test("a draft is stored under the profile that the page was loaded for, even after another one opens", async () => {
  const world = host();
  const drafts = new Drafts(world.host);
  await drafts.loadProfile();
  world.profile = "p-lin";
  await drafts.loadProfile();
  drafts.set("draft", "grow", "hello");
  expect(localStorage.getItem("draft:p-ada:grow")).toBe("hello");
  drafts.set("draft", "grow", "");
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
