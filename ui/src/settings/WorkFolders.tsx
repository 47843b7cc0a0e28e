/** The folders of this computer that sub-agents in the workbench see. */
import { X } from "lucide-react";
import { type FormEvent, useState } from "react";
import type { Setting } from "../bridge";
import { Button, IconButton } from "../design/Button";
import { Input } from "../design/Field";
import { InlineError } from "../design/states";
import { useRequest } from "../data/context";
import { settingLabel } from "../data/settingWords";
import { t } from "../words";
import { type SharedFolder, readFolders, writtenFolders } from "./sharedFolders";

export function WorkFolders({ setting }: { setting: Setting }) {
  const request = useRequest();
  const [path, setPath] = useState("");
  const folders = readFolders(setting.value);
  const label = settingLabel(setting.name);
  const save = (next: readonly SharedFolder[], then = () => {}) => request.mutate({ op: "set_setting", name: setting.name, value: writtenFolders(next) }, { onSuccess: then });
  const add = (event: FormEvent) => {
    event.preventDefault();
    if (path.trim()) save([...folders, { path: path.trim(), write: false }], () => setPath(""));
  };
  return (
    <div role="group" aria-label={label} className="py-3">
      <p className="text-sm font-medium">{label}</p>
      <p className="text-xs text-ink-3">{t("Sub-agents read them, and change them only where you allow it. They see nothing else of this computer.")}</p>
      {folders.length > 0 && (
        <ul aria-label={t("Folders")} className="mt-2 flex flex-col gap-1">
          {folders.map((folder) => (
            <li key={folder.path} className="flex items-center gap-3 text-sm">
              <span className="min-w-0 grow font-mono [overflow-wrap:anywhere]">{folder.path}</span>
              <label className="flex shrink-0 cursor-pointer items-center gap-1.5">
                <input type="checkbox" checked={folder.write} onChange={(event) => save(folders.map((one) => (one === folder ? { ...one, write: event.target.checked } : one)))} />
                {t("may change")}<span className="sr-only"> {folder.path}</span>
              </label>
              <IconButton label={t("Remove: {what}", { what: folder.path })} onClick={() => save(folders.filter((one) => one !== folder))}>
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
