/** The button of a server that can be signed in to: it opens the page in the browser, stops waiting for it, or signs out. */
import { useMutation } from "@tanstack/react-query";
import type { HostError, ToolServer } from "../bridge";
import { Button } from "../design/Button";
import { InlineError } from "../design/states";
import { useHost, useRequest } from "../data/context";
import { t } from "../words";

export function ToolSignIn({ server }: { server: ToolServer }) {
  const host = useHost();
  const request = useRequest();
  const browser = useMutation<null, HostError, string>({ mutationFn: (address) => host.call("open_link", { address }) });
  const { name, state, sign_in } = server;
  const needed = state.type === "needs_sign_in" || sign_in.is_waiting;
  if (!needed && !sign_in.is_kept) return null;
  const begin = () =>
    request.mutate({ op: "sign_in_tool_server", name }, { onSuccess: (reply) => typeof reply === "object" && "tool_sign_in" in reply && browser.mutate(reply.tool_sign_in.page) });
  // One button, which keeps the focus when its purpose changes.
  const [label, title, act] = sign_in.is_waiting
    ? ([t("Cancel"), t("Stop signing in at {what}", { what: name }), () => request.mutate({ op: "stop_tool_sign_in", name })] as const)
    : needed
      ? ([t("Sign in"), t("Sign in at {what}", { what: name }), begin] as const)
      : ([t("Sign out"), t("Sign out of {what}", { what: name }), () => request.mutate({ op: "sign_out_tool_server", name })] as const);
  return (
    <>
      <InlineError problem={request.error ?? browser.error} />
      <Button look="quiet" className="px-2 py-0.5 aria-disabled:opacity-50" aria-label={title} aria-disabled={request.isPending} onClick={() => !request.isPending && act()}>
        {label}
      </Button>
    </>
  );
}
