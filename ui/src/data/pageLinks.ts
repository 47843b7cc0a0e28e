/**
 * Links to pages, as people and models write them: encoded or not, with `#` and `%` in names, with or without `.md`, from
 * the page or from the root, in either form of an accent.
 */

export interface PageLink {
  path: string;
  /** What is written behind the `#`, if it is no part of the name. */
  heading: string | null;
}

/** The page that a link leads to: one of `pages`, or the path of one that could be made; `null` if it names none. */
export function findPage(href: string, from: string | null, pages: readonly string[]): PageLink | null {
  const place = /^growqr:\/\/memory\/(.*)$/i.exec(href)?.[1];
  const target = place === undefined ? href : `/${place}`;
  const readings = splits(target);
  for (const { name, heading } of readings) {
    if (name === "") continue;
    const path = lookUp(candidates(name, from), pages) ?? (name.includes("/") ? null : byFileName(name, pages));
    if (path !== null) return { path, heading };
  }
  const { name = "", heading = null } = readings.at(-1) ?? {};
  if (name === "") return from === null ? null : { path: from, heading };
  const [path = ""] = candidates(name, from);
  return path === "" ? null : { path: /\.[a-z0-9]+$/i.test(path) ? path : `${path}.md`, heading };
}

/** The ways to part a link into a name and a heading: all of it a name first, last the usual one, at the first `#`. */
function splits(target: string): Array<{ name: string; heading: string | null }> {
  const found: Array<{ name: string; heading: string | null }> = [{ name: target, heading: null }];
  for (let at = target.lastIndexOf("#"); at >= 0; at = at > 0 ? target.lastIndexOf("#", at - 1) : -1) {
    found.push({ name: target.slice(0, at), heading: decoded(target.slice(at + 1)) || null });
  }
  return found;
}

/** The paths that a name may mean, the likeliest first. */
function candidates(name: string, from: string | null): string[] {
  const folder = name.startsWith("/") ? [] : (from ?? "").split("/").slice(0, -1);
  return [decoded(name), name].flatMap((one) => {
    const [near, root] = [joined(folder, one), joined([], one)];
    // A link that climbs above the root may name the folder of the memory itself.
    const below = near.isAbove ? [near.path.split("/").slice(1).join("/")] : [];
    return [near.path, root.path, ...below].filter(Boolean);
  });
}

function joined(folder: readonly string[], name: string): { path: string; isAbove: boolean } {
  const parts = [...folder];
  let isAbove = false;
  for (const part of name.split("/")) {
    if (part === "..") isAbove = parts.pop() === undefined || isAbove;
    else if (part !== "" && part !== ".") parts.push(part);
  }
  return { path: parts.join("/"), isAbove };
}

function lookUp(paths: readonly string[], pages: readonly string[]): string | null {
  const wanted = paths.flatMap((path) => [path, `${path}.md`]);
  for (const same of [(path: string) => path, spelling, (path: string) => spelling(path).toLowerCase()]) {
    const known = new Map(pages.map((page) => [same(page), page]));
    const found = wanted.map((path) => known.get(same(path))).find((page) => page !== undefined);
    if (found !== undefined) return found;
  }
  return null;
}

/** The only page of this name, in whichever folder. */
function byFileName(name: string, pages: readonly string[]): string | null {
  const file = (path: string) => path.split("/").at(-1) ?? path;
  const found = lookUp(candidates(name, null), pages.map(file));
  const same = pages.filter((page) => file(page) === found);
  return same.length === 1 ? (same[0] ?? null) : null;
}

/** The same for composed and decomposed accents, and for an emoji with or without its variation selector. */
function spelling(path: string): string {
  return path.normalize("NFC").replaceAll("\ufe0f", "");
}

/** Without percent encoding; as it is if the encoding is broken. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
