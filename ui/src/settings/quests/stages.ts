/** Which steps of a quest come one after the other, and which may be at work side by side. */
interface Step {
  number: number;
  after: number | null;
}

/** The steps in groups: those of a group wait for none of the same group or of a later one. */
export function stages<S extends Step>(steps: readonly S[]): S[][] {
  const depths = new Map<number, number>();
  const groups: S[][] = [];
  for (const step of steps) {
    const before = step.after === null ? undefined : depths.get(step.after);
    const depth = before === undefined ? 0 : before + 1;
    depths.set(step.number, depth);
    (groups[depth] ??= []).push(step);
  }
  return groups;
}

/** The steps in the order of their groups, each with whether it is in a group with others. */
export function inOrder<S extends Step>(steps: readonly S[]): Array<{ step: S; isBranch: boolean }> {
  return stages(steps).flatMap((group) => group.map((step) => ({ step, isBranch: group.length > 1 })));
}

/** The most columns and, as long as these suffice, the most rows of a group in the picture. */
const COLUMNS = 8;
const ROWS = 3;

/** In how many columns the picture shows a group of so many steps. */
export function columns(steps: number): number {
  return Math.min(COLUMNS, Math.ceil(steps / ROWS));
}
