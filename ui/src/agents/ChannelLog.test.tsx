import { render, screen, waitFor } from "@testing-library/react";
import { expect, test } from "vitest";
import type { Host, LogPage, Request } from "../bridge";
import { DataProvider, newClient } from "../data/context";
import { Drafts } from "../data/drafts";
import { Journals } from "../data/journals";
import ChannelLog from "./ChannelLog";

type Asked = Extract<Request, { op: "log" }>;

/** Shows a log whose host answers with these parts, and returns the positions before which it was asked. */
function show(part: (asked: Asked) => Pick<LogPage, "lines" | "before">) {
  const befores: Array<number | null> = [];
  const call = async (_name: string, { request }: { request: Asked }) => {
    if (!request.after) befores.push(request.before);
    return { log: { page: { ...part(request), after: { events: 9, host: 0, run: 1 }, has_more: false, lost: 0 } } };
  };
  const host = { call } as unknown as Host;
  render(
    <DataProvider host={host} client={newClient()} journals={new Journals(host, { request: () => 0, cancel: () => {} })} drafts={new Drafts(host)}>
      <ChannelLog channel="#all" isOfAgent={false} />
    </DataProvider>,
  );
  return befores;
}

test("earlier parts are looked through until there are enough lines or none are left, although some parts have none", async () => {
  const befores = show(({ before }) => ({ lines: [], before: before === null ? 90 : before > 30 ? before - 30 : null }));
  await screen.findByText("Nothing yet");
  expect(befores).toEqual([null, 90, 60, 30]);
});

test("an earlier part that cannot be read says so, and is read again on request", async () => {
  const broken = { is: true };
  const befores = show(({ before }) => {
    if (before !== null && broken.is) throw new Error("no disk");
    return { lines: [], before: before === null ? 90 : null };
  });
  await screen.findByText("Earlier lines could not be read.");
  broken.is = false;
  screen.getByRole("button", { name: "Try again" }).click();
  await screen.findByText("Nothing yet");
  await waitFor(() => expect(screen.queryByText("Earlier lines could not be read.")).toBeNull());
  expect(befores).toEqual([null, 90, 90]);
});
