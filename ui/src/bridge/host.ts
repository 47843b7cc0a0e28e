/** The interface of the host: the program behind the window that runs the agents. */
import type { Answer, Args, CommandName } from "./commands";
import { asSentence, inWindow } from "./nextSteps";
import type { Error as WireError, ErrorCode, Push } from "./wire";

export interface Host {
  /** Runs one command. Rejects with a {@link HostError}. */
  call<N extends CommandName>(name: N, args: Args<N>): Promise<Answer<N>>;
  /** Subscribes to pushes. Resolves once every later push reaches `onPush`. */
  follow(onPush: (push: Push) => void): Promise<void>;
  /** Calls `listener` on every such event. */
  on(event: HostEvent, listener: () => void): Promise<void>;
}

/**
 * Events of the shell: "New message" in the tray, changed sign-in, changed profile, a requested place, the quick chat was shown; files
 * are dragged over the window, have left it, were dropped.
 */
export type HostEvent = "new-message" | "sign-in-changed" | "profile-changed" | "place" | "quick-shown" | "files-dragged" | "files-left" | "files-dropped";

/** A wire `Error` as an exception, in words for the window. Branch on `code`, never on the text. */
export class HostError extends Error {
  readonly code: ErrorCode;
  readonly retryable: boolean;
  readonly nextStep: string | null;

  constructor(error: WireError) {
    super(asSentence(error.message));
    this.name = "HostError";
    this.code = error.code;
    this.retryable = error.retryable;
    this.nextStep = inWindow(error.next_step);
  }

  /** Converts anything thrown into a `HostError`. */
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
