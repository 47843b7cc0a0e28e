/** Bars of amounts, drawn as SVG. The text alternative is its label; the view shows the numbers beside it. */
interface Bar {
  key: string;
  label: string;
  value: number;
  /** The value in words. */
  text: string;
}

const WIDTH = 600;
const HEIGHT = 120;

export function BarChart({ label, bars }: { label: string; bars: readonly Bar[] }) {
  const most = Math.max(1, ...bars.map((bar) => bar.value));
  const step = WIDTH / Math.max(1, bars.length);
  const width = Math.min(48, step * 0.72);
  return (
    <svg role="img" aria-label={label} viewBox={`0 0 ${WIDTH} ${HEIGHT}`} className="block w-full">
      <line x1="0" x2={WIDTH} y1={HEIGHT - 0.5} y2={HEIGHT - 0.5} className="stroke-line" />
      {bars.map((bar, index) => {
        const height = bar.value > 0 ? Math.max(2, (bar.value / most) * (HEIGHT - 4)) : 0;
        return (
          <rect key={bar.key} x={index * step + (step - width) / 2} y={HEIGHT - height} width={width} height={height} rx="2" className="fill-accent">
            <title>{`${bar.label}: ${bar.text}`}</title>
          </rect>
        );
      })}
    </svg>
  );
}
