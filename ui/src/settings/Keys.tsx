/** The keys of the model providers, and the state of the keychain. */
import { Lock, ShieldCheck, ShieldOff, ShieldPlus } from "lucide-react";
import type { Keychain } from "../bridge";
import { Button } from "../design/Button";
import { QueryView } from "../design/states";
import { useKeys } from "../data/queries";
import { keychainText } from "../providers/words";
import { t } from "../words";
import { KeyRow } from "./KeyRow";

export function Keys() {
  const query = useKeys();
  return (
    <QueryView query={query}>
      {({ keys, keychain }) => (
        <>
          <KeyRow name="anthropic" known={keys.find((key) => key.name === "anthropic")} />
          <KeyRow name="openai" known={keys.find((key) => key.name === "openai")} />
          {keychain && <KeychainStatus keychain={keychain} onCheck={() => void query.refetch()} />}
        </>
      )}
    </QueryView>
  );
}

const ICONS = { ready: ShieldCheck, locked: Lock, not_set_up: ShieldPlus, absent: ShieldOff };

/** Checking again also moves keys from memory to the keychain, if it is available now. */
function KeychainStatus({ keychain, onCheck }: { keychain: Keychain; onCheck: () => void }) {
  const Icon = ICONS[keychain.state];
  return (
    <div className="flex flex-wrap items-center gap-x-4 gap-y-2 py-3 text-sm text-ink-2">
      <p role="status" className="flex min-w-48 grow basis-0 items-start gap-2">
        <Icon className="mt-0.5 size-4 shrink-0 text-ink-3" aria-hidden />
        {keychainText(keychain)}
      </p>
      {keychain.state !== "ready" && <Button onClick={onCheck}>{t("Check the keychain again")}</Button>}
    </div>
  );
}
