/** A QR code, drawn as one path. Fetched only when there is one to show. */

import { encode } from "uqr";
import css from "./Account.module.css";

export default function QrCode({ text }: { text: string }) {
  const { data, size } = encode(text, { border: 0 });
  const path = data.flatMap((row, y) => row.map((isDark, x) => (isDark ? `M${x} ${y}h1v1h-1z` : ""))).join("");
  return (
    <svg className={css.qr} viewBox={`0 0 ${size} ${size}`} shapeRendering="crispEdges" role="img" aria-label="QR code of the link">
      <path d={path} fill="var(--qr-dark)" />
    </svg>
  );
}
