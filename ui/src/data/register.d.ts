/** Types the error of every query and mutation as `HostError`: a host rejects with nothing else. */
import "@tanstack/react-query";
import type { HostError } from "../bridge";

declare module "@tanstack/react-query" {
  interface Register {
    defaultError: HostError;
  }
}
