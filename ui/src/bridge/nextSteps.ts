/** The host's next steps, in words of the window: where a step names a command that the window has a place for. */
const STEPS: Record<string, string> = {
  "asks list": "See what still waits in the inbox.",
  "rules list": "See the rules in Settings, and remove those that you no longer need.",
  "agents list": "See the agents in Agents.",
  "agents say": "Send it a message.",
  "config get": "See Settings.",
  "memory list": "See the pages in Memory.",
  "memory log": "See the recent changes in Memory.",
  "stack up": "Start the services in Stack.",
  "stack down": "Stop the services in Stack.",
  "stack status": "See the services in Stack.",
  "stack logs": "See the log in Stack.",
  "stack reset": "Remove the data in Stack.",
  "quest show": "Retry it, or go on without it, in Settings.",
  "quest budget": "It begins once you have raised the budget in Settings.",
  "auth sign-in": "Sign in again in Settings.",
  "auth status": "See the accounts in Settings.",
};

/** Other commands stay: the window has nothing in their place. */
export function inWindow(step: string | null): string | null {
  const found = /\bgrowqr ([a-z]+ [a-z-]+)/.exec(step ?? "");
  return STEPS[found?.[1] ?? ""] ?? step;
}

/** A message of the host as a sentence. A name at its beginning, such as that of a setting or a page, stays as it is. */
export function asSentence(message: string): string {
  const text = message.trim().replace(/^[a-z]+(?=\s)/, (word) => word.charAt(0).toUpperCase() + word.slice(1));
  return text === "" || /[.!?…]$/.test(text) ? text : `${text}.`;
}
