/** Copies a text. The result is the button's own label; a failure is said below the text by `NotCopied`. */
import { Check, Copy } from "lucide-react";
import { Button } from "./Button";
import type { CopyState } from "./useCopy";
import { t } from "../words";

export function CopyButton(props: { what: string; state: CopyState; onCopy: () => void; disabled?: boolean }) {
  const copied = props.state === "copied";
  const Icon = copied ? Check : Copy;
  return (
    <Button aria-label={copied ? t("Copied: {what}", { what: props.what }) : t("Copy {what}", { what: props.what })} disabled={props.disabled} onClick={props.onCopy}>
      <Icon className="size-4" aria-hidden /> {copied ? t("Copied") : t("Copy")}
    </Button>
  );
}
