// A scripted MCP server on standard input and output, or on a loopback port. It speaks 2025-11-25 and refuses what a real
// server refuses: requests before the handshake, unknown methods and tools, input that is no object.
import { spawn } from "node:child_process";
import { appendFileSync, closeSync, readFileSync } from "node:fs";
import { createServer } from "node:http";

const [scriptFile, recordFile] = process.argv.slice(2);
// Read for each message: a test can change its mind.
const script = () => JSON.parse(readFileSync(scriptFile, "utf8"));
const record = (entry) => appendFileSync(recordFile, `${JSON.stringify(entry)}\n`);
const wait = (ms) => new Promise((done) => setTimeout(done, ms));
const failure = (id, code, message) => ({ jsonrpc: "2.0", id, error: { code, message } });

let isReady = false;
const running = new Map();

async function handle(message, notify) {
  const { id, method, params } = message;
  const now = script();
  record({ method, params, id });
  if (now.never?.includes(method)) return new Promise(() => {});
  if (now.endAt === method) process.exit(now.exit ?? 1);
  await wait(now.wait?.[method] ?? 0);
  if (now.raw?.[method] !== undefined) return { jsonrpc: "2.0", id, result: now.raw[method] };
  if (method === "initialize") {
    if (now.newOnly) return failure(id, -32601, "no such method");
    const result = {
      protocolVersion: "2025-11-25",
      capabilities: { tools: { listChanged: true }, logging: {} },
      serverInfo: { name: now.name ?? "scripted", version: "1" },
    };
    return { jsonrpc: "2.0", id, result };
  }
  if (method === "notifications/initialized") {
    isReady = true;
    return;
  }
  if (method === "notifications/cancelled") {
    running.get(params.requestId)?.();
    return;
  }
  if (id === undefined) return;
  if (!isReady) return failure(id, -32600, "the handshake is not finished");
  if (method === "tools/list") {
    if (now.changesAtList) notify("notifications/tools/list_changed", {});
    const tools = now.tools ?? [];
    const size = now.pageSize ?? tools.length;
    const from = Number(params?.cursor ?? 0);
    const nextCursor = from + size < tools.length ? String(from + size) : undefined;
    return { jsonrpc: "2.0", id, result: { tools: tools.slice(from, from + size), nextCursor } };
  }
  if (method !== "tools/call") return failure(id, -32601, "no such method");
  if (!now.tools?.some((tool) => tool?.name === params.name)) return failure(id, -32602, `unknown tool ${params.name}`);
  const behaviour = now.calls?.[params.name] ?? {};
  if (behaviour.log) notify("notifications/message", { level: "info", data: behaviour.log });
  if (behaviour.newTools) {
    // The next list is another one.
    const { writeFileSync } = await import("node:fs");
    writeFileSync(scriptFile, JSON.stringify({ ...now, tools: behaviour.newTools }));
    notify("notifications/tools/list_changed", {});
  }
  if (behaviour.progress) {
    for (let step = 0; step < behaviour.progress; step++) {
      await wait(behaviour.every ?? 100);
      notify("notifications/progress", { progressToken: params._meta.progressToken, progress: step });
    }
  }
  if (behaviour.end) {
    process.stderr.write(`${behaviour.end}\n`, () => process.exit(3));
    return new Promise(() => {});
  }
  if (behaviour.closeOutput) {
    closeSync(1);
    setInterval(() => {}, 1000);
    return new Promise(() => {});
  }
  if (behaviour.stopReading) {
    process.stdin.pause();
    setInterval(() => {}, 1000);
    return new Promise(() => {});
  }
  if (behaviour.hang) {
    return new Promise((done) => running.set(id, () => done(failure(id, -32800, "cancelled"))));
  }
  const text = behaviour.env ? String(process.env[behaviour.env]) : behaviour.folder ? process.cwd() : `${params.name} ${JSON.stringify(params.arguments)}`;
  const result = behaviour.result ?? { content: [{ type: "text", text }] };
  return { jsonrpc: "2.0", id, result };
}

function standard() {
  const first = script();
  if (first.stderr) process.stderr.write(`${first.stderr}\n`);
  if (first.exit !== undefined && !first.endAt) process.exit(first.exit);
  if (first.stubborn) {
    process.on("SIGTERM", () => {});
    setInterval(() => {}, 1000);
  }
  if (first.child) {
    const child = spawn("sleep", ["300"], { stdio: "ignore" });
    record({ child: child.pid, server: process.pid });
  }
  const say = (line) => process.stdout.write(`${line}\n`);
  for (const line of first.sayFirst ?? []) say(line);
  if (first.sayLong) say("x".repeat(first.sayLong));
  const notify = (method, params) => say(JSON.stringify({ jsonrpc: "2.0", method, params }));
  let rest = "";
  process.stdin.setEncoding("utf8");
  process.stdin.on("data", async (text) => {
    rest += text;
    const lines = rest.split("\n");
    rest = lines.pop();
    for (const line of lines) {
      for (const extra of first.sayBetween ?? []) say(extra);
      const answering = handle(JSON.parse(line), notify).then((answer) => answer && say(JSON.stringify(answer)));
      if (!line.includes("tools/call")) await answering;
    }
  });
  process.stdin.on("end", () => {
    record({ ended: true });
    if (!first.stubborn) process.exit(0);
  });
}

function overHttp() {
  const server = createServer((request, response) => {
    let body = "";
    request.on("data", (part) => (body += part));
    request.on("end", async () => {
      const now = script();
      if (now.key && request.headers.authorization !== `Bearer ${now.key}`) {
        response.writeHead(401, { "www-authenticate": "Bearer" }).end();
        return;
      }
      if (request.method !== "POST") {
        response.writeHead(request.method === "DELETE" ? 200 : 405).end();
        return;
      }
      const message = JSON.parse(body);
      if (message.method !== "initialize" && request.headers["mcp-session-id"] !== "one") {
        response.writeHead(404).end();
        return;
      }
      const answer = await handle(message, () => {});
      if (!answer) {
        response.writeHead(202).end();
        return;
      }
      response.writeHead(200, { "content-type": "application/json", "mcp-session-id": "one" }).end(JSON.stringify(answer));
    });
  });
  server.listen(0, "127.0.0.1", () => process.stdout.write(`http://127.0.0.1:${server.address().port}/mcp\n`));
}

if (process.argv.includes("--http")) overHttp();
else standard();
