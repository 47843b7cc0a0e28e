/**
 * Every command of the shell with its arguments and its result. The single list: hosts implement it and `call` is typed
 * by it. Every rejection is a wire `Error`.
 */
import type {
  Agent,
  AgentStep,
  AskRow,
  Backup,
  BlamedLine,
  Budget,
  Change,
  CommitPlan,
  Destination,
  EventLine,
  Found,
  FileChange,
  HeldChange,
  MemoryNotice,
  Message,
  ModelRow,
  Page,
  PageRows,
  Quest,
  QuestPlan,
  Reply,
  Request,
  RuleRow,
  RuleTest,
  Schedule,
  SchedulePreview,
  ScheduleRun,
  Setting,
  SignIn,
  SpendingBy,
  SpendingRow,
  Text,
  Timeline,
  UndoPreview,
} from "./wire";

/** Version, open profile and folders of this program. */
export interface About {
  version: string;
  profile: string;
  data_folder: string;
  memory_folder: string;
}

/** A place in the main window: of a link that opened the program, or (`hash`) one that the quick chat requested. It may not exist. */
export interface LinkedPlace {
  view: "agents" | "memory" | "hash";
  id: string;
}

/** The keys that show the quick chat from any program. */
export interface Shortcut {
  /** Whether the system passes them to GrowQR. */
  active: boolean;
  /** Why not, with another way to show the quick chat; `null` if they work or if none are set. */
  problem: string | null;
}

/** A file or folder that was dropped on the window. */
export interface DroppedFile {
  name: string;
  is_folder: boolean;
  bytes: number;
  /** In base64; `null` for a folder, and for a file that is too large for a message with the files before it. */
  content: string | null;
  /** Why it cannot be attached: a sentence. `null` for a folder, and for a file that is only too large. */
  problem: string | null;
}

type Nothing = Record<string, never>;

/** Command name to `[arguments, result]`. */
export interface Commands {
  about: [Nothing, About];
  ask: [{ request: Request }, Reply];
  agents: [Nothing, Agent[]];
  /** What each agent at work does now. */
  agent_steps: [Nothing, AgentStep[]];
  /** One turn of an agent, in parts; `turn` is `null` for the latest. */
  timeline: [{ agent: string; turn: number | null }, Timeline];
  /** Oldest first: the last `limit` messages before the sequence number `before`, or of all. */
  messages: [{ agent: string; before: number | null; limit: number }, Message[]];
  /** Oldest first: the first `limit` events after the position `since`. */
  events: [{ agent: string | null; since: number; limit: number }, EventLine[]];
  /** Oldest first: the last `limit` events before the position `before`, or of all. */
  events_before: [{ agent: string | null; before: number | null; limit: number }, EventLine[]];
  /** Newest first, in one agent's conversation or in all. */
  search: [{ text: string; agent: string | null; limit: number }, Message[]];
  settings: [Nothing, Setting[]];
  models: [Nothing, ModelRow[]];
  budget: [Nothing, Budget];
  /** The person's messages that the agent has not read yet, oldest first. */
  queued: [{ agent: string }, Message[]];
  /** The open asks, oldest first. */
  asks: [Nothing, AskRow[]];
  /** The asks that were settled last, newest first. */
  settled_asks: [{ limit: number }, AskRow[]];
  ask_by_id: [{ id: string }, AskRow];
  /** All lines in their order: the last line that matches a call decides. */
  schedules: [Nothing, Schedule[]];
  /** What became of the occurrences of one schedule or of all, the last first. */
  schedule_runs: [{ schedule: string | null; limit: number }, ScheduleRun[]];
  /** What words about a time mean; `zone` is `null` for the zone of this computer. */
  schedule_preview: [{ words: string; zone: string | null }, SchedulePreview];
  /** All quests, the last started first; what ended more than a week ago is left out. */
  quests: [Nothing, Quest[]];
  /** What a page of memory would be as a quest. Rejects with a sentence if it has no steps. */
  quest_plan: [{ path: string }, QuestPlan];
  /** The pages of the folder `quests` that can be started. */
  quest_plans: [Nothing, QuestPlan[]];
  rules: [Nothing, RuleRow[]];
  /** The decision about a call of this tool. `input` is JSON; `agent` is `null` for the Grow Agent. */
  test_rules: [{ tool: string; input: string; agent: string | null }, RuleTest];
  /** The sums since `since` (ms since 1970): the largest first, by day the newest first. */
  spending: [{ by: SpendingBy; since: number }, SpendingRow[]];
  /** What to say about the memory that the conversation uses; `null` if they belong together. */
  memory_notice: [Nothing, MemoryNotice | null];
  memory_list: [{ prefix: string; after: string | null }, PageRows];
  memory_read: [{ path: string }, Page];
  memory_search: [{ text: string }, Found[]];
  memory_log: [{ path: string | null }, Change[]];
  memory_diff: [{ rev: string }, Text];
  /** A held change beside its page as it is now. */
  held_change: [{ held: CommitPlan }, HeldChange];
  /** What a call of `write_file` that an ask is about would change now. */
  file_change: [{ ask: string }, FileChange];
  /** What undoing all changes of a turn, or of an agent, would do now. */
  memory_undo_preview: [{ agent: string; turn: number | null }, UndoPreview];
  /** The page as it is after a change. */
  memory_page_at: [{ path: string; rev: string }, Page];
  memory_blame: [{ path: string }, BlamedLine[]];
  /** Writes a conversation as Markdown into the folder for downloads. Returns the file's path. */
  export_conversation: [{ agent: string }, string];
  /** Writes a channel of the log as text into the folder for downloads. Returns the file's path. */
  export_log: [{ channel: string; filter: string | null }, string];
  /** Writes a backup into the folder for downloads. */
  back_up: [Nothing, Backup];
  /** The last backup that is known. */
  last_backup: [Nothing, Backup | null];
  open_memory_folder: [Nothing, null];
  open_architecture: [Nothing, null];
  open_data_folder: [Nothing, null];
  /** Quits, after a question if agents are at work. Returns at once. */
  quit: [Nothing, null];
  /** Opens the browser or the email program. Call it only after the person has seen the address and agreed, or for a page for signing in that the host has just named. */
  open_link: [{ address: string; is_sign_in?: boolean }, null];
  /** The state of signing in. The commands below return the new state. */
  sign_in_view: [Nothing, SignIn];
  /** Opens the browser and replaces an earlier attempt. `by_port` uses a loopback callback where links do not reach GrowQR. */
  sign_in: [{ someone_else: boolean; by_port: boolean }, SignIn];
  /** Cancels the attempt, or the question who owns the local data. */
  sign_in_cancel: [Nothing, SignIn];
  /** Answers whether the person who signed in takes over the local profile. */
  sign_in_choose: [{ adopt: boolean }, SignIn];
  /** Verifies the sign-in with the service now. */
  sign_in_check: [Nothing, SignIn];
  sign_out: [Nothing, SignIn];
  /** Opens another profile on this computer; the empty name opens the local profile. */
  switch_profile: [{ profile: string }, SignIn];
  /** The signed-in person's picture as a `data:` URL. */
  picture: [Nothing, string | null];
  /** Hides the quick chat. Only its own window may call this. */
  hide_quick: [Nothing, null];
  /** Shows a place in the main window and hides the quick chat. Only the quick chat may call this. */
  open_in_window: [{ hash: string }, null];
  /** Shows the quick chat. */
  open_quick: [Nothing, null];
  shortcut: [Nothing, Shortcut];
  /** Where data goes with the present settings, what is in use first. */
  privacy: [Nothing, Destination[]];
  /** Whether GrowQR starts when the person logs in, after the change if there is one. */
  start_at_login: [{ change: boolean | null }, boolean];
  /** Tells the tray icon whether there is a network. */
  network: [{ online: boolean }, null];
  /** Returns the files that were dropped last on this window, once. Only where the page does not get them itself. */
  take_dropped: [Nothing, DroppedFile[]];
  /** Returns the place that was requested last, by a link or the quick chat, once. */
  take_place: [Nothing, LinkedPlace | null];
}

export type CommandName = keyof Commands;
export type Args<N extends CommandName> = Commands[N][0];
export type Answer<N extends CommandName> = Commands[N][1];
