/** What the service of the model has looked up in the web for an answer, read from blocks that come from outside. */
import type { Block } from "../bridge";
import { isServerCall } from "./answerWords";

export interface Source {
  url: string;
  title: string;
}

const field = (value: unknown, name: string): unknown => (typeof value === "object" && value !== null ? (value as Record<string, unknown>)[name] : undefined);
const list = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);
const text = (value: unknown): string => (typeof value === "string" ? value.trim() : "");

/** What the web was searched for, in order. */
export function searches(blocks: readonly Block[]): string[] {
  return blocks.filter((block) => isServerCall(block) && field(block, "name") === "web_search").map((block) => text(field(field(block, "input"), "query"))).filter(Boolean);
}

/** The pages that an answer cites, each once, in their order. */
export function sources(blocks: readonly Block[]): Source[] {
  const found = new Map<string, Source>();
  for (const citation of blocks.flatMap((block) => list(field(block, "citations")))) {
    const url = text(field(citation, "url"));
    if (url && found.size < 50 && !found.has(url)) found.set(url, { url, title: text(field(citation, "title")) || url });
  }
  return [...found.values()];
}
