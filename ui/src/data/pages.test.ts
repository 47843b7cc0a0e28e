import { expect, test, vi } from "vitest";
import type { Host } from "../bridge";
import { fakeHost } from "../bridge/fake";
import { pagesQuery } from "./pages";

const row = (path: string) => ({ path, bytes: 1, conflict_copy_of: null });

test("all parts of the list of pages are read, in their order", async () => {
  const parts = new Map([
    [null, { rows: [row("a"), row("b")], next: "b" }],
    ["b", { rows: [row("c")], next: "c" }],
    ["c", { rows: [], next: null }],
  ]);
  const call = vi.fn(async (_: string, { after }: { after: string | null }) => parts.get(after));
  const rows = await pagesQuery({ call } as unknown as Host).queryFn();
  expect(rows.map(({ path }) => path)).toEqual(["a", "b", "c"]);
  expect(call).toHaveBeenCalledTimes(3);
});

test("the simulated host returns each page once", async () => {
  const host = fakeHost();
  const first = await host.call("memory_list", { prefix: "", after: null });
  expect(first.next).not.toBeNull();
  const paths = (await pagesQuery(host).queryFn()).map(({ path }) => path);
  expect(paths.length).toBeGreaterThan(first.rows.length);
  expect(paths).toEqual([...new Set(paths)].sort());
});

test("a part that cannot be read fails the whole list", async () => {
  const call = vi.fn().mockResolvedValueOnce({ rows: [row("a")], next: "a" }).mockRejectedValueOnce(new Error("gone"));
  await expect(pagesQuery({ call } as unknown as Host).queryFn()).rejects.toThrow("gone");
});
