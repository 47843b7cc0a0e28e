/** The simulated list of where data goes. */
import type { Destination } from "../wire";

export function destinations(model: string): Destination[] {
  const isServer = model.startsWith("openai/");
  const all: Destination[] = [
    { kind: "model", name: "Anthropic", address: "https://api.anthropic.com", is_local: false, in_use: !isServer && model !== "guide", sends: "your messages, what agents have read from memory and files, results of tools, and the key", when: "at each step of an agent" },
    { kind: "model", name: "OpenAI-compatible server", address: "http://127.0.0.1:11434/v1", is_local: true, in_use: isServer, sends: "your messages and what agents have read", when: "at each step of an agent, if a model of this server is chosen" },
    { kind: "local_models", name: "Model programs on this computer", address: "127.0.0.1, ports 11434, 1234, 8080, 8000", is_local: true, in_use: true, sends: "the question which models they have", when: "while the choice of models is shown" },
    { kind: "updates", name: "Checks for updates, statistics and crash reports", address: null, is_local: true, in_use: false, sends: "nothing", when: "never: GrowQR has none of them" },
  ];
  return all.sort((one, other) => Number(other.in_use) - Number(one.in_use));
}
