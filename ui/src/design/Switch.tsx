/** A switch between on and off. It needs a label that names its `id`. */
import { cx } from "./cx";

export function Switch(props: { id: string; isOn: boolean; disabled?: boolean; onChange: (isOn: boolean) => void }) {
  const { id, isOn } = props;
  return (
    <button
      id={id}
      type="button"
      role="switch"
      aria-checked={isOn}
      disabled={props.disabled}
      onClick={() => props.onChange(!isOn)}
      className={cx("relative h-[1.5rem] w-[2.5rem] shrink-0 cursor-pointer rounded-full border transition-colors", isOn ? "border-transparent bg-accent" : "border-line-strong bg-sunken")}
    >
      <span aria-hidden className={cx("absolute top-[0.125rem] size-[1.125rem] rounded-full transition-[inset-inline-start]", isOn ? "start-[1.125rem] bg-on-accent" : "start-[0.125rem] bg-line-strong")} />
    </button>
  );
}
