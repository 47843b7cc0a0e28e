/** The single list of query keys, and the keys that a request invalidates. */
import type { QueryClient } from "@tanstack/react-query";
import type { Request, SpendingBy } from "../bridge";

export const keys = {
  about: ["about"],
  agents: ["agents"],
  steps: ["steps"],
  timeline: (agent: string, turn: number, isLatest: boolean) => ["timeline", agent, turn, isLatest],
  budget: ["budget"],
  settings: ["settings"],
  /** They depend on the model, which is a setting. */
  attachmentLimits: ["settings", "attachments"],
  attachment: (hash: string) => ["attachment", hash],
  thumbnail: (hash: string) => ["attachment", hash, "thumbnail"],
  missingFiles: (hashes: readonly string[]) => ["missing_files", ...hashes],
  shortcut: ["shortcut"],
  privacy: ["privacy"],
  startAtLogin: ["start_at_login"],
  lastBackup: ["last_backup"],
  models: ["models"],
  keys: ["keys"],
  unread: ["unread"],
  asks: ["asks"],
  inbox: ["inbox"],
  openAsks: ["asks", "open"],
  fileChange: (ask: string) => ["asks", "file", ask],
  settledAsks: ["asks", "settled"],
  rules: ["rules"],
  toolServers: ["tool_servers"],
  toolConfigurations: ["tool_configurations"],
  spending: ["spending"],
  spendingBy: (by: SpendingBy, since: number) => ["spending", by, since],
  servers: ["local_servers"],
  memory: ["memory"],
  memoryNotice: ["memory", "notice"],
  adoption: ["adoption"],
  pages: ["memory", "pages"],
  page: (path: string) => ["memory", "page", path],
  memorySearch: (text: string) => ["memory", "search", text],
  log: (path: string | null) => ["memory", "log", path],
  /** Pages of memory are among them. */
  skills: ["memory", "skills"],
  skill: (name: string) => ["memory", "skills", name],
  heldChange: (commit: string) => ["memory", "held", commit],
  undo: (agent: string, turn: number | null) => ["memory", "undo", agent, turn],
  diff: (rev: string) => ["diff", rev],
  pageAt: (path: string, rev: string) => ["page_at", path, rev],
  blame: (path: string) => ["memory", "blame", path],
  search: (agent: string, text: string) => ["search", agent, text],
  signIn: ["sign_in"],
  health: ["health"],
  event: (position: number) => ["event", position],
  stack: ["stack"],
  stackLog: (part: string) => ["stack_log", part],
  workFiles: (agent: string) => ["work_files", agent],
  workFile: (agent: string, path: string) => ["work_files", agent, path],
  picture: (profile: string, address: string | null) => ["picture", profile, address],
} as const;

/** Invalidates the queries that a request affects and that no push invalidates. */
export function invalidateAfter(client: QueryClient, request: Request) {
  const invalidate = (queryKey: readonly unknown[]) => void client.invalidateQueries({ queryKey });
  switch (request.op) {
    case "write_memory":
    case "delete_memory":
    case "restore_memory":
    case "undo_memory":
    case "confirm_memory":
      return invalidate(keys.memory);
    case "set_setting":
      invalidate(keys.settings);
      invalidate(keys.shortcut);
      invalidate(keys.privacy);
      invalidate(keys.inbox);
      return invalidate(keys.budget);
    case "see_conversation":
      return invalidate(keys.unread);
    case "see_inbox":
      return invalidate(keys.inbox);
    case "add_rule":
    case "remove_rule":
      return invalidate(keys.rules);
    case "add_tool_server":
    case "import_tool_servers":
    case "remove_tool_server":
    case "switch_tool_server":
      // Each server is a place that data goes to, and what was allowed to its tools ends with it.
      invalidate(keys.privacy);
      invalidate(keys.rules);
      return invalidate(keys.toolServers);
    case "test_tool_server":
    case "sign_in_tool_server":
    case "stop_tool_sign_in":
    case "sign_out_tool_server":
      return invalidate(keys.toolServers);
    case "change_folders":
      invalidate(keys.privacy);
      invalidate(keys.rules);
      return invalidate(keys.settings);
    case "change_skills":
      invalidate(keys.settings);
      return invalidate(keys.skills);
    case "answer_ask":
      // An answer with the scope "always" adds a rule.
      invalidate(keys.rules);
      return invalidate(keys.asks);
    case "set_key":
      invalidate(keys.models);
      invalidate(keys.servers);
      return invalidate(keys.keys);
    default:
      return;
  }
}
