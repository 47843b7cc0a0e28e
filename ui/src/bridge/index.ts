/** The one folder that knows what is outside the window. */
import type { Host } from "./host";
import { tauri } from "./tauri";

export type { About, Answer, Args, CommandName, LinkedPlace } from "./commands";
export { type HostEvent, HostError, type Host } from "./host";
export type * from "./wire";

/**
 * The host of this window. In a plain browser (development and tests) it is a simulation, which a production build does
 * not contain.
 */
export async function connect(): Promise<Host> {
  if (import.meta.env.MODE !== "production" && !("__TAURI_INTERNALS__" in window)) {
    const { fakeHost } = await import("./fake");
    return fakeHost();
  }
  return tauri;
}
