/** Theme, text size and density. */
import { useId, useState } from "react";
import { type Appearance, appearance, type Density, setAppearance, type Size, type Theme } from "../design/appearance";
import { cx } from "../design/cx";
import { LabelledRow } from "../design/LabelledRow";
import { t, type Text } from "../words";

const THEMES: ReadonlyArray<[Theme, Text]> = [
  ["system", "System"],
  ["light", "Light"],
  ["dark", "Dark"],
];
const SIZES: ReadonlyArray<[Size, Text]> = [
  ["small", "Small"],
  ["normal", "Normal"],
  ["large", "Large"],
  ["larger", "Larger"],
  ["double", "Double"],
];
const DENSITIES: ReadonlyArray<[Density, Text]> = [
  ["comfortable", "Comfortable"],
  ["compact", "Compact"],
];

export function AppearanceSettings() {
  const [now, setNow] = useState(appearance);
  const set = (change: Partial<Appearance>) => {
    const next = { ...now, ...change };
    setAppearance(next);
    setNow(next);
  };
  return (
    <>
      <Choice label={t("Theme")} value={now.theme} options={THEMES} onChange={(theme) => set({ theme })} />
      <Choice label={t("Text size")} value={now.size} options={SIZES} onChange={(size) => set({ size })} />
      <Choice label={t("Density")} value={now.density} options={DENSITIES} onChange={(density) => set({ density })} />
    </>
  );
}

function Choice<T extends string>(props: { label: string; value: T; options: ReadonlyArray<[T, Text]>; onChange: (value: T) => void }) {
  const name = useId();
  return (
    <LabelledRow label={props.label}>
      <div role="radiogroup" aria-label={props.label} className="flex flex-wrap gap-1 rounded-lg bg-sunken p-1">
        {props.options.map(([value, label]) => (
          <label key={value} className={cx("cursor-pointer rounded-md px-2.5 py-1 text-sm has-focus-visible:outline-2 has-focus-visible:outline-accent", props.value === value ? "bg-surface font-medium shadow-sm" : "text-ink-2")}>
            <input type="radio" name={name} className="sr-only" checked={props.value === value} onChange={() => props.onChange(value)} />
            {t(label)}
          </label>
        ))}
      </div>
    </LabelledRow>
  );
}
