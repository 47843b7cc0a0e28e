import { act, fireEvent, render, screen } from "@testing-library/react";
import { expect, test } from "vitest";
import { type Backup as Made, type Host, HostError } from "../bridge";
import { backUp } from "../data/backup";
import { DataProvider, newClient } from "../data/context";
import { Drafts } from "../data/drafts";
import { Journals } from "../data/journals";
import { Backup } from "./Backup";

const made: Made = { file: "/home/you/Downloads/GrowQR backup.tar.gz", at: 0, bytes: 2_000_000, profile: "local", events: 3, memory_files: 4, database_server: null, left_out: ["memory/x: it is a link, or no plain file"], more_left_out: 0 };

const button = () => screen.getByRole<HTMLButtonElement>("button", { name: "Back up now" });

/** `answers` has what each `back_up` comes to. */
function show(last: Made | null, ...answers: Array<Made | HostError | Promise<Made>>) {
  const call = (name: string) => {
    const answer = name === "back_up" ? answers.shift() : last;
    return answer instanceof HostError ? Promise.reject(answer) : Promise.resolve(answer);
  };
  const host = { call } as unknown as Host;
  const journals = new Journals(host, { request: () => 0, cancel: () => {} });
  const client = newClient();
  render(
    <DataProvider host={host} client={client} journals={journals} drafts={new Drafts(host)}>
      <Backup />
    </DataProvider>,
  );
  return { press: () => fireEvent.click(button()), fromPalette: () => act(() => backUp(host, client)), left: answers };
}

test("a backup is told with its place, size and what is not in it", async () => {
  const { press } = show(null, made);
  expect(screen.queryByText(/Last backup/)).toBeNull();
  press();
  expect((await screen.findByText(/Last backup/)).textContent).toMatch(/2\.0 MB: \/home\/you\/Downloads\/GrowQR backup\.tar\.gz$/);
  expect(screen.getByText("memory/x: it is a link, or no plain file")).toBeTruthy();
});

test("the last backup is shown, and a failed one takes nothing away", async () => {
  const { press } = show({ ...made, left_out: [], database_server: "postgres://db/x" }, new HostError({ code: "disk_full", message: "the disk is full", retryable: true, next_step: null }));
  await screen.findByText(/Conversations and settings are on a database server/);
  press();
  await screen.findByText(/disk is full/i);
  expect(screen.getByText(/Last backup/)).toBeTruthy();
});

test("a backup that was begun in the palette is shown here, and no second one runs beside it", async () => {
  let end = (_made: Made) => {};
  const { fromPalette, left } = show(null, new Promise<Made>((done) => (end = done)), made);
  await screen.findByText(/One file with your conversations/);
  fromPalette();
  await screen.findByText("The backup is being made…");
  expect(button().disabled).toBe(true);
  fromPalette();
  await act(async () => end(made));
  await screen.findByText(/Last backup/);
  expect([left.length, button().disabled]).toEqual([1, false]);
});

test("a failure of one that was begun in the palette is shown here", async () => {
  const { fromPalette } = show(null, new HostError({ code: "disk_full", message: "the disk is full", retryable: true, next_step: null }));
  await screen.findByText(/One file with your conversations/);
  fromPalette();
  await screen.findByText(/disk is full/i);
});
