// Generated from growqr-wire by `cargo xtask bindings`. Do not edit.

export type ErrorCode = "bad_request" | "not_found" | "too_large" | "conflict" | "overloaded" | "stopping" | "held" | "database" | "disk_full" | "read_only" | "newer" | "memory" | "model" | "sign_in" | "protocol" | "internal";

export type Error = { 
/**
 * For branching.
 */
code: ErrorCode, 
/**
 * One sentence.
 */
message: string, 
/**
 * Whether trying again unchanged may help.
 */
retryable: boolean, 
/**
 * What to do next, if there is something.
 */
next_step: string | null, };

export type About = { 
/**
 * The program's version.
 */
version: string, 
/**
 * Whose data.
 */
profile: string, 
/**
 * The whole data folder.
 */
data_folder: string, 
/**
 * The memory repository.
 */
memory_folder: string, };

export type Author = "person" | { "agent": string };

export type Agent = { 
/**
 * `grow`, or a sub-agent's id.
 */
id: string, 
/**
 * Its name for people.
 */
name: string, 
/**
 * Who sent it to work.
 */
parent: string | null, 
/**
 * 0 for the Grow Agent.
 */
depth: number, 
/**
 * What it was sent to do.
 */
task: string | null, 
/**
 * `idle`, `thinking`, `working`, `waiting`, `done`, `limit`, `failed` or `cancelled`.
 */
status: string, 
/**
 * The model it uses; empty before its first turn. `guide` is the built-in guide, which is no AI.
 */
model: string, 
/**
 * Turns begun.
 */
turn: number, 
/**
 * Known cost of its own model calls.
 */
spent: number, 
/**
 * Reserved for calls whose cost will never be known.
 */
unknown: number, 
/**
 * What a sub-agent may still spend.
 */
allowance: number | null, 
/**
 * When it came to be.
 */
created_at: number, 
/**
 * When anything last happened to it.
 */
updated_at: number, 
/**
 * The length of its journal.
 */
seq: number, };

export type Message = { 
/**
 * Whose conversation.
 */
agent: string, 
/**
 * The event it came with.
 */
seq: number, 
/**
 * Who wrote it.
 */
author: Author, 
/**
 * What.
 */
text: string, 
/**
 * When.
 */
at: number, };

export type EventLine = { 
/**
 * Total order over the profile.
 */
position: number, 
/**
 * Whose.
 */
agent: string, 
/**
 * Its place in that journal, gap-free from 1.
 */
seq: number, 
/**
 * When.
 */
at: number, 
/**
 * What kind.
 */
kind: string, 
/**
 * Its content as stored.
 */
data: unknown, };

export type Page = { 
/**
 * Its path.
 */
path: string, 
/**
 * Its text.
 */
text: string, 
/**
 * Its version, to be given back as `base` with a change.
 */
version: string, };

export type PageRow = { 
/**
 * Its path.
 */
path: string, 
/**
 * Its size in bytes.
 */
bytes: number, };

export type Found = { 
/**
 * The page's path.
 */
path: string, 
/**
 * Line number from 1.
 */
line: number, 
/**
 * The line.
 */
text: string, };

export type CommitOrigin = { 
/**
 * Its id.
 */
agent: string, 
/**
 * The turn it was in.
 */
turn: number, 
/**
 * The tool call.
 */
tool_call: string, };

export type Change = { 
/**
 * Commit id.
 */
commit: string, 
/**
 * Why.
 */
message: string, 
/**
 * Who.
 */
author: string, 
/**
 * When.
 */
at: number, 
/**
 * The agent behind it; `None` for the person.
 */
origin: CommitOrigin | null, 
/**
 * The pages it touched.
 */
paths: Array<string>, };

export type BlamedLine = { 
/**
 * Line number from 1.
 */
line: number, 
/**
 * The line.
 */
text: string, 
/**
 * The change it came with.
 */
commit: string, 
/**
 * That change's author.
 */
author: string, 
/**
 * That change's time.
 */
at: number, 
/**
 * The agent behind it; `None` for the person.
 */
origin: CommitOrigin | null, };

export type Text = { 
/**
 * The text.
 */
text: string, };

export type Budget = { 
/**
 * What one message may cost.
 */
per_message: number, 
/**
 * What a UTC day may cost.
 */
per_day: number, 
/**
 * What a UTC month may cost.
 */
per_month: number | null, 
/**
 * Used for the latest message, reservations of calls of unknown cost and money with sub-agents included.
 */
used_message: number, 
/**
 * Used today.
 */
used_day: number, 
/**
 * Used this month.
 */
used_month: number, 
/**
 * Known cost of all agents' calls, ever.
 */
spent: number, 
/**
 * Reserved for calls whose cost will never be known, ever.
 */
unknown: number, 
/**
 * The most that the calls under way can cost; those that a stop of the program broke off are among them until
 * the next start.
 */
reserved: number, };

export type Setting = { 
/**
 * Its name.
 */
name: string, 
/**
 * Its value now.
 */
value: string, 
/**
 * Whether the person set it; else it is the default.
 */
is_set: boolean, 
/**
 * What it does.
 */
about: string, };

export type KeySource = "environment" | "keychain" | "memory";

export type Key = { 
/**
 * `anthropic` or `openai`.
 */
name: string, 
/**
 * Where it is kept.
 */
source: KeySource, };

export type KeychainState = "ready" | "locked" | "absent";

export type Keychain = { 
/**
 * Whether keys can be kept in it.
 */
state: KeychainState, 
/**
 * A sentence for people.
 */
found: string, 
/**
 * What to do, if anything.
 */
next_step: string | null, };

export type KeyCheck = "accepted" | { "refused": { 
/**
 * A sentence for people.
 */
message: string, } } | { "unknown": { 
/**
 * A sentence for people.
 */
message: string, } };

export type ModelRow = { 
/**
 * What the setting `model` is set to; `openai/…` for a model of an OpenAI-compatible server.
 */
id: string, 
/**
 * Its name for people.
 */
name: string, 
/**
 * `anthropic`, `openai` or `guide`.
 */
provider: string, };

export type LocalServer = { 
/**
 * `Ollama`, `LM Studio`, `llama.cpp`, `vLLM` or `OpenAI-compatible server`.
 */
name: string, 
/**
 * What the setting `openai.base_url` is set to.
 */
url: string, 
/**
 * The models that it offers; none if it has none yet.
 */
models: Array<ModelRow>, };

export type CheckState = "ok" | "missing" | "failed";

export type Check = { 
/**
 * What was checked.
 */
name: string, 
/**
 * How it went.
 */
state: CheckState, 
/**
 * What was found.
 */
found: string, 
/**
 * What to do, if anything.
 */
next_step: string | null, };

export type Database = { 
/**
 * `sqlite` or `postgres`.
 */
backend: string, 
/**
 * Where it is; never with a password.
 */
location: string, 
/**
 * The newest migration this build knows.
 */
known: number, 
/**
 * The newest migration applied; `None` if there is no database yet.
 */
applied: number | null, 
/**
 * Whether messages are searched by an index. `false`: PostgreSQL has no extension pg_trgm for it. `None` if there is
 * no database yet.
 */
indexed: boolean | null, };

export type Rebuilt = { 
/**
 * Journals read.
 */
agents: number, 
/**
 * Events read.
 */
events: number, 
/**
 * Rows of the list of agents that were not as the journal says.
 */
changed_agents: number, 
/**
 * Messages that were not as the journal says.
 */
changed_messages: number, 
/**
 * Mail that was not as the journal says.
 */
changed_mail: number, 
/**
 * Rows deleted because they belong to no journal.
 */
deleted: number, };

export type SignInState = "not_configured" | "signed_out" | "signing_in" | "choosing" | "online" | "offline" | "needs_sign_in";

export type Person = { 
/**
 * Their profile.
 */
profile: string, 
/**
 * Their id at the sign-in service.
 */
id: string, 
/**
 * Their name, if it is known.
 */
name: string | null, 
/**
 * Their address, if it is known.
 */
email: string | null, 
/**
 * Where their picture is, if they have one. A web address from outside.
 */
picture_url: string | null, 
/**
 * When the service last vouched for them.
 */
last_verified_at: number, };

export type SignIn = { 
/**
 * Where it stands.
 */
state: SignInState, 
/**
 * Whom the state is about.
 */
person: Person | null, 
/**
 * Everybody who has a profile here, by name.
 */
people: Array<Person>, 
/**
 * While signing in: the address that the browser shows, for copying.
 */
url: string | null, 
/**
 * While signing in: when the attempt ends by itself. Online: until when what the service said is good, which is asked
 * again before. Offline: until when it was.
 */
until: number | null, 
/**
 * Something to say about it: what did not work, or what will not last.
 */
notice: string | null, };

export type Request = { "op": "hello", 
/**
 * The client's [`crate::VERSION`].
 */
version: number, } | { "op": "say", 
/**
 * To whom; `grow` is the Grow Agent.
 */
agent: string, 
/**
 * Chosen by the client; the same id twice is one message.
 */
id: string, 
/**
 * What.
 */
text: string, } | { "op": "cancel", 
/**
 * Whom.
 */
agent: string, } | { "op": "resume", 
/**
 * Whom.
 */
agent: string, 
/**
 * Chosen by the client, as in `Say`.
 */
id: string, } | { "op": "follow" } | { "op": "write_memory", 
/**
 * Its path.
 */
path: string, 
/**
 * Its whole new text.
 */
text: string, 
/**
 * The version it replaces, if there is one.
 */
base: string | null, } | { "op": "delete_memory", 
/**
 * Its path.
 */
path: string, 
/**
 * The version that the person has seen; `None` removes whatever is there.
 */
base: string | null, } | { "op": "restore_memory", 
/**
 * The change to undo.
 */
rev: string, } | { "op": "set_setting", 
/**
 * Its name.
 */
name: string, 
/**
 * `None` for the default.
 */
value: string | null, } | { "op": "set_key", 
/**
 * `anthropic` or `openai`.
 */
name: string, 
/**
 * `None` to forget it.
 */
value: string | null, } | { "op": "check_key", 
/**
 * `anthropic` or `openai`.
 */
name: string, 
/**
 * The key.
 */
value: string, } | { "op": "keys" } | { "op": "local_servers" };

export type Reply = { "hello": { 
/**
 * The host's [`crate::VERSION`].
 */
version: number, 
/**
 * Its process.
 */
pid: number, 
/**
 * The profile it holds.
 */
profile: string, } } | { "said": { 
/**
 * The agent that recorded it, afterwards.
 */
agent: Agent, } } | "done" | { "changed": { 
/**
 * The commit's id.
 */
commit: string, 
/**
 * The pages it touched.
 */
paths: Array<string>, } } | { "keys": { 
/**
 * Never with values.
 */
keys: Array<Key>, 
/**
 * Whether keys can be kept.
 */
keychain: Keychain, } } | { "key_checked": { 
/**
 * That.
 */
check: KeyCheck, } } | { "local_servers": { 
/**
 * The one at the address that is set comes first.
 */
servers: Array<LocalServer>, } };

export type DeltaKind = "text" | "thinking" | "call" | "retrying";

export type Push = { "recorded": { 
/**
 * The agent afterwards.
 */
agent: Agent, 
/**
 * The events, in order.
 */
events: Array<EventLine>, } } | { "delta": { 
/**
 * Whose answer.
 */
agent: string, 
/**
 * Which part.
 */
kind: DeltaKind, 
/**
 * The part.
 */
text: string, } } | "missed" | "memory_changed" | { "stopped": { 
/**
 * Which.
 */
agent: string, 
/**
 * Why, and what to do.
 */
error: Error, } };
