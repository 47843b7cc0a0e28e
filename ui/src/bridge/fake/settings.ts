/** The simulated settings: name, default, description. */
export const SETTINGS: ReadonlyArray<[string, string, string]> = [
  ["model", "claude-opus-5-5", "the model that answers; guide is the built-in guide (no AI)"],
  ["model.window", "auto", "the context window in tokens of a model whose server does not report it; auto assumes a small one"],
  ["openai.base_url", "auto", "the address of an OpenAI-compatible server, such as http://127.0.0.1:11434/v1"],
  ["effort", "auto", "how hard the model works: auto, low, medium, high, xhigh or max"],
  ["budget.per_message", "2.00", "the most that one message may cost, sub-agents included, in USD"],
  ["budget.per_day", "10.00", "the most that a day (UTC) may cost, in USD"],
  ["budget.per_month", "none", "the most that a month (UTC) may cost, in USD, or none"],
  ["rules.ask_after_untrusted_text", "on", "on: a risky call needs a question if the agent has read text from outside in the same turn, even if a rule allows it"],
  ["limit.max_tokens", "16000", "the most tokens of one answer"],
  ["limit.calls", "25", "model calls for one message"],
  ["limit.children", "20", "sub-agents for one message, theirs included"],
  ["limit.children_at_once", "8", "sub-agents at work at the same time"],
  ["limit.unpriced_tokens", "2000000", "tokens of all agents for one message, with a model without a known price"],
  ["limit.unpriced_calls", "200", "model calls of all agents for one message, with a model without a known price"],
];
