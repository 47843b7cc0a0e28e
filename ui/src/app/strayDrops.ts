/** Files dropped where no view takes them. Without this, the page would make way for the file. */

/** For the lifetime of the window. A view that takes files does so before. */
export function ignoreStrayDrops() {
  for (const kind of ["dragover", "drop"] as const) addEventListener(kind, ignore);
}

function ignore(event: DragEvent) {
  if (event.defaultPrevented || !event.dataTransfer?.types.includes("Files")) return;
  event.preventDefault();
  event.dataTransfer.dropEffect = "none";
}
