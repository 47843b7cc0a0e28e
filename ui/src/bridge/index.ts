/** The only folder that talks to the program outside the window. */
import type { Host } from "./host";
import { tauri } from "./tauri";

export type { About, Answer, Args, CommandName, DroppedFile, LinkedPlace, Shortcut } from "./commands";
export { type HostEvent, HostError, type Host } from "./host";
export { asSentence, inWindow } from "./nextSteps";
export type * from "./wire";

/** Connects to the host. In a plain browser (development, tests) that is the simulated host, which production builds exclude. */
export async function connect(): Promise<Host> {
  if (import.meta.env.MODE !== "production" && !("__TAURI_INTERNALS__" in window)) {
    const { fakeHost } = await import("./fake");
    return fakeHost();
  }
  return tauri;
}
