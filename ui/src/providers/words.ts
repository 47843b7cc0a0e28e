/** Texts of providers, keys and the keychain. */
import type { Keychain, KeySource } from "../bridge";
import { withStop } from "../data/plainText";
import { t, type Text } from "../words";

export interface ProviderWords {
  /** Who checks the key. */
  who: Text;
  label: Text;
  placeholder: string;
  variable: string;
  /** Where to create a key; `null` if that depends on the server. */
  console: string | null;
}

export const PROVIDERS: Record<"anthropic" | "openai", ProviderWords> = {
  anthropic: { who: "Anthropic", label: "Anthropic key", placeholder: "sk-ant-…", variable: "ANTHROPIC_API_KEY", console: "https://console.anthropic.com/settings/keys" },
  openai: { who: "The server", label: "Key for an OpenAI-compatible server", placeholder: "sk-…", variable: "OPENAI_API_KEY", console: null },
};
export type ProviderName = keyof typeof PROVIDERS;

/** Where an existing key is stored. */
export function keySourceText(source: KeySource, variable: string): string {
  switch (source) {
    case "environment":
      return t("Set in the environment ({variable})", { variable });
    case "keychain":
      return t("Saved in your system's keychain");
    case "memory":
      return t("Kept until GrowQR quits; then you will be asked again");
  }
}

/** The state of the keychain and the next step, as sentences. */
export function keychainText({ found, next_step }: Keychain): string {
  const sentence = withStop(`${found.charAt(0).toUpperCase()}${found.slice(1)}`);
  return next_step ? `${sentence} ${next_step}` : sentence;
}

/** Where a key that is entered now will be stored. */
export function storageHint(keychain: Keychain): string {
  switch (keychain.state) {
    case "ready":
      return t("The key will be saved in your system's keychain.");
    case "locked":
    case "not_set_up":
      return keychainText(keychain);
    case "absent":
      return t("This system has no keychain. The key will be kept until GrowQR quits; then you will be asked again.");
  }
}
