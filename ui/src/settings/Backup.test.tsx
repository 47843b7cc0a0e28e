import { fireEvent, render, screen } from "@testing-library/react";
import { expect, test } from "vitest";
import { type Backup as Made, type Host, HostError } from "../bridge";
import { DataProvider, newClient } from "../data/context";
import { Drafts } from "../data/drafts";
import { Journals } from "../data/journals";
import { Backup } from "./Backup";

const made: Made = { file: "/home/you/Downloads/GrowQR backup.tar.gz", at: 0, bytes: 2_000_000, profile: "local", events: 3, memory_files: 4, database_server: null, left_out: ["memory/x: it is a link, or no plain file"], more_left_out: 0 };

/** `answers` has what each `back_up` comes to. */
function show(last: Made | null, ...answers: Array<Made | HostError>) {
  const call = (name: string) => {
    const answer = name === "back_up" ? answers.shift() : last;
    return answer instanceof HostError ? Promise.reject(answer) : Promise.resolve(answer);
  };
  const host = { call } as unknown as Host;
  const journals = new Journals(host, { request: () => 0, cancel: () => {} });
  render(
    <DataProvider host={host} client={newClient()} journals={journals} drafts={new Drafts(host)}>
      <Backup />
    </DataProvider>,
  );
  return () => fireEvent.click(screen.getByRole("button", { name: "Back up now" }));
}

test("a backup is told with its place, size and what is not in it", async () => {
  const press = show(null, made);
  expect(screen.queryByText(/Last backup/)).toBeNull();
  press();
  expect((await screen.findByText(/Last backup/)).textContent).toMatch(/2\.0 MB: \/home\/you\/Downloads\/GrowQR backup\.tar\.gz$/);
  expect(screen.getByText("memory/x: it is a link, or no plain file")).toBeTruthy();
});

test("the last backup is shown, and a failed one takes nothing away", async () => {
  const press = show({ ...made, left_out: [], database_server: "postgres://db/x" }, new HostError({ code: "disk_full", message: "the disk is full", retryable: true, next_step: null }));
  await screen.findByText(/Conversations and settings are on a database server/);
  press();
  await screen.findByText(/disk is full/i);
  expect(screen.getByText(/Last backup/)).toBeTruthy();
});
