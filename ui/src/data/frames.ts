/** Frames of the screen, or of a test. */
export interface Frames {
  request(run: () => void): number;
  cancel(id: number): void;
}
