/** Skills of the simulated host: pages `skills/NAME/SKILL.md` of memory, and one for each chosen folder, with the folder's name. */
import type { Skill, SkillChange, SkillList, SkillText } from "../wire";
import { hostError } from "./hostError";
import type { Stage } from "./stage";

const PAGE = /^skills\/([^/]+)\/SKILL\.md$/;

interface Listed {
  skills: { skills: SkillList };
}

export function skills(world: Stage): Listed {
  const { folders } = chosen(world);
  return { skills: { skills: { skills: texts(world).map(({ skill }) => skill), unusable: folders.filter(isBroken).map((place) => ({ place, reason: "it has no description" })), folders, not_looked_at: 0 } } };
}

export function skill(world: Stage, name: string): { skill: { skill: SkillText } } {
  return { skill: { skill: find(world, name) } };
}

export function changeSkills(world: Stage, change: SkillChange): Listed {
  const { folders, off } = chosen(world);
  switch (change.type) {
    case "switch": {
      const { name } = find(world, change.name).skill;
      const others = off.filter((other) => other !== name);
      world.state.skills = { folders, off: change.is_on ? others : [...others, name] };
      break;
    }
    case "add_folder":
      if (!change.path.startsWith("/")) throw hostError("bad_request", `${change.path} is not the absolute path of one folder`);
      world.state.skills = { folders: [...folders.filter((other) => other !== change.path), change.path], off };
      break;
    case "remove_folder":
      world.state.skills = { folders: folders.filter((other) => other !== change.path), off };
  }
  return skills(world);
}

function texts(world: Stage): SkillText[] {
  const { folders, off } = chosen(world);
  const whole = (name: string, description: string, place: string, page: string | null, text: string): SkillText => {
    const skill: Skill = { name, description, place, page, is_on: !off.includes(name), new_by_agent: null };
    return { skill, text, files: [] };
  };
  const inFolders = folders.filter((path) => !isBroken(path)).map((path) => whole(path.split("/").at(-1) ?? path, "Fills in forms. Use when the person has a form.", path, null, "Read the form first."));
  const inMemory = world.memory.list("skills/").flatMap(({ path }) => {
    const name = PAGE.exec(path)?.[1];
    const { text } = world.memory.read(path);
    const description = /^description: (.*)$/m.exec(text)?.[1];
    return name && description ? [whole(name, description, `skills/${name}/ in memory`, path, text)] : [];
  });
  return [...inFolders, ...inMemory];
}

function chosen(world: Stage) {
  return world.state.skills ?? { folders: [], off: [] };
}

function isBroken(path: string): boolean {
  return path.includes("broken");
}

function find(world: Stage, name: string): SkillText {
  const found = texts(world).find((one) => one.skill.name === name);
  if (!found) throw hostError("not_found", `there is no skill ${JSON.stringify(name)} that can be used`);
  return found;
}
