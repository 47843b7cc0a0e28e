/** External links. The LinkProvider decides how they open; without one they do nothing. */
import { ExternalLink as Icon } from "lucide-react";
import { createContext, type ReactNode, useContext } from "react";

const Open = createContext<(address: string) => void>(() => {});

export const LinkProvider = Open.Provider;

export function useOpenLink(): (address: string) => void {
  return useContext(Open);
}

export function ExternalLink({ href, children }: { href: string; children: ReactNode }) {
  const open = useOpenLink();
  return (
    <button type="button" role="link" title={href} onClick={() => open(href)} className="inline cursor-pointer text-start text-accent-ink underline underline-offset-2">
      {children}
      <Icon className="ms-0.5 inline size-3 align-baseline" aria-hidden />
    </button>
  );
}

export interface Target {
  /** The normalised address that will be opened. */
  address: string;
  /** The host, or the recipient of an email. */
  owner: string;
  kind: "web" | "mail";
}

/** Parses an address as a browser does; `null` if it must not be opened. */
export function target(text: string): Target | null {
  if (!URL.canParse(text)) return null;
  const url = new URL(text);
  if (url.protocol === "mailto:") return { address: url.href, owner: decoded(url.pathname), kind: "mail" };
  if (url.protocol !== "http:" && url.protocol !== "https:") return null;
  return url.username || url.password ? null : { address: url.href, owner: url.host, kind: "web" };
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
