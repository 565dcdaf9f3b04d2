/** A small line of how something went, oldest first; it has no axes and is only a hint. */

interface Props {
  values: readonly number[];
  label: string;
  width?: number;
  height?: number;
}

export function Spark({ values, label, width = 90, height = 18 }: Props) {
  const top = Math.max(...values, 0);
  const step = width / Math.max(values.length - 1, 1);
  const y = (value: number) => height - 2 - (top === 0 ? 0 : (value / top) * (height - 4));
  const points = values.map((value, at) => `${(at * step).toFixed(1)},${y(value).toFixed(1)}`).join(" ");
  return (
    <svg
      width="100%"
      height={height}
      viewBox={`0 0 ${width} ${height}`}
      preserveAspectRatio="none"
      role="img"
      aria-label={label}
      style={{ display: "block", maxWidth: width === 90 ? width : undefined }}
    >
      <polyline
        points={points}
        fill="none"
        stroke={top === 0 ? "var(--line)" : "var(--accent)"}
        strokeWidth="1.5"
        vectorEffect="non-scaling-stroke"
      />
    </svg>
  );
}
