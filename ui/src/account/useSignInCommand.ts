/** A mutation that runs one of the sign-in commands and stores the returned state in the query cache. */
import { useMutation, useQueryClient } from "@tanstack/react-query";
import type { Args, HostError, SignIn } from "../bridge";
import { useHost } from "../data/context";
import { keys } from "../data/keys";

type SignInCommand = "sign_in" | "sign_in_cancel" | "sign_in_choose" | "sign_in_check" | "sign_out" | "switch_profile";

export function useSignInCommand<N extends SignInCommand>(name: N) {
  const host = useHost();
  const client = useQueryClient();
  return useMutation<SignIn, HostError, Args<N>>({
    mutationFn: (args) => host.call(name, args),
    onSuccess: (view) => client.setQueryData(keys.signIn, view),
  });
}
