/** The keys of the model providers, and where they are kept. */
import { Lock, LockOpen, ShieldOff } from "lucide-react";
import type { Keychain } from "../bridge";
import { Read } from "../design/states";
import { useKeys } from "../data/queries";
import { KeyRow } from "./KeyRow";

export function Keys() {
  return (
    <Read query={useKeys()}>
      {({ keys, keychain }) => (
        <>
          <KeyRow name="anthropic" known={keys.find((key) => key.name === "anthropic")} />
          <KeyRow name="openai" known={keys.find((key) => key.name === "openai")} />
          {keychain && <Where keychain={keychain} />}
        </>
      )}
    </Read>
  );
}

const ICONS = { ready: LockOpen, locked: Lock, absent: ShieldOff };

function Where({ keychain }: { keychain: Keychain }) {
  const Icon = ICONS[keychain.state];
  return (
    <p className="flex items-start gap-2 py-3 text-sm text-ink-2">
      <Icon className="mt-0.5 size-4 shrink-0 text-ink-3" aria-hidden />
      <span>
        {keychain.found} {keychain.next_step}
        {keychain.state !== "ready" && " Keys are kept for this run only; you will be asked again."}
      </span>
    </p>
  );
}
