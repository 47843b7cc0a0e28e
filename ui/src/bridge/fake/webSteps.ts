/** An answer for which the service of the model has searched the web. Its blocks are those of Anthropic. */
import type { Block } from "../wire";
import type { Step } from "./steps";

const cited = (url: string, title: string) => [{ type: "web_search_result_location", url, title, encrypted_index: "Eo8B", cited_text: "70 degrees" }];

const BLOCKS: unknown[] = [
  { type: "server_tool_use", id: "srvtoolu_1", name: "web_search", input: { query: "temperature for green tea" } },
  { type: "web_search_tool_result", tool_use_id: "srvtoolu_1", content: [{ type: "web_search_result", url: "https://tea.example/green", title: "Green tea", page_age: null, encrypted_content: "Eqgf" }] },
  { type: "text", text: "Take " },
  { type: "text", text: "70 degrees", citations: [...cited("https://tea.example/green", "Green tea"), ...cited("https://leaf.example/guide?kind=green", "A guide to leaves")] },
  { type: "text", text: ", and two minutes." },
];

export function webSteps(cost: number): Step[] {
  return [{ do: "request" }, { do: "delta", kind: "text", text: "Take 70" }, { do: "answer", content: BLOCKS as Block[], cost }, { do: "end", ended: "done" }];
}
