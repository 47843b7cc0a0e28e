/** The next steps of a simulated agent. Plain data, so that they survive a reload. */
import type { Ask, Block, DeltaKind, Ended, JournalEvent, ToolContent } from "../wire";

export type Step =
  | { do: "delta"; kind: DeltaKind; text: string }
  | { do: "request" }
  | { do: "answer"; content: Block[]; cost: number }
  | { do: "tool"; name: string; input: Record<string, unknown>; effect: string; ask?: string }
  | { do: "ask"; ask: Ask }
  /** Waits until the ask is settled. An answer named in `otherwise` replaces the remaining steps; `none` is no answer. */
  | { do: "await"; ask: string; otherwise: Record<string, Step[]> }
  | { do: "finish"; effect: string; content: ToolContent; isError?: boolean }
  | { do: "commit"; effect: string; path: string; content: string; message: string }
  /** A change that waits for the person's approval. */
  | { do: "hold"; effect: string; path: string; content: string; message: string }
  | { do: "spawn"; effect: string; name: string; task: string }
  | { do: "wait"; effect: string }
  | { do: "pause"; ms: number }
  | { do: "record"; event: JournalEvent }
  | { do: "end"; ended: Ended };

export interface PlannedCall {
  name: string;
  input: Record<string, unknown>;
  /** Duration in milliseconds. */
  ms: number;
  result: ToolContent;
  commit?: { path: string; content: string; message: string };
  hold?: { path: string; content: string; message: string };
}

/** Duration of a step in milliseconds. */
export function durationMs(step: Step): number {
  switch (step.do) {
    case "delta":
      return step.kind === "thinking" ? 45 : 28;
    case "pause":
      return step.ms;
    case "request":
      return 500;
    case "wait":
    case "await":
      return 150;
    default:
      return 20;
  }
}

/** The steps of one model answer: the streamed deltas, then its tool calls. */
export function answer(effect: (index: number) => string, thinking: string, text: string, calls: PlannedCall[], cost: number): Step[] {
  const content: Block[] = [];
  if (thinking) content.push({ type: "thinking", thinking });
  if (text) content.push({ type: "text", text });
  calls.forEach((call, index) => content.push({ type: "tool_use", id: `toolu_${effect(index)}`, name: call.name, input: call.input }));
  return [
    { do: "request" },
    ...words(thinking).map((piece): Step => ({ do: "delta", kind: "thinking", text: piece })),
    ...words(text).map((piece): Step => ({ do: "delta", kind: "text", text: piece })),
    ...calls.map((call): Step => ({ do: "delta", kind: "call", text: call.name })),
    { do: "answer", content, cost },
    ...calls.map((call, index): Step => ({ do: "tool", name: call.name, input: call.input, effect: effect(index) })),
    ...calls.flatMap((call, index): Step[] => callSteps(call, effect(index))),
  ];
}

function callSteps(call: PlannedCall, effect: string): Step[] {
  if (call.name === "spawn_sub_agent") return [{ do: "spawn", effect, name: String(call.input.name), task: String(call.input.task) }];
  if (call.name === "wait_for_sub_agents") return [{ do: "wait", effect }];
  if (call.hold) return [{ do: "pause", ms: call.ms }, { do: "hold", effect, ...call.hold }];
  if (call.commit) return [{ do: "pause", ms: call.ms }, { do: "commit", effect, ...call.commit }];
  return [{ do: "pause", ms: call.ms }, { do: "finish", effect, content: call.result }];
}

function words(text: string): string[] {
  return text.match(/\s*\S+/g) ?? [];
}
