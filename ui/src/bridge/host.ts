/** The other side of the window: whoever runs the agents. */
import type { Answer, Args, CommandName } from "./commands";
import type { Error as WireError, ErrorCode, Push } from "./wire";

export interface Host {
  /** Runs one command. Rejects with a {@link HostError}. */
  call<N extends CommandName>(name: N, args: Args<N>): Promise<Answer<N>>;
  /** Resolves once everything that happens from now on is given to `onPush`. */
  follow(onPush: (push: Push) => void): Promise<void>;
  /** Calls `listener` whenever this happens outside the window. */
  on(event: HostEvent, listener: () => void): Promise<void>;
}

/**
 * What the shell tells of: the tray asks for a new message; who is signed in has changed; another profile is open; a
 * link leads to a place.
 */
export type HostEvent = "new-message" | "sign-in-changed" | "profile-changed" | "place";

/** A wire `Error` as something that can be thrown. Branch on `code`, never on the text. */
export class HostError extends Error {
  readonly code: ErrorCode;
  readonly retryable: boolean;
  readonly nextStep: string | null;

  constructor(error: WireError) {
    super(error.message);
    this.name = "HostError";
    this.code = error.code;
    this.retryable = error.retryable;
    this.nextStep = error.next_step;
  }

  /** Whatever was thrown, as a `HostError`. */
  static from(thrown: unknown): HostError {
    if (thrown instanceof HostError) return thrown;
    if (isWireError(thrown)) return new HostError(thrown);
    const message = thrown instanceof Error ? thrown.message : String(thrown);
    return new HostError({ code: "internal", message, retryable: true, next_step: "Try again." });
  }
}

function isWireError(thrown: unknown): thrown is WireError {
  return typeof thrown === "object" && thrown !== null && "code" in thrown && "message" in thrown && "retryable" in thrown;
}
