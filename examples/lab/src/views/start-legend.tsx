// Which starting path has which colour.
import { startLook } from "./colours.js";

/** More than these nobody tells apart. */
const MOST = 12;

/** Items of a legend. */
export function StartItems({ count }: { count: number }) {
  return (
    <>
      {Array.from({ length: Math.min(count, MOST) }, (_, start) => (
        <li key={start} class="of-start" style={markOf(start)}>
          path {start}
        </li>
      ))}
      {count > MOST && <li class="of-none">and {count - MOST} more</li>}
    </>
  );
}

/** The heading of a column. */
export function StartMark({ start }: { start: number }) {
  return (
    <span class="of-start" style={markOf(start)}>
      path {start}
    </span>
  );
}

function markOf(start: number): string {
  const { colour, as } = startLook(start);
  return `--mark: ${colour}; --mark-style: ${as === "line" ? "solid" : "dashed"}`;
}
