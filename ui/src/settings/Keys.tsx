/** The keys of the model providers, and the state of the keychain. */
import { Lock, ShieldCheck, ShieldOff, ShieldPlus } from "lucide-react";
import { useQueryClient } from "@tanstack/react-query";
import { useEffect, useRef } from "react";
import type { Keychain, Reply } from "../bridge";
import { Button } from "../design/Button";
import { InlineError, QueryView } from "../design/states";
import { useRequest } from "../data/context";
import { keys as queryKeys } from "../data/keys";
import { useKeys } from "../data/queries";
import { keychainText } from "../providers/words";
import { t, type Text } from "../words";
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

/** What the system can be asked to do, in a dialog of its own. */
const OFFERS: Partial<Record<Keychain["state"], Text>> = { locked: "Unlock the keychain", not_set_up: "Create a keychain" };

/** Checking again also moves keys from memory to the keychain, if it is available now. */
function KeychainStatus({ keychain, onCheck }: { keychain: Keychain; onCheck: () => void }) {
  // A newer host may have states that this build does not know.
  const Icon = ICONS[keychain.state] ?? ShieldOff;
  const offer = OFFERS[keychain.state];
  const client = useQueryClient();
  const unlock = useRequest();
  const onUnlocked = () => {
    onCheck();
    // A key that was in the keychain offers its models.
    void client.invalidateQueries({ queryKey: queryKeys.models });
  };
  // The focus was on the button, which could not be used meanwhile, and has gone if it is done.
  const root = useRef<HTMLDivElement>(null);
  const isOver = !unlock.isIdle && !unlock.isPending;
  useEffect(() => {
    if (isOver && document.activeElement === document.body) (root.current?.querySelector("button") ?? root.current)?.focus();
  }, [isOver, keychain.state]);
  return (
    <div ref={root} tabIndex={-1} className="flex flex-wrap items-center gap-x-4 gap-y-2 py-3 text-sm text-ink-2 outline-none">
      <div role="status" className="min-w-48 grow basis-0">
        <p className="flex items-start gap-2">
          <Icon className="mt-0.5 size-4 shrink-0 text-ink-3" aria-hidden />
          {keychainText(keychain)}
        </p>
        {unlock.isPending && <p className="mt-1">{t("Your system asks you in a window of its own.")}</p>}
        {isUnchanged(unlock.data, keychain) && <p className="mt-1 text-warn">{t("Nothing has changed: that window was closed, or your system did not open one.")}</p>}
      </div>
      {offer && (
        <Button look="primary" disabled={unlock.isPending} onClick={() => unlock.mutate({ op: "unlock_keychain" }, { onSettled: onUnlocked })}>
          {t(offer)}
        </Button>
      )}
      {keychain.state !== "ready" && <Button onClick={onCheck}>{t("Check the keychain again")}</Button>}
      <InlineError problem={unlock.error} />
    </div>
  );
}

function isUnchanged(reply: Reply | undefined, keychain: Keychain): boolean {
  return typeof reply === "object" && "keys" in reply && keychain.state !== "ready" && reply.keys.keychain.state === keychain.state;
}
