/** The simulated providers, local servers and keychain, configured by the query parameters in `index.ts`. */
import { HostError } from "../host";
import type { Keychain, KeyCheck, KeychainState, LocalServer, ModelRow, Reply } from "../wire";
import { hostError } from "./hostError";
import type { World } from "./world";

export const MODELS: ModelRow[] = [
  { id: "claude-opus-5-5", name: "Claude Opus 5.5", provider: "anthropic" },
  { id: "claude-opus-4-7", name: "Claude Opus 4.7", provider: "anthropic" },
  { id: "claude-sonnet-4-6", name: "Claude Sonnet 4.6", provider: "anthropic" },
  { id: "claude-haiku-4-5", name: "Claude Haiku 4.5", provider: "anthropic" },
  { id: "claude-sonnet-4-5", name: "Claude Sonnet 4.5", provider: "anthropic", retires: { date: "2026-11-30", successor: "claude-sonnet-5-5" } },
  { id: "guide", name: "Built-in guide (no AI)", provider: "guide" },
];

const KEYCHAINS: Record<KeychainState, Keychain> = {
  ready: { state: "ready", found: "keys are stored in the system's keychain", next_step: null },
  locked: { state: "locked", found: "the system's keychain is locked or does not answer; until it is unlocked, keys are in memory only", next_step: "Unlock it in the system's password settings, then check again." },
  not_set_up: { state: "not_set_up", found: "there is no keychain yet, so keys are in memory only and must be entered again after a restart", next_step: "Store a key: GrowQR then lets the system ask you for the password of a new keychain." },
  absent: { state: "absent", found: "this system has no keychain that GrowQR can use, so keys are in memory only and must be entered again after a restart", next_step: "Start a keychain such as GNOME Keyring or KWallet." },
};

const OLLAMA: LocalServer = {
  name: "Ollama",
  url: "http://127.0.0.1:11434/v1",
  models: [
    { id: "openai/qwen3:8b@http://127.0.0.1:11434/v1", name: "qwen3:8b", provider: "openai" },
    { id: "openai/llama3.3:70b@http://127.0.0.1:11434/v1", name: "llama3.3:70b", provider: "openai" },
  ],
};
const STUDIO: LocalServer = {
  name: "LM Studio",
  url: "http://127.0.0.1:1234/v1",
  models: [{ id: "openai/openai/gpt-oss-20b@http://127.0.0.1:1234/v1", name: "openai/gpt-oss-20b", provider: "openai" }],
};
const EMPTY: LocalServer = { ...OLLAMA, models: [] };

export class Providers {
  readonly #options: URLSearchParams;
  readonly #speed: number;
  readonly #blocked: Promise<void> | null;
  #created = false;

  constructor(options: URLSearchParams, speed: number, blocked: Promise<void> | null) {
    this.#blocked = blocked;
    this.#options = options;
    this.#speed = speed;
  }

  keychain(): Keychain {
    return this.#created ? KEYCHAINS.ready : (KEYCHAINS[(this.#options.get("keychain") ?? "ready") as KeychainState] ?? KEYCHAINS.ready);
  }

  /** The person creates a keychain if there is none yet, and closes the dialog of one that is locked. */
  async unlockKeychain() {
    await this.#delay(500);
    this.#created ||= this.keychain().state === "not_set_up";
  }

  /** Keys that contain `offline` cannot be checked; keys in the wrong format are refused. */
  async check(name: string, value: string): Promise<KeyCheck> {
    checkKey(name);
    await this.#delay(500);
    if (value.includes("offline")) return { unknown: { message: "Anthropic cannot be reached: the network is down." } };
    if (name === "anthropic" && !value.startsWith("sk-ant-")) return { refused: { message: "Anthropic says: invalid x-api-key" } };
    return "accepted";
  }

  /** `?local=` none, empty (a server without models), ollama or both. A custom base URL answers unless it contains `wrong`. */
  async servers(base: string | undefined): Promise<LocalServer[]> {
    await this.#delay(700);
    const wanted = this.#options.get("local") ?? "both";
    const usual = { none: [], empty: [EMPTY], ollama: [OLLAMA] }[wanted] ?? [OLLAMA, STUDIO];
    if (!base || base.includes("wrong") || usual.some((one) => one.url === base)) return usual;
    return [...usual, { name: "OpenAI-compatible server", url: base, models: [{ id: `openai/mixtral@${base}`, name: "mixtral", provider: "openai" }] }];
  }

  #delay(ms: number): Promise<void> {
    return this.#blocked ?? new Promise((done) => setTimeout(done, ms / this.#speed));
  }
}

/** Refuses unknown key names and malformed values. */
export function checkKey(name: string, value: string | null = null) {
  if (name !== "anthropic" && name !== "openai") throw hostError("not_found", `There is no key called ${name}.`);
  if (value !== null && /\s|^$/.test(value)) {
    throw new HostError({ code: "bad_request", message: "This is not a key: it is empty, or has spaces or characters that no key has.", retryable: false, next_step: "Copy the whole key from the provider's console." });
  }
}

export function keysReply(world: World, providers: Providers): Reply {
  return { keys: { keys: Object.entries(world.state.keys).map(([name, source]) => ({ name, source })), keychain: providers.keychain() } };
}
