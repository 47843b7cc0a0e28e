import { expect, test } from "vitest";
import { readFolders, writtenFolders } from "./sharedFolders";

test("the folders of the setting are read and written in the form of the command line", () => {
  const value = '["/home/you/notes",{"path":"/home/you/project","write":true}]';
  const folders = [
    { path: "/home/you/notes", write: false },
    { path: "/home/you/project", write: true },
  ];
  expect(readFolders(value)).toEqual(folders);
  expect(writtenFolders(folders)).toBe(value);
  const named = '[{"name":"letters","path":"/home/you/mail"},{"name":"drafts","path":"/home/you/new","write":true}]';
  expect(writtenFolders(readFolders(named))).toBe(named);
  expect(writtenFolders([])).toBeNull();
  expect(readFolders("none")).toEqual([]);
  expect(readFolders('[1, {"write": true}]')).toEqual([]);
});
