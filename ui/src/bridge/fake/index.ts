/**
 * A simulated host inside the page: agents stream, spawn and remember by fixed scripts. For development in a plain
 * browser and for tests; production builds exclude it. Options are query parameters:
 * `?world=empty|lived|asks|inbox|quests|many|crowd|long` the initial data, `?speed=10` the time factor, `?fail=a,ask:b` the commands (`a`) or requests
 * (`ask:b`) that fail until the page event `fake-repair` (`fake-fail` adds the one in its detail), `?slow=500` the delay of every command in milliseconds,
 * `?block=calls|providers` makes all commands, or the providers' answers, wait for the page event `fake-unblock`,
 * `?keychain=ready|locked|not_set_up|absent` the state of the keychain,
 * `?stack=never|off|running|failed|…` the state of the stack (all names are in `stackStates.ts`; the page event `fake-stack` with a name as its
 * detail changes it), `?local=both|ollama|empty|none` the local model servers, `?account=signed_out|online|…` the sign-in state,
 * `?memory=another|withheld` the notice about memory.
 * The page event `fake-answered-elsewhere` settles all open asks without a push, as if the window had missed it.
 * The page event `fake-answered-by-command` settles the newest open ask, as the command line does. `fake-read-queued` lets the
 * agents read their queued messages, also as if the window had missed it.
 * `fake-lose-files` removes the content of all attached files.
 * `fake-new-agent` adds a sub-agent below the first one of the world `crowd`.
 * The page events `fake-new-message`, `fake-place` and `fake-signed-in` simulate the tray, an opened link (its target is
 * in `sessionStorage`) and the return of the browser. `fake-quick-hidden`, `fake-opened-in-window` and `fake-quick-opened` are
 * sent when the page asks for that.
 */
import { HostError, type Host } from "../host";
import type { Push } from "../wire";
import { Account } from "./account";
import { answers } from "./answers";
import { answerAsk, openAsks } from "./asks";
import { loseFiles } from "./attachments";
import { FakeMemoryNotice } from "./memoryNotice";
import { Providers } from "./providers";
import { FakeStack } from "./stack";
import { World } from "./world";
import { addToCrowd, createWorld } from "./seed";

export function fakeHost(): Host {
  const options = new URLSearchParams(location.search);
  const name = options.get("world") ?? "lived";
  const saved = sessionStorage.getItem(`fake-${name}`);
  const world = saved ? new World(JSON.parse(saved)) : createWorld(name);
  const listeners = new Set<(push: Push) => void>();
  world.push = (push) => listeners.forEach((listener) => listener(structuredClone(push)));
  addEventListener("pagehide", () => {
    if (name !== "long") sessionStorage.setItem(`fake-${name}`, JSON.stringify(world.state));
  });
  addEventListener("fake-answered-elsewhere", () => {
    const push = world.push;
    world.push = () => {};
    for (const { ask } of openAsks(world)) answerAsk(world, ask.id, { option: ask.options?.[0]?.id ?? "1" });
    world.push = push;
  });
  addEventListener("fake-answered-by-command", () => {
    const ask = openAsks(world).at(-1)?.ask;
    if (ask) answerAsk(world, ask.id, { option: ask.options?.[0]?.id ?? "1" });
  });
  addEventListener("fake-lose-files", () => loseFiles(world));
  addEventListener("fake-new-agent", () => addToCrowd(world));
  addEventListener("fake-read-queued", () => (world.state.waiting = {}));
  const speed = Number(options.get("speed") ?? "1");
  world.run(speed);

  const failing = new Set((options.get("fail") ?? "").split(","));
  addEventListener("fake-repair", () => failing.clear());
  addEventListener("fake-fail", (event) => failing.add((event as CustomEvent<string>).detail));
  const slow = Number(options.get("slow") ?? "0");
  const unblocked = new Promise<void>((done) => addEventListener("fake-unblock", () => done(), { once: true }));
  const block = options.get("block");
  const stack = new FakeStack(options, speed, (push) => world.push(push));
  const commands = answers(world, new Providers(options, speed, block === "providers" ? unblocked : null), new Account(options), stack, new FakeMemoryNotice(options));
  return {
    async call(name, args) {
      if (block === "calls") await unblocked;
      if (slow > 0) await new Promise((done) => setTimeout(done, slow));
      if (failing.has(name) || ("request" in args && failing.has(`ask:${args.request.op}`))) {
        throw new HostError({ code: "database", message: "The database cannot be read.", retryable: true, next_step: "Check that the disk is there, then try again." });
      }
      return structuredClone(await commands[name](args));
    },
    async follow(onPush) {
      listeners.add(onPush);
    },
    async on(event, listener) {
      addEventListener(`fake-${event}`, listener);
    },
  };
}
