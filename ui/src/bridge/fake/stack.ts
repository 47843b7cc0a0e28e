/** The simulated stack: its states by name (`?stack=`), and the way from one to the other when the person acts. */
import type { GiteaLogin, OrphanKey, Push, Stack, WorkFile } from "../wire";
import { hostError } from "./hostError";
import { downloadOf, partIn, type PartId, SIZES, stackNamed } from "./stackStates";
import { WORK_FILES, WORK_TEXTS } from "./workFiles";

const STEP_MS = 250;
/** The share of an image that arrives in one step. */
const STEP = 0.04;
const IDS: readonly PartId[] = ["gitea", "opencode"];

export class FakeStack {
  readonly #push: (push: Push) => void;
  readonly #speed: number;
  #now: Stack;
  #passwords = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(options: URLSearchParams, speed: number, push: (push: Push) => void) {
    this.#push = push;
    this.#speed = speed;
    this.#now = named(options.get("stack") ?? "never");
    addEventListener("fake-stack", (event) => this.#become(named((event as CustomEvent<string>).detail)));
  }

  status(): Stack {
    return this.#now;
  }

  up(agreed: boolean): Stack {
    if (this.#now.docker.state !== "ready") throw hostError("internal", "Docker cannot be asked.", "Start Docker, then try again.");
    const isMissing = (id: PartId) => this.#now.parts.some((part) => part.id === id && (part.state === "needs_download" || part.progress !== null));
    if (agreed) this.#download(Object.fromEntries(IDS.map((id) => [id, isMissing(id) ? 0 : SIZES[id]])) as Record<PartId, number>);
    else if (this.#now.next !== "download") this.#start();
    return this.#now;
  }

  down(): Stack {
    return this.#become({ ...named("off"), parts: IDS.map((id) => partIn(id, "off", { disk_bytes: this.#part(id)?.disk_bytes ?? null })) });
  }

  reset(profile: string, own: string): Stack {
    if (profile !== own) throw hostError("bad_request", "The confirmation is not the id of this profile.", "Type the id as it is shown.");
    return this.#become({ ...named("off"), memory: null });
  }

  removeOrphans(agreed: readonly OrphanKey[]): Stack {
    const orphans = this.#now.orphans.filter((orphan) => !agreed.some(({ kind, id }) => kind === orphan.kind && id === orphan.id));
    return this.#become({ ...this.#now, orphans });
  }

  /** What containers write is untrusted: markup, colours and marks of direction. */
  log(part: string, lines: number): string[] {
    const name = part === "gitea" ? "gitea" : "opencode";
    if (this.#part(name)?.disk_bytes === null) return [];
    const all = Array.from({ length: 40 }, (_, index) => `2026-11-28T09:${String(index).padStart(2, "0")}:12Z \u001b[36mINFO\u001b[0m ${name}: request ${index + 1} completed in ${index * 3 + 2}ms`);
    return [...all, `2026-11-28T09:41:07Z \u001b[1;31mERROR\u001b[0m ${name}: <img src=x onerror="document.title='taken over'"> \u202Egpj.exe`, `2026-11-28T09:41:08Z \u001b[1;31mFATAL\u001b[0m ${name}: cannot allocate memory`].slice(-lines);
  }

  login(): GiteaLogin {
    this.#passwords += 1;
    return { url: "http://127.0.0.1:42000/", user: "you", password: `canary-${this.#passwords}-Vd8sK2pQ` };
  }

  sync(join: boolean): Stack {
    const { memory } = this.#now;
    if (!memory || (memory.state === "stopped" && !join)) return this.#now;
    const done = { ...memory, behind: 0, found: "", next_step: null };
    this.#become({ ...this.#now, memory: { ...done, state: "syncing" } });
    this.#after(4, () => this.#become({ ...this.#now, memory: { ...done, state: "same", synced_at: Date.now() } }));
    return this.#now;
  }

  files(name: string): WorkFile[] {
    return /projects/i.test(name) ? WORK_FILES : [];
  }

  read(path: string): { text: string | null; cut: boolean; bytes: number } {
    const text = WORK_TEXTS[path];
    if (text === undefined) throw hostError("not_found", `There is no file ${path} in the workbench.`);
    return { text, cut: path.endsWith(".log"), bytes: text?.length ?? 5 };
  }

  #part(id: PartId) {
    return this.#now.parts.find((part) => part.id === id);
  }

  #become(next: Stack): Stack {
    clearTimeout(this.#timer);
    this.#now = next;
    this.#push({ stack_changed: { stack: next } });
    return next;
  }

  #after(steps: number, run: () => void) {
    this.#timer = setTimeout(run, (steps * STEP_MS) / this.#speed);
  }

  #download(done: Record<PartId, number>) {
    const parts = IDS.map((id) => (done[id] < SIZES[id] ? partIn(id, "downloading", { progress: downloadOf(id, done[id]) }) : partIn(id, "stopped", { disk_bytes: null })));
    this.#become({ ...this.#now, parts, next: null, busy: "Downloading Gitea and OpenCode" });
    if (parts.every(({ state }) => state !== "downloading")) return this.#start();
    const more = (id: PartId) => Math.min(SIZES[id], Math.round(done[id] + SIZES[id] * STEP));
    this.#after(1, () => this.#download({ gitea: more("gitea"), opencode: more("opencode") }));
  }

  #start() {
    this.#become({ ...this.#now, parts: IDS.map((id) => partIn(id, "starting")), next: null, busy: "Starting Gitea and OpenCode" });
    this.#after(4, () => {
      this.#become(named("starting"));
      this.#after(4, () => this.#become(named("running")));
    });
  }
}

function named(name: string): Stack {
  const found = stackNamed(name, Date.now());
  if (!found) throw new Error(`the simulated stack has no state "${name}"`);
  return found;
}
