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
  SignIn,
  Text,
} from "./wire";

/** What this program is and where it keeps things. */
export interface About {
  version: string;
  profile: string;
  data_folder: string;
  memory_folder: string;
}

/** Where a link that opened the program leads. It may name what is not there. */
export interface LinkedPlace {
  view: "agents" | "memory";
  id: string;
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
  /** Newest first; in the conversation of one agent, or in all. */
  search: [{ text: string; agent: string | null; limit: number }, Message[]];
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
  /** What is to be shown about signing in; each of the next answers it anew. */
  sign_in_view: [Nothing, SignIn];
  /** Opens the browser, in place of an earlier attempt. By port: where links do not come back to this program. */
  sign_in: [{ someone_else: boolean; by_port: boolean }, SignIn];
  /** Ends the attempt, or the question whose data this is. */
  sign_in_cancel: [Nothing, SignIn];
  /** Whether what is in the local profile belongs to somebody new. */
  sign_in_choose: [{ adopt: boolean }, SignIn];
  /** Asks the service now. */
  sign_in_check: [Nothing, SignIn];
  sign_out: [Nothing, SignIn];
  /** Opens the profile of somebody who has one here; an empty name opens nobody's. */
  switch_profile: [{ profile: string }, SignIn];
  /** The picture of who is signed in, as a `data:` address. */
  picture: [Nothing, string | null];
  /** Once for each link. */
  take_place: [Nothing, LinkedPlace | null];
}

export type CommandName = keyof Commands;
export type Args<N extends CommandName> = Commands[N][0];
export type Answer<N extends CommandName> = Commands[N][1];
