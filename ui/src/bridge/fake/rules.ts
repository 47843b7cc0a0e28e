/** The simulated rules for tool calls. Patterns know only the star. */
import type { RuleRow, RuleTest } from "../wire";
import { hostError } from "./hostError";
import type { Stage } from "./stage";

const BUILT_IN = ["ask * as risky", "allow spawn_sub_agent", "allow wait_for_sub_agents", "allow message_sub_agent", "allow cancel_sub_agent", "allow ask_user", "allow read_memory", "allow list_memory", "allow search_memory", "allow read_skill", "allow commit_memory", "allow delete_memory", "allow search_tools", "ask list_files as safe", "ask read_file as safe", "ask search_files as safe", "allow list_files depth=0", "allow read_file depth=0", "allow search_files depth=0"];
const SHAPE = /^(allow|ask|hold|deny) \S+( (path|host|command)=\S+)?( (agent=\S+|depth=\d+\+?))?( hash=[0-9a-f]+)?( as (risky|safe))?$/;

export function rules(world: Stage): RuleRow[] {
  return [...BUILT_IN.map((line): RuleRow => ({ id: null, line, origin: "built_in", added_at: null })), ...world.state.rules];
}

export function addRule(world: Stage, line: string) {
  if (!SHAPE.test(line)) throw hostError("bad_request", "a rule is: allow|ask|hold|deny TOOL [path=P | host=P | command=P] [agent=P | depth=N | depth=N+] [hash=H] [as risky | as safe]", "An example: ask commit_memory path=private/*");
  add(world, line, "person");
}

/** Adds the line of an answer. */
export function addAnsweredRule(world: Stage, line: string) {
  add(world, line, "answer");
}

function add(world: Stage, line: string, origin: RuleRow["origin"]) {
  world.state.rules.push({ id: `r-${world.state.events.length}-${world.state.rules.length}`, line, origin, added_at: world.now() });
}

export function removeRule(world: Stage, id: string) {
  if (!world.state.rules.some((rule) => rule.id === id)) throw hostError("not_found", `there is no rule "${id}"`, "See all rules: growqr rules list");
  world.state.rules = world.state.rules.filter((rule) => rule.id !== id);
}

/** The last line that matches a call. `args` has what the call concerns under `path`, `host` or `command`. */
export function decide(world: Stage, tool: string, args: Record<string, unknown>, agent: string): RuleRow {
  const { depth } = world.agent(agent);
  const rule = rules(world).findLast(({ line }) => {
    const [, pattern = "", ...conditions] = line.replace(/ as (risky|safe)$/, "").split(" ");
    return glob(pattern, tool) && conditions.every((one) => {
      const [name = "", wanted = ""] = one.split("=");
      if (name === "agent") return glob(wanted, agent);
      if (name === "depth") return wanted.endsWith("+") ? depth >= parseInt(wanted, 10) : depth === Number(wanted);
      return wanted === "" || glob(wanted, String(args[name] ?? ""));
    });
  });
  if (!rule) throw hostError("internal", "no rule matches");
  return rule;
}

export function testRules(world: Stage, tool: string, input: string, agent: string | null): RuleTest {
  let fields: Record<string, unknown>;
  try {
    fields = JSON.parse(input) as Record<string, unknown>;
  } catch {
    throw hostError("bad_request", "the input is not JSON", 'Write it like this: {"path": "notes/a.md"}');
  }
  const rule = decide(world, tool, fields, agent ?? "grow");
  return { decision: rule.line.split(" ")[0] ?? "", rule, argument: typeof fields["path"] === "string" ? fields["path"] : null, is_unclear: false, is_risky: rule.line.endsWith("as risky") };
}

function glob(pattern: string, text: string): boolean {
  return new RegExp(`^${pattern.split("*").map((part) => part.replace(/[.+?^${}()|[\]\\]/g, "\\$&")).join(".*")}$`).test(text);
}
