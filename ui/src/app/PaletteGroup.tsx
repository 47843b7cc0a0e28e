/** A group of the palette with its heading; nothing if it is empty. */
import { Command } from "cmdk";
import type { ReactNode } from "react";

export function Group({ heading, children }: { heading: string; children: ReactNode }) {
  if (Array.isArray(children) && children.flat().filter(Boolean).length === 0) return null;
  return (
    <Command.Group heading={heading} className="[&>[cmdk-group-heading]]:px-3 [&>[cmdk-group-heading]]:pt-2 [&>[cmdk-group-heading]]:pb-1 [&>[cmdk-group-heading]]:text-xs [&>[cmdk-group-heading]]:text-ink-3">
      {children}
    </Command.Group>
  );
}
