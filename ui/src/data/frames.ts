/** Schedules animation frames; replaced in tests. */
export interface Frames {
  request(run: () => void): number;
  cancel(id: number): void;
}
