/** The folders whose files the simulated agents use: a change is of one of them. */
import type { FileFolder, FolderChange } from "../wire";
import { hostError } from "./hostError";
import type { World } from "./world";

const SETTING = "files.folders";

interface Chosen {
  name: string;
  path: string;
  write?: true;
}

export function changeFolders(world: World, change: FolderChange): { folders: { folders: FileFolder[] } } {
  const folders = changed(chosen(world), change);
  world.set(SETTING, folders.length === 0 ? null : JSON.stringify(folders));
  return { folders: { folders: folders.map(({ name, path, write }) => ({ name, path, can_write: write === true })) } };
}

function changed(folders: readonly Chosen[], change: FolderChange): Chosen[] {
  if (change.type === "add") {
    const { path } = change;
    if (!path.startsWith("/")) throw hostError("bad_request", `${path} is not an absolute path`);
    return [...folders.filter((other) => other.path !== path), { name: change.name ?? nameOf(path), path, ...(change.can_write && { write: true as const }) }];
  }
  const found = folders.find(({ name, path }) => change.folder === name || change.folder === path);
  if (!found) throw hostError("not_found", `there is no folder ${JSON.stringify(change.folder)} that agents may use`);
  if (change.type === "remove") return folders.filter((other) => other !== found);
  const { name, path } = found;
  return folders.map((other) => (other === found ? { name, path, ...(change.can_write && { write: true as const }) } : other));
}

function chosen(world: World): Chosen[] {
  const value = world.state.settings[SETTING];
  if (value === undefined || value === "none") return [];
  const entries = JSON.parse(value) as Array<string | (Omit<Chosen, "name"> & { name?: string })>;
  return entries.map((entry) => (typeof entry === "string" ? { name: nameOf(entry), path: entry } : { ...entry, name: entry.name ?? nameOf(entry.path) }));
}

function nameOf(path: string): string {
  return path.split("/").at(-1) || "folder";
}
