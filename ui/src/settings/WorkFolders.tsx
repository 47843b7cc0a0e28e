/** Folders of this computer that agents see: those of the workbench, or those whose files agents use. */
import { X } from "lucide-react";
import { type FormEvent, useState } from "react";
import type { FolderChange, Setting } from "../bridge";
import { Button, IconButton } from "../design/Button";
import { Input } from "../design/Field";
import { InlineError } from "../design/states";
import { useRequest } from "../data/context";
import { settingLabel } from "../data/settingWords";
import { t } from "../words";
import { type SharedFolder, readFolders, writtenFolders } from "./sharedFolders";

export function WorkFolders({ setting, about }: { setting: Setting; about: string }) {
  const request = useRequest();
  const [path, setPath] = useState("");
  const folders = readFolders(setting.value);
  const label = settingLabel(setting.name);
  // The host changes one folder of the files, whatever else changes the setting meanwhile.
  const isOfFiles = setting.name === "files.folders";
  const save = (change: FolderChange, next: readonly SharedFolder[], then = () => {}) =>
    request.mutate(isOfFiles ? { op: "change_folders", change } : { op: "set_setting", name: setting.name, value: writtenFolders(next) }, { onSuccess: then });
  const add = (event: FormEvent) => {
    event.preventDefault();
    const added = path.trim();
    if (added) save({ type: "add", path: added, name: null, can_write: false }, [...folders, { path: added, write: false }], () => setPath(""));
  };
  const allow = (folder: SharedFolder, write: boolean) => save({ type: "set_access", folder: folder.path, can_write: write }, folders.map((one) => (one === folder ? { ...one, write } : one)));
  const remove = (folder: SharedFolder) => save({ type: "remove", folder: folder.path }, folders.filter((one) => one !== folder));
  return (
    <div role="group" aria-label={label} className="py-3">
      <p className="text-sm font-medium">{label}</p>
      <p className="text-xs text-ink-3">{about}</p>
      {folders.length > 0 && (
        <ul aria-label={t("Folders")} className="mt-2 flex flex-col gap-1">
          {folders.map((folder) => (
            <li key={folder.path} className="flex items-center gap-3 text-sm">
              <span className="min-w-0 grow font-mono [overflow-wrap:anywhere]">
                {folder.path} {folder.name !== undefined && <span className="text-ink-3">({folder.name})</span>}
              </span>
              <label className="flex shrink-0 cursor-pointer items-center gap-1.5">
                <input type="checkbox" checked={folder.write} onChange={(event) => allow(folder, event.target.checked)} />
                {t("may change")}<span className="sr-only"> {folder.path}</span>
              </label>
              <IconButton label={t("Remove: {what}", { what: folder.path })} onClick={() => remove(folder)}>
                <X className="size-4" aria-hidden />
              </IconButton>
            </li>
          ))}
        </ul>
      )}
      <form className="mt-2 flex gap-2" onSubmit={add}>
        <Input aria-label={t("Path of a folder")} placeholder="/home/you/project" value={path} onChange={(event) => setPath(event.target.value)} />
        <Button type="submit" disabled={!path.trim() || request.isPending}>
          {t("Add")}
        </Button>
      </form>
      <InlineError problem={request.error} />
    </div>
  );
}
