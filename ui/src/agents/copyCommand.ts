/** The command that copies a file out of the workbench, byte for byte. */
import { plainText } from "../data/plainText";

/** For a POSIX shell: everything that is not plain is quoted. */
export function copyCommand(agent: string, path: string): string {
  const name = path.split("/").at(-1) ?? path;
  return `growqr stack files get ${quoted(agent)} ${quoted(path)} --output ${quoted(name.replace(/^-/, "./-"))}`;
}

function quoted(word: string): string {
  const shown = plainText(word);
  return /^[\w./-]+$/.test(shown) ? shown : `'${shown.replaceAll("'", `'\\''`)}'`;
}
