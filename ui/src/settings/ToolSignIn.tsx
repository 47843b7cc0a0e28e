/** The button of a server that can be signed in to: it opens the page in the browser, stops waiting for it, or signs out. */
import { useMutation } from "@tanstack/react-query";
import type { HostError, Reply, ToolServer } from "../bridge";
import { Button } from "../design/Button";
import { CopyButton } from "../design/CopyButton";
import { InlineError, NotCopied } from "../design/states";
import { useCopy } from "../design/useCopy";
import { useHost, useRequest } from "../data/context";
import { t } from "../words";

export function ToolSignIn({ server }: { server: ToolServer }) {
  const host = useHost();
  const request = useRequest();
  // Of its own: it stops a request that does not end.
  const stop = useRequest();
  const [copying, copy] = useCopy();
  const browser = useMutation<null, HostError, string>({ mutationFn: (address) => host.call("open_link", { address, is_sign_in: true }) });
  const { name, state, sign_in } = server;
  const isWaiting = sign_in.is_waiting || (request.isPending && request.variables.op === "sign_in_tool_server");
  const needed = state.type === "needs_sign_in" || isWaiting;
  if (!needed && !sign_in.is_kept) return null;
  const opened = (reply: Reply) => {
    const page = pageOf(reply);
    if (page !== null) browser.mutate(page);
  };
  const begin = () => request.mutate({ op: "sign_in_tool_server", name }, { onSuccess: opened });
  const page = isWaiting ? pageOf(request.data) : null;
  const asked = isWaiting ? stop : request;
  // One button, which keeps the focus when its purpose changes.
  const [label, title, act] = isWaiting
    ? ([t("Cancel"), t("Stop signing in at {what}", { what: name }), () => stop.mutate({ op: "stop_tool_sign_in", name })] as const)
    : needed
      ? ([t("Sign in"), t("Sign in at {what}", { what: name }), begin] as const)
      : ([t("Sign out"), t("Sign out of {what}", { what: name }), () => request.mutate({ op: "sign_out_tool_server", name })] as const);
  return (
    <>
      <InlineError problem={request.error ?? stop.error ?? browser.error} />
      {page !== null && (
        <>
          <span className="max-w-60 truncate font-mono text-xs text-ink-3 select-all">{page}</span>
          <CopyButton what={t("the address of the sign-in page")} state={copying} onCopy={() => copy(page)} />
          <NotCopied state={copying} />
        </>
      )}
      <Button look="quiet" className="px-2 py-0.5 aria-disabled:opacity-50" aria-label={title} aria-disabled={asked.isPending} onClick={() => !asked.isPending && act()}>
        {label}
      </Button>
    </>
  );
}

/** The page of a sign-in that has begun. */
function pageOf(reply: Reply | undefined): string | null {
  return typeof reply === "object" && "tool_sign_in" in reply ? reply.tool_sign_in.page : null;
}
