/** What the simulation answers to each command. */
import type { Answer, Args, CommandName } from "../commands";
import { HostError } from "../host";
import type { Message, Reply, Request } from "../wire";
import { refuse } from "./refuse";
import type { World } from "./world";

type Answers = { [N in CommandName]: (args: Args<N>) => Answer<N> };

const MODELS = [
  { id: "claude-opus-4-7", name: "Claude Opus 4.7" },
  { id: "claude-sonnet-4-6", name: "Claude Sonnet 4.6" },
  { id: "claude-haiku-4-5", name: "Claude Haiku 4.5" },
  { id: "guide", name: "Built-in guide (no AI)" },
];

export function answers(world: World): Answers {
  const { memory } = world;
  return {
    about: () => ({ version: "0.1.0", profile: "local", data_folder: "/home/you/.local/share/ai.growqr.desktop", memory_folder: "/home/you/.local/share/ai.growqr.desktop/profiles/local/memory" }),
    ask: ({ request }) => ask(world, request),
    agents: () => Object.values(world.state.agents),
    messages: ({ agent, before, limit }) => messages(world).filter((one) => one.agent === agent && (before === null || one.seq < before)).slice(-limit),
    events: ({ agent, since, limit }) => world.lines(agent, since, limit),
    search: ({ text }) => messages(world).filter((one) => one.text.toLowerCase().includes(text.toLowerCase())).reverse().slice(0, 200),
    settings: () => world.settings(),
    models: () => MODELS,
    budget: () => world.budget(),
    memory_list: ({ prefix }) => memory.list(prefix),
    memory_read: ({ path }) => memory.read(path),
    memory_search: ({ text }) => memory.search(text),
    memory_log: ({ path }) => memory.log(path),
    memory_diff: ({ rev }) => ({ text: memory.diff(rev) }),
    memory_blame: ({ path }) => memory.blame(path),
    open_memory_folder: () => null,
  };
}

function ask(world: World, request: Request): Reply {
  switch (request.op) {
    case "hello":
      return { hello: { version: 1, pid: 1, profile: "local" } };
    case "say":
      return { said: { agent: world.say(request.agent, request.id, request.text) } };
    case "cancel":
      world.cancel(request.agent);
      return "done";
    case "resume":
      world.resume(request.agent);
      return "done";
    case "follow":
      return "done";
    case "write_memory":
      return { changed: { commit: world.memory.write(request.path, request.text, request.base, `Write ${request.path}`, world.now(), null), paths: [request.path] } };
    case "restore_memory":
      return { changed: world.memory.restore(request.rev, world.now()) };
    case "set_setting":
      world.set(request.name, request.value);
      return "done";
    case "set_key":
      if (request.name !== "anthropic") throw refuse("not_found", `There is no key called ${request.name}.`);
      if (request.value !== null && !request.value.startsWith("sk-ant-")) {
        throw new HostError({ code: "bad_request", message: "That is not an Anthropic key.", retryable: false, next_step: "Keys begin with sk-ant-; copy it again." });
      }
      world.state.key = request.value !== null;
      return "done";
    case "keys":
      return { keys: { keys: world.state.key ? [{ name: "anthropic", source: "memory" }] : [] } };
  }
}

function messages(world: World): Message[] {
  return world.state.events.flatMap((line): Message[] => {
    const data = line.data as { text?: string; reply?: { content: { type: string; text?: string }[] } };
    const base = { agent: line.agent, seq: line.seq, at: line.at };
    if (line.kind === "user_said") return [{ ...base, author: "person", text: data.text ?? "" }];
    const text = data.reply?.content.map((block) => block.text ?? "").join("") ?? "";
    return line.kind === "model_answered" && text ? [{ ...base, author: { agent: line.agent }, text }] : [];
  });
}
