/** The channels of the log besides those of the agents. */
import type { Text } from "../words";

export interface ChannelWords {
  id: string;
  label: Text;
  about: Text;
}

export const CHANNELS: readonly [ChannelWords, ...ChannelWords[]] = [
  { id: "#all", label: "all", about: "What all agents do, newest last" },
  { id: "#stack", label: "stack", about: "What happens to the containers" },
  { id: "#memory", label: "memory", about: "Changes of the pages" },
];
