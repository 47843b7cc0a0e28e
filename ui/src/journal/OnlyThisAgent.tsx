/** A menu that lets an agent finish up, or stops it, while its sub-agents work on. */
import { ChevronDown } from "lucide-react";
import { DropdownMenu as Radix } from "radix-ui";
import { IconButton } from "../design/Button";
import { direction, t } from "../words";

const ITEM = "cursor-pointer rounded-lg px-2.5 py-1.5 text-sm outline-none data-[highlighted]:bg-hover data-[disabled]:cursor-default data-[disabled]:opacity-50";

export function OnlyThisAgent(props: { disabled: boolean; isFinishing: boolean; onFinish: () => void; onStop: () => void }) {
  return (
    <Radix.Root dir={direction()} modal={false}>
      <Radix.Trigger asChild>
        <IconButton label={t("Only this agent")} look="plain" className="rounded-xl" disabled={props.disabled}>
          <ChevronDown className="size-4" aria-hidden />
        </IconButton>
      </Radix.Trigger>
      <Radix.Content align="end" sideOffset={6} collisionPadding={8} className="z-20 w-64 rounded-2xl border border-line bg-surface p-1.5 text-ink shadow-card">
        <Radix.Label className="px-2.5 py-1 text-xs text-ink-3">{t("Its sub-agents work on")}</Radix.Label>
        <Radix.Item className={ITEM} disabled={props.isFinishing} onSelect={props.onFinish}>
          {t("Finish up only this agent")}
        </Radix.Item>
        <Radix.Item className={ITEM} onSelect={props.onStop}>
          {t("Stop only this agent")}
        </Radix.Item>
      </Radix.Content>
    </Radix.Root>
  );
}
