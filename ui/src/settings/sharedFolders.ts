/** The value of the setting `workbench.folders`: `none`, or a JSON list of paths and of objects with `path` and `write`. */

export interface SharedFolder {
  path: string;
  /** Whether sub-agents may change it. */
  write: boolean;
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
  return [{ path: entry.path, write: "write" in entry && entry.write === true }];
}

/** The setting's value for these folders; `null`, its default, for none. */
export function writtenFolders(folders: readonly SharedFolder[]): string | null {
  return folders.length === 0 ? null : JSON.stringify(folders.map(({ path, write }) => (write ? { path, write } : path)));
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
