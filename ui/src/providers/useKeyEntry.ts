/**
 * The state of a key form: checks the key after a debounce, saves it on submit. The key is only in this component's state
 * until it is saved; it is in no query cache and in no storage.
 */
import { useQueryClient } from "@tanstack/react-query";
import { useCallback, useEffect, useRef, useState } from "react";
import { HostError, type KeyCheck, type Request } from "../bridge";
import { useHost } from "../data/context";
import { invalidateAfter } from "../data/keys";
import type { ProviderName } from "./words";

export type KeyState =
  | { at: "idle" | "checking" | "accepted" | "saving" }
  | { at: "refused" | "unknown"; message: string }
  | { at: "failed"; problem: HostError };

/** How long after the last keystroke a key is checked, and the minimum length to check. */
const DEBOUNCE_MS = 500;
const MIN_LENGTH = 8;

const IDLE: KeyState = { at: "idle" };

export function useKeyEntry(name: ProviderName, onSaved: () => void) {
  const host = useHost();
  const client = useQueryClient();
  const [value, setValue] = useState("");
  const [state, setState] = useState<KeyState>(IDLE);
  // Only the response to the latest call counts; earlier ones are about another key.
  const latestCall = useRef(0);
  // The key that was checked since the last keystroke, to avoid a second check.
  const checkedKey = useRef("");

  const save = useCallback(
    async (key: string) => {
      const call = ++latestCall.current;
      setState({ at: "saving" });
      const request: Request = { op: "set_key", name, value: key };
      try {
        await host.call("ask", { request });
        setValue("");
        setState(IDLE);
        invalidateAfter(client, { ...request, value: null });
        onSaved();
      } catch (thrown) {
        if (call === latestCall.current) setState({ at: "failed", problem: HostError.from(thrown) });
      }
    },
    [host, client, name, onSaved],
  );

  const check = useCallback(
    async (key: string): Promise<boolean> => {
      const call = ++latestCall.current;
      checkedKey.current = key;
      setState({ at: "checking" });
      let next: KeyState;
      try {
        const reply = await host.call("ask", { request: { op: "check_key", name, value: key } });
        next = typeof reply === "object" && "key_checked" in reply ? checkState(reply.key_checked.check) : IDLE;
      } catch (thrown) {
        next = { at: "failed", problem: HostError.from(thrown) };
      }
      if (call !== latestCall.current) return false;
      setState(next);
      return next.at === "accepted";
    },
    [host, name],
  );

  const enter = (next: string) => {
    latestCall.current += 1;
    checkedKey.current = "";
    setValue(next);
    setState(IDLE);
  };

  const key = value.trim();
  useEffect(() => {
    if (key.length < MIN_LENGTH) return;
    const timer = setTimeout(() => {
      if (checkedKey.current !== key) void check(key);
    }, DEBOUNCE_MS);
    return () => clearTimeout(timer);
  }, [key, check]);

  /** Saves an accepted key; checks any other key first. */
  const submit = async () => {
    if (key && (state.at === "accepted" || (await check(key)))) await save(key);
  };

  return { value, state, enter, submit, saveAnyway: () => void save(key) };
}

function checkState(check: KeyCheck): KeyState {
  if (check === "accepted") return { at: "accepted" };
  return "refused" in check ? { at: "refused", message: check.refused.message } : { at: "unknown", message: check.unknown.message };
}
