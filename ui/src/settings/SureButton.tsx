/** A button that acts only after a second click, on the button that takes its place. */
import { useRef, useState } from "react";
import { Button } from "../design/Button";
import { t } from "../words";

interface Words {
  label: string;
  /** The accessible name, with what it is about. */
  name: string;
}

/** `first` asks, `second` acts. */
export function SureButton({ first, second, onSure }: { first: Words; second: Words; onSure: () => void }) {
  const [isSure, setSure] = useState(false);
  const asking = useRef<HTMLButtonElement>(null);
  const keep = () => {
    setSure(false);
    requestAnimationFrame(() => asking.current?.focus());
  };
  if (!isSure) {
    return (
      <Button ref={asking} look="quiet" className="px-2 py-0.5" aria-label={first.name} onClick={() => setSure(true)}>
        {first.label}
      </Button>
    );
  }
  return (
    <>
      <Button look="quiet" className="px-2 py-0.5" onClick={keep}>
        {t("Keep")}
      </Button>
      <Button autoFocus look="danger" className="px-2 py-0.5" aria-label={second.name} onClick={onSure}>
        {second.label}
      </Button>
    </>
  );
}
