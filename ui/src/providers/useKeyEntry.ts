/**
 * A key being entered: checked once the typing rests, kept when the person says so. Its value is in this component's
 * state alone while it is typed, goes to the host, and is dropped; it is in no cache and in no storage.
 */
import { useQueryClient } from "@tanstack/react-query";
import { useCallback, useEffect, useRef, useState } from "react";
import { HostError, type KeyCheck, type Request } from "../bridge";
import { useHost } from "../data/context";
import { spoiled } from "../data/keys";
import type { ProviderName } from "./words";

export type KeyState =
  | { at: "idle" | "checking" | "accepted" | "keeping" }
  | { at: "refused" | "unknown"; message: string }
  | { at: "failed"; problem: HostError };

/** How long the typing rests before it is checked, and from how many characters on. */
const REST = 500;
const SHORTEST = 8;

const IDLE: KeyState = { at: "idle" };

export function useKeyEntry(name: ProviderName, onKept: () => void) {
  const host = useHost();
  const client = useQueryClient();
  const [value, setValue] = useState("");
  const [state, setState] = useState<KeyState>(IDLE);
  // The latest question counts; an answer to an earlier one is about another key.
  const asked = useRef(0);
  // The key that was asked about since the last keystroke: it need not be asked about again.
  const about = useRef("");

  const keep = useCallback(
    async (key: string) => {
      const mine = ++asked.current;
      setState({ at: "keeping" });
      const request: Request = { op: "set_key", name, value: key };
      try {
        await host.call("ask", { request });
        setValue("");
        setState(IDLE);
        spoiled(client, { ...request, value: null });
        onKept();
      } catch (thrown) {
        if (mine === asked.current) setState({ at: "failed", problem: HostError.from(thrown) });
      }
    },
    [host, client, name, onKept],
  );

  const check = useCallback(
    async (key: string): Promise<boolean> => {
      const mine = ++asked.current;
      about.current = key;
      setState({ at: "checking" });
      let next: KeyState;
      try {
        const reply = await host.call("ask", { request: { op: "check_key", name, value: key } });
        next = typeof reply === "object" && "key_checked" in reply ? found(reply.key_checked.check) : IDLE;
      } catch (thrown) {
        next = { at: "failed", problem: HostError.from(thrown) };
      }
      if (mine !== asked.current) return false;
      setState(next);
      return next.at === "accepted";
    },
    [host, name],
  );

  const enter = (next: string) => {
    asked.current += 1;
    about.current = "";
    setValue(next);
    setState(IDLE);
  };

  const key = value.trim();
  useEffect(() => {
    if (key.length < SHORTEST) return;
    const timer = setTimeout(() => {
      if (about.current !== key) void check(key);
    }, REST);
    return () => clearTimeout(timer);
  }, [key, check]);

  /** Keeps a key that was accepted; checks another first. */
  const submit = async () => {
    if (key && (state.at === "accepted" || (await check(key)))) await keep(key);
  };

  return { value, state, enter, submit, keepAnyway: () => void keep(key) };
}

function found(check: KeyCheck): KeyState {
  if (check === "accepted") return { at: "accepted" };
  return "refused" in check ? { at: "refused", message: check.refused.message } : { at: "unknown", message: check.unknown.message };
}
