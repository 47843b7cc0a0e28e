/** The skills of the agents: which there are, what each says, a switch for each, and the folders in which they are looked for. */
import { useQuery } from "@tanstack/react-query";
import { X } from "lucide-react";
import { type FormEvent, useId, useRef, useState } from "react";
import type { Skill, SkillList, UnusableSkill } from "../bridge";
import { Button, IconButton } from "../design/Button";
import { Disclosure } from "../design/Disclosure";
import { Input } from "../design/Field";
import { InlineError, QueryView } from "../design/states";
import { Switch } from "../design/Switch";
import { useHost, useRequest } from "../data/context";
import { keys } from "../data/keys";
import { toPage } from "../data/links";
import { plainText } from "../data/plainText";
import { counted, t } from "../words";

const NONE: SkillList = { skills: [], unusable: [], folders: [], not_looked_at: 0 };

export function Skills() {
  const host = useHost();
  const query = useQuery({
    queryKey: keys.skills,
    queryFn: async () => {
      const reply = await host.call("ask", { request: { op: "skills" } });
      return typeof reply === "object" && "skills" in reply ? reply.skills.skills : NONE;
    },
  });
  return (
    <QueryView query={query}>
      {(list) => (
        <>
          {list.skills.length === 0 && <p className="py-3 text-sm text-ink-3">{t("No skills yet.")}</p>}
          {list.skills.length > 0 && <ul aria-label={t("Skills")} className="divide-y divide-line">{list.skills.map((skill) => <SkillRow key={skill.name} skill={skill} />)}</ul>}
          {list.unusable.length > 0 && <Unusable skills={list.unusable} />}
          {list.not_looked_at > 0 && <p className="py-3 text-sm text-warn">{counted(list.not_looked_at, "{n} more skill was skipped: at most 500 are read.", "{n} more skills were skipped: at most 500 are read.")}</p>}
          <SkillFolders folders={list.folders} />
        </>
      )}
    </QueryView>
  );
}

function SkillRow({ skill }: { skill: Skill }) {
  const request = useRequest();
  const title = useId();
  const onOff = useId();
  const { name, page } = skill;
  const change = (is_on: boolean) => !request.isPending && request.mutate({ op: "change_skills", change: { type: "switch", name, is_on, seen: skill.new_by_agent } });
  return (
    <li aria-labelledby={title} className="py-3">
      <div className="flex items-center gap-3">
        <p id={title} className="min-w-0 grow text-sm font-medium [overflow-wrap:anywhere]">{name}</p>
        <label htmlFor={onOff} className="sr-only">{t("Agents may read the skill {what}", { what: name })}</label>
        <Switch id={onOff} isOn={skill.is_on} onChange={change} />
      </div>
      <p dir="auto" className="mt-0.5 text-sm text-ink-2 [overflow-wrap:anywhere]">{plainText(skill.description)}</p>
      {page === null ? (
        <p className="mt-0.5 font-mono text-xs text-ink-3 [overflow-wrap:anywhere]">{plainText(skill.place)}</p>
      ) : (
        <a href={toPage(page)} className="mt-0.5 inline-block font-mono text-xs text-ink-3 underline [overflow-wrap:anywhere]">{plainText(page)}</a>
      )}
      {skill.new_by_agent !== null && (
        <p className="mt-0.5 text-xs text-warn">
          {skill.new_by_agent === "" ? t("Off: the history of memory cannot be read (growqr doctor).") : t("New, written by an agent. Read it before you turn it on.")}
        </p>
      )}
      <InlineError problem={request.error} />
      <Disclosure summary={<span>{t("What it says")}</span>} className="-ms-1.5 mt-1">
        {() => <WholeSkill name={name} />}
      </Disclosure>
    </li>
  );
}

function WholeSkill({ name }: { name: string }) {
  const host = useHost();
  const query = useQuery({
    queryKey: keys.skill(name),
    queryFn: async () => {
      const reply = await host.call("ask", { request: { op: "skill", name } });
      return typeof reply === "object" && "skill" in reply ? reply.skill.skill : null;
    },
  });
  return (
    <QueryView query={query}>
      {(whole) =>
        whole && (
          <>
            <pre dir="auto" tabIndex={0} aria-label={t("The text of {what}", { what: name })} className="max-h-72 overflow-y-auto text-xs whitespace-pre-wrap [overflow-wrap:anywhere]">{plainText(whole.text)}</pre>
            {whole.files.length > 0 && <p className="mt-2 font-mono text-xs text-ink-3 [overflow-wrap:anywhere]">{whole.files.map(plainText).join(", ")}</p>}
          </>
        )
      }
    </QueryView>
  );
}

function Unusable({ skills }: { skills: readonly UnusableSkill[] }) {
  return (
    <ul aria-label={t("Cannot be used")} className="py-3 text-xs text-warn">
      {skills.map((skill) => (
        <li key={skill.place} className="py-0.5 [overflow-wrap:anywhere]">
          {t("{what} cannot be used: {reason}", { what: plainText(skill.place), reason: plainText(skill.reason) })}
        </li>
      ))}
    </ul>
  );
}

function SkillFolders({ folders }: { folders: readonly string[] }) {
  const request = useRequest();
  const field = useRef<HTMLInputElement>(null);
  const [path, setPath] = useState("");
  const label = t("Folders with skills");
  const add = (event: FormEvent) => {
    event.preventDefault();
    if (path.trim() && !request.isPending) request.mutate({ op: "change_skills", change: { type: "add_folder", path: path.trim() } }, { onSuccess: () => setPath("") });
  };
  // The row with the focus goes away.
  const remove = (folder: string) => request.mutate({ op: "change_skills", change: { type: "remove_folder", path: folder } }, { onSuccess: () => field.current?.focus() });
  return (
    <div role="group" aria-label={label} className="py-3">
      <p className="text-sm font-medium">{label}</p>
      <p className="text-xs text-ink-3">{t("They are only read. Read what you did not write before you add it: agents follow the instructions in a skill.")}</p>
      {folders.length > 0 && (
        <ul aria-label={t("Folders")} className="mt-2 flex flex-col gap-1">
          {folders.map((folder) => (
            <li key={folder} className="flex items-center gap-3 text-sm">
              <span className="min-w-0 grow font-mono [overflow-wrap:anywhere]">{plainText(folder)}</span>
              <IconButton label={t("Remove: {what}", { what: folder })} onClick={() => !request.isPending && remove(folder)}>
                <X className="size-4" aria-hidden />
              </IconButton>
            </li>
          ))}
        </ul>
      )}
      <form className="mt-2 flex gap-2" onSubmit={add}>
        <Input ref={field} aria-label={t("Path of a folder")} placeholder="/home/you/skills" value={path} onChange={(event) => setPath(event.target.value)} />
        <Button type="submit" disabled={!path.trim()}>
          {t("Add")}
        </Button>
      </form>
      <InlineError problem={request.error} />
    </div>
  );
}
