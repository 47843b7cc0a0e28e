/** The channels of the log besides those of the agents. */
export interface ChannelWords {
  id: string;
  label: string;
  about: string;
}

export const CHANNELS: readonly [ChannelWords, ...ChannelWords[]] = [
  { id: "#all", label: "all", about: "What all agents do, newest last" },
  { id: "#stack", label: "stack", about: "What happens to the containers" },
  { id: "#memory", label: "memory", about: "Changes of the pages" },
];
