import { beforeEach, expect, test } from "vitest";
import { type Host, HostError } from "../bridge";
import { Drafts } from "./drafts";

/** A host that says whose the page is once it is well. */
function host() {
  const state = { well: true, profile: "p-ada" };
  const call = async () => {
    if (!state.well) throw new HostError({ code: "database", message: "The database cannot be read.", retryable: true, next_step: null });
    return { profile: state.profile };
  };
  return Object.assign(state, { host: { call } as unknown as Host });
}

beforeEach(() => localStorage.clear());

test("a draft is kept under the profile that the page was loaded for, also after another opened", async () => {
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

test("what is written before it is known whose it is comes after what was kept", async () => {
  localStorage.setItem("draft:p-ada:grow", "kept");
  const world = host();
  world.well = false;
  const drafts = new Drafts(world.host);
  await drafts.loadProfile();
  expect(drafts.storage()).toMatchObject({ isPersistent: false, problem: { message: "The database cannot be read." } });
  drafts.set("draft", "grow", "typed");
  expect([drafts.get("draft", "grow"), localStorage.getItem("draft:p-ada:grow")]).toEqual(["typed", "kept"]);
  world.well = true;
  await drafts.loadProfile();
  expect(drafts.storage()).toEqual({ isPersistent: true, problem: null });
  expect(drafts.get("draft", "grow")).toBe("kept\ntyped");
});
