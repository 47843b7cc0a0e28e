import { fireEvent, render, screen } from "@testing-library/react";
import { expect, test } from "vitest";
import type { Host, Reply, Request, Setting } from "../bridge";
import { DataProvider, newClient } from "../data/context";
import { Drafts } from "../data/drafts";
import { Journals } from "../data/journals";
import { WorkFolders } from "./WorkFolders";

/** Shows the folders of a setting; returns the requests. */
function show(name: string): Request[] {
  const requests: Request[] = [];
  const call = async (_command: string, { request }: { request: Request }): Promise<Reply> => {
    requests.push(request);
    return "done";
  };
  const host = { call } as unknown as Host;
  const journals = new Journals(host, { request: () => 0, cancel: () => {} });
  const setting: Setting = { name, value: '["/home/you/notes"]', is_set: true, about: "" };
  render(
    <DataProvider host={host} client={newClient()} journals={journals} drafts={new Drafts(host)}>
      <WorkFolders setting={setting} about="" />
    </DataProvider>,
  );
  return requests;
}

function addMail() {
  fireEvent.change(screen.getByRole("textbox", { name: "Path of a folder" }), { target: { value: " /home/you/mail " } });
  fireEvent.click(screen.getByRole("button", { name: "Add" }));
}

test("a folder of files is changed alone, so that no other change is lost", async () => {
  const requests = show("files.folders");
  addMail();
  await expect.poll(() => requests).toContainEqual({ op: "change_folders", change: { type: "add", path: "/home/you/mail", name: null, can_write: false } });
  fireEvent.click(screen.getByRole("checkbox", { name: "may change /home/you/notes" }));
  await expect.poll(() => requests).toContainEqual({ op: "change_folders", change: { type: "set_access", folder: "/home/you/notes", can_write: true } });
  fireEvent.click(screen.getByRole("button", { name: "Remove: /home/you/notes" }));
  await expect.poll(() => requests).toContainEqual({ op: "change_folders", change: { type: "remove", folder: "/home/you/notes" } });
});

test("the folders of the workbench are one setting", async () => {
  const requests = show("workbench.folders");
  addMail();
  await expect.poll(() => requests).toContainEqual({ op: "set_setting", name: "workbench.folders", value: '["/home/you/notes","/home/you/mail"]' });
});
