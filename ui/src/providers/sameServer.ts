/** Whether two addresses are the same server: `/v1` is optional, and this computer has three host names. */
export function sameServer(one: string, other: string): boolean {
  const [a, b] = [one, other].map(normalised);
  return a !== null && a === b;
}

function normalised(text: string): string | null {
  if (!URL.canParse(text)) return null;
  const url = new URL(text);
  const host = /^(localhost|127\.0\.0\.1|\[::1\])$/.test(url.hostname) ? "here" : url.hostname;
  return `${url.protocol}//${host}:${url.port}${url.pathname.replace(/\/+$/, "").replace(/\/v1$/, "")}`;
}
