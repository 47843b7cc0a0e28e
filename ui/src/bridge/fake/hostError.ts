/** Errors of the simulated host. */
import { HostError } from "../host";
import type { ErrorCode } from "../wire";

export function hostError(code: ErrorCode, message: string, next_step: string | null = null): HostError {
  return new HostError({ code, message, retryable: false, next_step });
}
