/** The host of the desktop window, reached through Tauri. */
import { Channel, invoke } from "@tauri-apps/api/core";
import { listen } from "@tauri-apps/api/event";
import { takePrefetched } from "./prefetched";
import { HostError, type Host } from "./host";
import type { Push } from "./wire";

export const tauri: Host = {
  async call(name, args) {
    try {
      return await (takePrefetched(name, args) ?? invoke(name, args));
    } catch (thrown) {
      throw HostError.from(thrown);
    }
  },
  async follow(onPush) {
    const channel = new Channel<Push>();
    channel.onmessage = onPush;
    try {
      await invoke("follow", { channel });
    } catch (thrown) {
      throw HostError.from(thrown);
    }
  },
  async on(event, listener) {
    await listen(event, listener, event.startsWith("files-") ? { target: ownLabel() } : undefined);
  },
};

/** The name of this window: without it, events for other windows are listened to as well. */
function ownLabel(): string {
  return (window as unknown as { __TAURI_INTERNALS__: { metadata: { currentWindow: { label: string } } } }).__TAURI_INTERNALS__.metadata.currentWindow.label;
}
