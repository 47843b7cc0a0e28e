/**
 * Every command that the shell offers, with what goes in and what comes out. The one list of them: a host implements
 * it, `call` is typed by it. Every rejection is a wire `Error`.
 */
import type {
  Agent,
  BlamedLine,
  Budget,
  Change,
  EventLine,
  Found,
  Message,
  ModelRow,
  Page,
  PageRow,
  Reply,
  Request,
  Setting,
  Text,
} from "./wire";

/** What this program is and where it keeps things. */
export interface About {
  version: string;
  profile: string;
  data_folder: string;
  memory_folder: string;
}

type Nothing = Record<string, never>;

/** Name of a command to its arguments and its answer. */
export interface Commands {
  about: [Nothing, About];
  ask: [{ request: Request }, Reply];
  agents: [Nothing, Agent[]];
  /** Oldest first; those before the sequence number `before`, or the last ones. */
  messages: [{ agent: string; before: number | null; limit: number }, Message[]];
  /** Oldest first; those after the position `since`. */
  events: [{ agent: string | null; since: number; limit: number }, EventLine[]];
  /** Oldest first; those before the position `before`, or the last ones. */
  events_before: [{ agent: string | null; before: number | null; limit: number }, EventLine[]];
  search: [{ text: string }, Message[]];
  settings: [Nothing, Setting[]];
  models: [Nothing, ModelRow[]];
  budget: [Nothing, Budget];
  memory_list: [{ prefix: string }, PageRow[]];
  memory_read: [{ path: string }, Page];
  memory_search: [{ text: string }, Found[]];
  memory_log: [{ path: string | null }, Change[]];
  memory_diff: [{ rev: string }, Text];
  memory_blame: [{ path: string }, BlamedLine[]];
  open_memory_folder: [Nothing, null];
  open_data_folder: [Nothing, null];
  /** Ends the program, after asking if agents are at work. Answers at once. */
  quit: [Nothing, null];
  /** In the browser or the mail program. The person has seen the address and agreed. */
  open_link: [{ address: string }, null];
}

export type CommandName = keyof Commands;
export type Args<N extends CommandName> = Commands[N][0];
export type Answer<N extends CommandName> = Commands[N][1];
