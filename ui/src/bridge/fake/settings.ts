/** The simulated settings: name, default, description. */
export const SETTINGS: ReadonlyArray<[string, string, string]> = [
  ["model", "claude-opus-4-7", "the model that answers; guide is the built-in guide (no AI)"],
  ["openai.base_url", "auto", "the address of an OpenAI-compatible server, such as http://127.0.0.1:11434/v1"],
  ["effort", "auto", "how hard the model works: auto, low, medium, high, xhigh or max"],
  ["budget.per_message", "2.00", "the most that one message may cost, sub-agents included, in USD"],
  ["budget.per_day", "10.00", "the most that a day (UTC) may cost, in USD"],
  ["budget.per_month", "none", "the most that a month (UTC) may cost, in USD, or none"],
  ["rules.ask_after_untrusted_text", "on", "on: a risky call needs a question if the agent has read text from outside in the same turn, even if a rule allows it"],
  ["limit.max_tokens", "16000", "the most tokens of one answer"],
  ["limit.calls", "25", "model calls for one message"],
  ["limit.children", "20", "sub-agents for one message"],
  ["limit.children_at_once", "8", "sub-agents at work at the same time"],
  ["stack.start", "start", "when the containers that you have asked for start"],
  ["stack.idle_stop", "never", "stops the workbench after this many minutes in which no agent has used it (5 to 10000), or never; it starts again when it is needed"],
  ["workbench.folders", "none", "folders of this computer that sub-agents in the workbench see"],
  ["quick.shortcut", "CmdOrCtrl+Shift+G", "the keys that show the quick chat from any program"],
];
