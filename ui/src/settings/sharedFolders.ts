/** The value of the settings `workbench.folders` and `files.folders`: `none`, or a JSON list of paths and of objects with `path`, `write` and, in the second one, `name`. */

export interface SharedFolder {
  path: string;
  /** Whether agents may change it. */
  write: boolean;
  /** Its name for agents, if the setting has one. */
  name?: string;
}

/** The folders of the setting. What this build does not understand is left out. */
export function readFolders(value: string): SharedFolder[] {
  if (value === "none") return [];
  const list: unknown = parsed(value);
  return Array.isArray(list) ? list.flatMap(readFolder) : [];
}

function readFolder(entry: unknown): SharedFolder[] {
  if (typeof entry === "string") return [{ path: entry, write: false }];
  if (typeof entry !== "object" || entry === null || !("path" in entry) || typeof entry.path !== "string") return [];
  const write = "write" in entry && entry.write === true;
  return ["name" in entry && typeof entry.name === "string" ? { name: entry.name, path: entry.path, write } : { path: entry.path, write }];
}

/** The setting's value for these folders; `null`, its default, for none. */
export function writtenFolders(folders: readonly SharedFolder[]): string | null {
  return folders.length === 0 ? null : JSON.stringify(folders.map(({ name, path, write }) => (write || name !== undefined ? { name, path, ...(write && { write }) } : path)));
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
