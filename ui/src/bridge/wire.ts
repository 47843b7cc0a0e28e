// Generated from growqr-wire by `cargo xtask bindings`. Do not edit.

export type ErrorCode = "bad_request" | "not_found" | "too_large" | "conflict" | "overloaded" | "stopping" | "held" | "database" | "disk_full" | "read_only" | "newer" | "memory" | "model" | "docker" | "sign_in" | "network" | "certificate" | "clock" | "issuer" | "protocol" | "internal";

export type Error = { 
/**
 * Its kind.
 */
code: ErrorCode, 
/**
 * One sentence.
 */
message: string, 
/**
 * Whether the same request may succeed later.
 */
retryable: boolean, 
/**
 * What the person can do next, if anything.
 */
next_step: string | null, };

export type About = { 
/**
 * The program's version.
 */
version: string, 
/**
 * The profile's id.
 */
profile: string, 
/**
 * The data folder.
 */
data_folder: string, 
/**
 * The memory repository.
 */
memory_folder: string, };

export type Backup = { 
/**
 * The file.
 */
file: string, 
/**
 * When it was made.
 */
at: number, 
/**
 * Its size.
 */
bytes: number, 
/**
 * The profile.
 */
profile: string, 
/**
 * The number of events in its conversations.
 */
events: number, 
/**
 * The number of files of the memory, without those of its history.
 */
memory_files: number, 
/**
 * Where conversations and settings are, if they are on a database server and so not in the backup.
 */
database_server: string | null, 
/**
 * What was not copied, and why; the first ones.
 */
left_out: Array<string>, 
/**
 * How many more were not copied.
 */
more_left_out: number, };

export type Restored = { 
/**
 * The folder of the profile.
 */
folder: string, 
/**
 * Whether GrowQR opens this profile only once its person has signed in.
 */
needs_sign_in: boolean, 
/**
 * The first event of the journal that is damaged; it was so when the backup was made.
 */
damage: string | null, 
/**
 * What was turned off, because whoever made the backup could start programs or send data with it.
 */
turned_off: Array<TurnedOff>, 
/**
 * Pages that this system cannot hold, and why; the first ones.
 */
left_out: Array<string>, 
/**
 * How many more pages this system cannot hold.
 */
more_left_out: number, 
/**
 * The backup.
 */
backup: Backup, };

export type TurnedOff = { 
/**
 * What it was.
 */
what: string, 
/**
 * How the person turns it on again; empty if there is nothing to do.
 */
next_step: string, };

export type MemoryNotice = { 
/**
 * What was found.
 */
text: string, 
/**
 * What the person can do.
 */
next_step: string, 
/**
 * Whether memory is not changed until the person decides. If not, the notice is shown until [`crate::Request::ConfirmMemory`].
 */
needs_decision: boolean, };

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
 * The agent that started it.
 */
parent: string | null, 
/**
 * 0 for the Grow Agent.
 */
depth: number, 
/**
 * Its task.
 */
task: string | null, 
/**
 * `idle`, `thinking`, `working`, `waiting`, `queued`, `done`, `limit`, `failed` or `cancelled`.
 */
status: string, 
/**
 * The model it uses; empty before its first turn. `guide` is the built-in guide, which uses no language model.
 */
model: string, 
/**
 * What thinks for it: a model, or a session in the workbench.
 */
mind: Mind, 
/**
 * Why it has this mind; `None` for the Grow Agent, and before there were sessions.
 */
why: string | null, 
/**
 * Number of turns started.
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
 * What it has reserved now.
 */
reserved: number, 
/**
 * The number of its questions to the person that wait for an answer.
 */
asks: number, 
/**
 * When it was created.
 */
created_at: number, 
/**
 * The time of its last event.
 */
updated_at: number, 
/**
 * The number of its last event.
 */
seq: number, 
/**
 * The number of its last event that the person has seen; `None` if they never looked at its conversation.
 */
seen: number | null, 
/**
 * The number of messages of others after that event.
 */
unread: number, };

export type AttachmentKind = "text" | "image" | "pdf";

export type Pixels = { 
/**
 * In pixels.
 */
width: number, 
/**
 * In pixels.
 */
height: number, };

export type Attachment = { 
/**
 * SHA-256 of its content, in hex. [`crate::Request::Attachment`] reads the content by it.
 */
hash: string, 
/**
 * Its name, without folders.
 */
name: string, 
/**
 * Its kind.
 */
kind: AttachmentKind, 
/**
 * Its media type, such as `image/png`.
 */
media_type: string, 
/**
 * The size of its content.
 */
bytes: number, 
/**
 * The size of a picture.
 */
pixels?: Pixels, 
/**
 * The number of pages of a PDF document, if it is known.
 */
pages?: number, };

export type AttachmentLimits = { 
/**
 * The kinds that the model reads. May be empty.
 */
kinds: Array<AttachmentKind>, 
/**
 * The largest size of all files of a message together, and so of a single PDF document. Pictures and texts have smaller
 * limits of their own.
 */
max_bytes: number, 
/**
 * The largest size of a picture.
 */
max_image_bytes: number, 
/**
 * The largest size of a text.
 */
max_text_bytes: number, 
/**
 * The most files of a message.
 */
max_files: number, 
/**
 * The model that would read them.
 */
model: string, 
/**
 * Why a kind is missing, and what to do about it.
 */
why_not?: string, };

export type Message = { 
/**
 * The agent whose conversation it is.
 */
agent: string, 
/**
 * The number of the event that added it.
 */
seq: number, 
/**
 * Who wrote it.
 */
author: Author, 
/**
 * The text.
 */
text: string, 
/**
 * The files that the person attached.
 */
attachments?: Array<Attachment>, 
/**
 * The time.
 */
at: number, };

export type EventLine = { 
/**
 * Its position among all events of the profile.
 */
position: number, 
/**
 * The agent.
 */
agent: string, 
/**
 * Its number in the agent's journal, gap-free from 1.
 */
seq: number, 
/**
 * The time.
 */
at: number, 
/**
 * The name of its kind. It may be a kind of a later build, which this build does not know.
 */
kind: string, 
/**
 * Its content as stored. [`EventLine::event`] reads it.
 */
data: unknown, };

export type AskRow = { 
/**
 * The agent that asks.
 */
agent: string, 
/**
 * Its name.
 */
agent_name: string, 
/**
 * 0 for the Grow Agent.
 */
depth: number, 
/**
 * The event that raised it.
 */
seq: number, 
/**
 * The question.
 */
ask: Ask, 
/**
 * When it was raised, in ms since 1970.
 */
raised_at: number, 
/**
 * `None` as long as it is open.
 */
settled: AskSettlement | null, };

export type AskSettlement = { 
/**
 * Who settled it.
 */
by: SettledBy, 
/**
 * The answer, if there is one. A question that is withdrawn may have the reason as its text.
 */
answer: AskAnswer | null, 
/**
 * The line of the rules that it added, or that decided.
 */
rule: string | null, 
/**
 * When, in ms since 1970.
 */
at: number, };

export type RuleRow = { 
/**
 * Names it, to remove it; `None` for a built-in line.
 */
id: string | null, 
/**
 * The line: `allow|ask|hold|deny TOOL [path=P | host=P | command=P] [agent=P | depth=N | depth=N+] [as risky | as safe]`.
 */
line: string, 
/**
 * Where it comes from.
 */
origin: RuleOrigin, 
/**
 * When it was added, in ms since 1970; `None` for a built-in line.
 */
added_at: number | null, };

export type RuleOrigin = "built_in" | "person" | "answer";

export type RuleTest = { 
/**
 * `allow`, `ask` or `deny`.
 */
decision: string, 
/**
 * The deciding line.
 */
rule: RuleRow, 
/**
 * The argument that rules compare, as they see it; `None` if the tool has none, or it is not clear.
 */
argument: string | null, 
/**
 * The argument is missing, or can be read in more than one way: every line that asks or denies by an argument of this kind
 * matches.
 */
is_unclear: boolean, 
/**
 * The call asks after untrusted text, even if it is allowed.
 */
is_risky: boolean, };

export type SpendingRow = { 
/**
 * The agent's id, the model (or what a charge was for), or the day as `YYYY-MM-DD` (UTC).
 */
key: string, 
/**
 * For people: the agent's name, otherwise the same as `key`.
 */
name: string, 
/**
 * Number of model calls and charges.
 */
calls: number, 
/**
 * Known cost.
 */
cost: number, 
/**
 * What counts as spent although the bill is not known.
 */
unknown: number, 
/**
 * What is reserved now; only by agent.
 */
reserved: number, 
/**
 * Tokens of the prompts, those from the cache included.
 */
input_tokens: number, 
/**
 * Tokens of the prompts that came from the cache.
 */
cached_tokens: number, 
/**
 * Tokens of the answers.
 */
output_tokens: number, 
/**
 * Number of calls whose tokens are estimates, because the provider did not count them.
 */
estimates: number, 
/**
 * The time of the last of them, in ms since 1970.
 */
at: number, };

export type SpendingBy = "agent" | "model" | "day";

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
 * Its version. A change passes it as `base`.
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
bytes: number, 
/**
 * The page that a sync program has made this one a conflict copy of, judging by its name.
 */
conflict_copy_of: string | null, };

export type PageRows = { 
/**
 * Pages, sorted by path.
 */
rows: Array<PageRow>, 
/**
 * Where the next part begins: pass it as `after`. `None`: this is the last part.
 */
next: string | null, };

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
 * The agent's turn.
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
 * The commit message.
 */
message: string, 
/**
 * The author's name.
 */
author: string, 
/**
 * The time.
 */
at: number, 
/**
 * The agent that made it; `None` for the person.
 */
origin: CommitOrigin | null, 
/**
 * The first pages that it touched.
 */
paths: Array<string>, 
/**
 * The number of pages that it touched besides these.
 */
more_paths: number, };

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
 * The commit that last wrote it.
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
 * The agent that made it; `None` for the person.
 */
origin: CommitOrigin | null, };

export type Text = { 
/**
 * The text.
 */
text: string, };

export type FileChange = { 
/**
 * The file as the agent names it: the name of a folder and the path in it.
 */
path: string, 
/**
 * Where it is on this computer; `null` if there is no such folder any more.
 */
place: string | null, 
/**
 * Whether there is no such file yet.
 */
is_new: boolean, 
/**
 * The unified diff; empty if nothing would be written.
 */
diff: string, 
/**
 * Why nothing would be written; `null` if it would be.
 */
problem: string | null, };

export type FileFolder = { 
/**
 * The first part of the paths of its files, as agents see them.
 */
name: string, 
/**
 * Where it is on this computer.
 */
path: string, 
/**
 * Whether agents may change files in it; they ask before each change.
 */
can_write: boolean, };

export type HeldChange = { 
/**
 * The page that the change was made from.
 */
base: string | null, 
/**
 * The page now.
 */
now: string | null, 
/**
 * The version of the page now.
 */
version: string | null, 
/**
 * The page that the change proposes.
 */
proposed: string | null, 
/**
 * The page after an approval: the proposal, merged into what has changed since. After a conflict, the proposal alone.
 */
result: string | null, 
/**
 * Whether both sides have changed the same lines.
 */
is_conflict: boolean, 
/**
 * The unified diff from `now` to `result`: what an approval commits.
 */
diff: string, 
/**
 * From `base` to `now`: what has changed since; empty if nothing has.
 */
yours: string, 
/**
 * From `base` to `proposed`.
 */
proposal: string, };

export type OtherChanges = { 
/**
 * The newest ones.
 */
named: Array<Change>, 
/**
 * The number of those besides them.
 */
more: number, };

export type UndoPreview = { 
/**
 * The number of changes that are undone.
 */
changes: number, 
/**
 * The unified diff of all pages; empty if all of it is undone already.
 */
diff: string, 
/**
 * The pages that change.
 */
paths: Array<string>, 
/**
 * The pages that stay as they are: others have changed the same lines since, or they cannot be changed.
 */
left: Array<string>, 
/**
 * Changes of another conversation under the same agent and turn, which stay.
 */
others: OtherChanges, 
/**
 * Stands for this preview in [`crate::Request::UndoMemory`].
 */
seen: string, };

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
 * Used for the latest message, including reservations of calls of unknown cost and money given to sub-agents.
 */
used_message: number, 
/**
 * Added by the person for the latest message, on top of every limit.
 */
raised: number, 
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
 * The highest cost of the open calls. Calls that a stop of the program interrupted are included until the next
 * start.
 */
reserved: number, 
/**
 * Sub-agents started for the latest message, by all agents together.
 */
children: TreeLimit, 
/**
 * Calls and tokens; `None` if the model that answered last has a known price.
 */
unpriced: UnpricedLimits | null, };

export type TreeLimit = { 
/**
 * Used for the latest message.
 */
used: number, 
/**
 * The most, with what the person has added for the latest message.
 */
limit: number, };

export type UnpricedLimits = { 
/**
 * Model calls.
 */
calls: TreeLimit, 
/**
 * Tokens of prompts and answers.
 */
tokens: TreeLimit, };

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
 * Whether the person set it; otherwise it has its default.
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
 * Where it is stored.
 */
source: KeySource, };

export type KeychainState = "ready" | "locked" | "not_set_up" | "absent";

export type Keychain = { 
/**
 * Whether keys can be stored in it.
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
 * The value of the setting `model`; `openai/ID@ADDRESS` for a model of an OpenAI-compatible server.
 */
id: string, 
/**
 * Its name for people.
 */
name: string, 
/**
 * `anthropic`, `openai` or `guide`.
 */
provider: string, 
/**
 * Its end, if that is announced.
 */
retires?: Retirement, };

export type Retirement = { 
/**
 * The day, such as 2026-11-30; `None` if the day is not known.
 */
date: string | null, 
/**
 * The model to choose in its place.
 */
successor: string, };

export type LocalServer = { 
/**
 * `Ollama`, `LM Studio`, `llama.cpp`, `vLLM` or `OpenAI-compatible server`.
 */
name: string, 
/**
 * The value of the setting `openai.base_url`.
 */
url: string, 
/**
 * The models that it offers; may be empty.
 */
models: Array<ModelRow>, };

export type CheckState = "ok" | "missing" | "failed";

export type Check = { 
/**
 * What was checked.
 */
name: string, 
/**
 * The result.
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
 * Its location, without a password.
 */
location: string, 
/**
 * The last migration of this build.
 */
known: number, 
/**
 * The last applied migration; `None` if there is no database yet.
 */
applied: number | null, 
/**
 * Whether an index is used to search messages. `false`: PostgreSQL lacks the extension pg_trgm. `None` if there is
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
 * Rows of the agents view that differed from the journal.
 */
changed_agents: number, 
/**
 * Rows of the messages view that differed from the journal.
 */
changed_messages: number, 
/**
 * Mail that differed from the journal.
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
 * Their email address, if it is known.
 */
email: string | null, 
/**
 * The URL of their picture, if they have one. Untrusted.
 */
picture_url: string | null, 
/**
 * When the service last confirmed this data.
 */
last_verified_at: number, };

export type SignIn = { 
/**
 * The state.
 */
state: SignInState, 
/**
 * The person whom the state concerns.
 */
person: Person | null, 
/**
 * All people with a profile on this computer, by name.
 */
people: Array<Person>, 
/**
 * While signing in: the address that the browser shows, for copying.
 */
url: string | null, 
/**
 * While signing in: when the attempt expires. Online: when the confirmation of the service expires; it is renewed before
 * that. Offline: when it expired.
 */
until: number | null, 
/**
 * A message for the person: what failed, or what is only temporary.
 */
notice: string | null, };

export type DockerState = "unknown" | "ready" | "absent" | "no_answer" | "refused";

export type Docker = { 
/**
 * Its state.
 */
state: DockerState, 
/**
 * What was found, in one sentence: its name, version and address, or what is wrong.
 */
found: string, 
/**
 * What to do, if anything.
 */
next_step: string | null, };

export type PartState = "off" | "needs_download" | "downloading" | "starting" | "running" | "stopped" | "failed" | "unknown";

export type LayerProgress = { 
/**
 * The layer's short id.
 */
id: string, 
/**
 * Docker's word for what happens to it.
 */
status: string, 
/**
 * Bytes that have arrived.
 */
done: number, 
/**
 * All its bytes, if they are known.
 */
total: number | null, };

export type StackProgress = { 
/**
 * Bytes that have arrived.
 */
done: number, 
/**
 * All bytes, as far as they are known.
 */
total: number | null, 
/**
 * Its layers.
 */
layers: Array<LayerProgress>, };

export type StackPart = { 
/**
 * `gitea` or `opencode`.
 */
id: string, 
/**
 * Its name for people.
 */
name: string, 
/**
 * What it is for, in a few words.
 */
purpose: string, 
/**
 * Its state.
 */
state: PartState, 
/**
 * Its state in one sentence; for a failure, its reason.
 */
found: string, 
/**
 * What to do, if anything.
 */
next_step: string | null, 
/**
 * Its image.
 */
image: string, 
/**
 * Its version; `None` until it has answered.
 */
version: string | null, 
/**
 * Its address on this computer; `None` without a port.
 */
url: string | null, 
/**
 * The memory that it uses, in bytes.
 */
memory_bytes: number | null, 
/**
 * The disk space of its volumes, in bytes.
 */
disk_bytes: number | null, 
/**
 * How often it was started again after a failure, since it last ran well.
 */
restarts: number, 
/**
 * The download of its image.
 */
progress: StackProgress | null, };

export type StackAction = "start" | "download" | "retry" | "find_docker";

export type OrphanState = "left_over" | "in_use" | "unclear";

export type StackOrphan = { 
/**
 * `container`, `network` or `volume`.
 */
kind: string, 
/**
 * Docker's id of it; for a volume its name.
 */
id: string, 
/**
 * Docker's name of it.
 */
name: string, 
/**
 * The profile that made it.
 */
profile: string, 
/**
 * True if it is of this data folder.
 */
own: boolean, 
/**
 * The data folder that it is of. `None` if that is not known.
 */
folder: string | null, 
/**
 * Whether somebody may use it.
 */
state: OrphanState, 
/**
 * Why nobody owns it, or who does.
 */
why: string, };

export type OrphanKey = { 
/**
 * Its kind.
 */
kind: string, 
/**
 * Its id.
 */
id: string, };

export type MemorySyncState = "same" | "behind" | "syncing" | "stopped";

export type MemorySync = { 
/**
 * Its state.
 */
state: MemorySyncState, 
/**
 * Commits that Gitea does not have yet.
 */
behind: number, 
/**
 * When both sides were last the same, in ms since 1970.
 */
synced_at: number | null, 
/**
 * Its state in one sentence.
 */
found: string, 
/**
 * What to do, if anything.
 */
next_step: string | null, 
/**
 * The held changes that wait there as pull requests.
 */
pulls: Array<PullRequest>, };

export type PullRequest = { 
/**
 * The commit of the held change.
 */
commit: string, 
/**
 * The page for the browser.
 */
url: string, 
/**
 * Whether commits were added there: what it changes is no longer what the ask shows.
 */
changed: boolean, };

export type Stack = { 
/**
 * The Docker daemon.
 */
docker: Docker, 
/**
 * Gitea, then OpenCode.
 */
parts: Array<StackPart>, 
/**
 * The copy of the memory repository on Gitea. `None` before Gitea was first started.
 */
memory: MemorySync | null, 
/**
 * What is being done now; `None` if nothing is.
 */
busy: string | null, 
/**
 * What the person can sensibly do next; `None` if nothing is needed.
 */
next: StackAction | null, 
/**
 * Containers, networks and volumes that carry this program's labels and that no profile on this computer owns. They are
 * only removed when the person asks.
 */
orphans: Array<StackOrphan>, 
/**
 * Those that another data folder uses, or may use. They are never removed from here.
 */
others: Array<StackOrphan>, 
/**
 * What the person should know besides: an older image in use, passwords in a file. One sentence or two each.
 */
notes: Array<string>, };

export type GiteaLogin = { 
/**
 * The address.
 */
url: string, 
/**
 * The user name.
 */
user: string, 
/**
 * The new password.
 */
password: string, };

export type ApiKey = string;

export type NewToolServer = { 
/**
 * `[A-Za-z0-9_-]{1,32}` without `__`; part of the names of its tools.
 */
name: string, 
/**
 * How it is reached.
 */
transport: ToolTransport, 
/**
 * The values of environment variables (a program) or headers (an address). They are kept in the system's keychain.
 */
values: { [key in string]: ApiKey }, 
/**
 * What this program is called at the authorization server of an address, if the person has registered it there; `None`: it registers
 * itself.
 */
client_id: string | null, 
/**
 * How long one call may take without a sign of progress, in ms; `None`: two minutes.
 */
call_limit_ms: number | null, 
/**
 * The folder in which a program runs; `None`: the home folder.
 */
folder: string | null, 
/**
 * What the server says about its tools counts: those that only read are called again after a crash.
 */
is_trusted: boolean, };

export type ToolTransport = { "type": "program", 
/**
 * Its name or path.
 */
command: string, 
/**
 * Its arguments.
 */
args: Array<string>, } | { "type": "http", 
/**
 * `https:`, or `http:` on this computer.
 */
url: string, };

export type ToolServer = { 
/**
 * Its name.
 */
name: string, 
/**
 * How it is reached.
 */
transport: ToolTransport, 
/**
 * The names of its environment variables or headers whose values are in the keychain.
 */
kept: Array<string>, 
/**
 * Whether its tools are offered.
 */
is_on: boolean, 
/**
 * Whether what it says about its tools counts.
 */
is_trusted: boolean, 
/**
 * What it is doing.
 */
state: ToolServerState, 
/**
 * Signing in at it.
 */
sign_in: ToolSignIn, 
/**
 * How it called itself when it last ran: name and version. May be empty.
 */
introduction: string, 
/**
 * Its tools; `None` if they are not known yet.
 */
tools: Array<ServerTool> | null, 
/**
 * Tools that cannot be offered.
 */
left_out: Array<LeftOutTool>, };

export type ToolSignIn = { 
/**
 * The browser is expected to come back.
 */
is_waiting: boolean, 
/**
 * A sign-in is kept in the keychain.
 */
is_kept: boolean, 
/**
 * Why the last attempt failed, as a sentence without its end.
 */
problem: string | null, };

export type ToolServerState = { "type": "resting" } | { "type": "starting" } | { "type": "ready" } | { "type": "needs_sign_in", 
/**
 * Why.
 */
reason: string, } | { "type": "failed", 
/**
 * Why.
 */
cause: string, 
/**
 * When it is started again by itself, in ms since 1970; `None`: when it is next called.
 */
next_try: number | null, };

export type ServerTool = { 
/**
 * Its name at the server.
 */
name: string, 
/**
 * Its name for the model, and in rules.
 */
offered_as: string, 
/**
 * What the server says it does.
 */
description: string, 
/**
 * The server says that it changes nothing.
 */
reads_only: boolean, };

export type LeftOutTool = { 
/**
 * Its name at the server, or its number in the list.
 */
name: string, 
/**
 * Why, as the end of a sentence.
 */
reason: string, };

export type ToolConfiguration = { 
/**
 * The program.
 */
program: string, 
/**
 * The file.
 */
path: string, 
/**
 * Changes with the file: what was shown is what is added.
 */
version: string, 
/**
 * Its servers, by name.
 */
servers: Array<ToolServerOffer>, 
/**
 * Entries that cannot be used.
 */
left_out: Array<LeftOutTool>, 
/**
 * Why it cannot be read.
 */
problem: string | null, };

export type ToolServerOffer = { 
/**
 * What the configuration calls it.
 */
title: string, 
/**
 * Its name once it is added.
 */
name: string, 
/**
 * What would run, or where it would connect.
 */
transport: ToolTransport, 
/**
 * The names of its variables or headers, whose values the keychain would keep.
 */
values: Array<string>, 
/**
 * The variables of this environment whose values it would get.
 */
reads: Array<string>, 
/**
 * Placeholders that have no value here; with one it cannot be added.
 */
missing: Array<string>, 
/**
 * The configuration says that it is switched off.
 */
is_off: boolean, };

export type ToolLogLine = { 
/**
 * When, in ms since 1970.
 */
at: number, 
/**
 * Whether GrowQR says it about the server.
 */
is_ours: boolean, 
/**
 * The line.
 */
text: string, };

export type Skill = { 
/**
 * `[a-z0-9-]{1,64}`; no other skill has it.
 */
name: string, 
/**
 * What it is for, in one line. Whoever wrote the skill has written it.
 */
description: string, 
/**
 * Where it is, for people.
 */
place: string, 
/**
 * The page of its `SKILL.md` if it is in memory.
 */
page: string | null, 
/**
 * Whether agents may read it.
 */
is_on: boolean, 
/**
 * Set if an agent has written or changed it since the person has turned it on; then it is off. A mark of what is there now, or
 * empty if it cannot be found out who has written it, because the history of memory cannot be read.
 */
new_by_agent: string | null, };

export type UnusableSkill = { 
/**
 * Where it is, for people.
 */
place: string, 
/**
 * Why, and what to change.
 */
reason: string, };

export type SkillList = { 
/**
 * Those that can be used.
 */
skills: Array<Skill>, 
/**
 * What looks like a skill and cannot be used.
 */
unusable: Array<UnusableSkill>, 
/**
 * The chosen folders, in their order.
 */
folders: Array<string>, 
/**
 * How many more there are that were not looked at.
 */
not_looked_at: number, };

export type SkillText = { 
/**
 * The skill.
 */
skill: Skill, 
/**
 * Its `SKILL.md`.
 */
text: string, 
/**
 * Its other files.
 */
files: Array<string>, };

export type SkillChange = { "type": "switch", 
/**
 * Its name.
 */
name: string, 
/**
 * Whether they may.
 */
is_on: boolean, 
/**
 * [`Skill::new_by_agent`] as the person has seen it. Another one is refused, and so is none where there is one now.
 */
seen: string | null, } | { "type": "add_folder", 
/**
 * Its absolute path.
 */
path: string, } | { "type": "remove_folder", 
/**
 * Its path.
 */
path: string, };

export type FolderChange = { "type": "add", 
/**
 * Its absolute path.
 */
path: string, 
/**
 * Its name for agents; `None`: the last part of its path.
 */
name: string | null, 
/**
 * Whether they may change files in it.
 */
can_write: boolean, } | { "type": "set_access", 
/**
 * Its name, or its path as the setting has it.
 */
folder: string, 
/**
 * Whether they may.
 */
can_write: boolean, } | { "type": "remove", 
/**
 * Its name, or its path as the setting has it.
 */
folder: string, };

export type WorkFile = { 
/**
 * Its path in the sub-agent's folder.
 */
path: string, 
/**
 * Lines added.
 */
added: number, 
/**
 * Lines removed.
 */
removed: number, 
/**
 * What changed, as a unified diff; `None` if it is too long or not a text.
 */
diff: string | null, };

export type NewSchedule = { 
/**
 * Chosen by the client. A second schedule with the same id is ignored.
 */
id: string, 
/**
 * A short name.
 */
name: string, 
/**
 * The task of each run.
 */
task: string, 
/**
 * When it is due, such as `every weekday at 8`, `in two hours` or a cron pattern.
 */
words: string, 
/**
 * The time zone of the words, such as Europe/Berlin; `None`: that of this computer.
 */
zone: string | null, 
/**
 * What happens with a run whose time has passed.
 */
on_missed: OnMissed, 
/**
 * What one run may spend; `None`: 0.50 USD.
 */
budget: number | null, };

export type OnMissed = "run_once" | "skip" | "ask";

export type ScheduleState = "active" | "paused" | "done" | "removed";

export type Schedule = { 
/**
 * Its id.
 */
id: string, 
/**
 * Its name.
 */
name: string, 
/**
 * The task of each run.
 */
task: string, 
/**
 * When it is due, as it was written.
 */
words: string, 
/**
 * The cron pattern of these words; `None` if it is due once.
 */
cron: string | null, 
/**
 * The time zone of the pattern.
 */
zone: string | null, 
/**
 * What happens with a run whose time has passed.
 */
on_missed: OnMissed, 
/**
 * What one run may spend.
 */
budget: number, 
/**
 * Whether the model in use has a known price. Without one, tokens and calls limit a run, and not its budget.
 */
has_price: boolean, 
/**
 * Whether it goes on.
 */
state: ScheduleState, 
/**
 * When it is due next, in ms since 1970.
 */
next_at: number | null, 
/**
 * The agent that has asked for it; `None` if the person made it.
 */
by_agent: string | null, 
/**
 * When it was made.
 */
created_at: number, 
/**
 * What became of its last occurrence.
 */
last: ScheduleRun | null, 
/**
 * Why it cannot be due: this computer does not know its time zone.
 */
problem: string | null, };

export type ScheduleRun = { 
/**
 * The schedule.
 */
schedule: string, 
/**
 * Its name.
 */
name: string, 
/**
 * When it was due; of several, the first.
 */
due: number, 
/**
 * Of several, when the last was due.
 */
last: number, 
/**
 * How many. At 1000, counting stops.
 */
count: number, 
/**
 * What became of it.
 */
outcome: RunOutcome, 
/**
 * The sub-agent that works for it, or has.
 */
agent: string | null, 
/**
 * The question to the person about it.
 */
ask: string | null, 
/**
 * The person started it by hand.
 */
by_hand: boolean, };

export type RunOutcome = "due" | "at_work" | "done" | "failed" | "limit" | "cancelled" | "asked" | "skipped" | "missed" | "busy";

export type SchedulePreview = { 
/**
 * The cron pattern; `None` if it is due once.
 */
cron: string | null, 
/**
 * The time zone.
 */
zone: string, 
/**
 * When it is due next, in ms since 1970: the first of these times.
 */
next: Array<number>, };

export type NewQuest = { 
/**
 * Chosen by the client. A second quest with the same id is ignored.
 */
id: string, 
/**
 * The page of memory that has the plan.
 */
path: string, 
/**
 * What the quest may spend; `None`: 2.00 USD.
 */
budget: number | null, };

export type QuestState = "at_work" | "paused" | "blocked" | "no_money" | "done" | "cancelled";

export type StepState = "waiting" | "due" | "at_work" | "done" | "failed" | "limit" | "cancelled" | "skipped";

export type QuestStep = { 
/**
 * From 1, in the order of the plan.
 */
number: number, 
/**
 * Its first line.
 */
title: string, 
/**
 * How it stands.
 */
state: StepState, 
/**
 * The sub-agent of its last attempt.
 */
agent: string | null, 
/**
 * What all its attempts have spent.
 */
spent: number, 
/**
 * The number of its last attempt; 0 if it has not begun.
 */
attempt: number, 
/**
 * It begins once this step is done or skipped; `None` if it waits for no other.
 */
after: number | null, };

export type Quest = { 
/**
 * Its id.
 */
id: string, 
/**
 * The page of memory that has the plan.
 */
path: string, 
/**
 * Its name: the title of the page.
 */
name: string, 
/**
 * How it stands.
 */
state: QuestState, 
/**
 * What it may spend.
 */
budget: number, 
/**
 * What it has spent.
 */
spent: number, 
/**
 * What the steps at work may still spend.
 */
reserved: number, 
/**
 * When it was started, in ms since 1970.
 */
created_at: number, 
/**
 * The agent that has asked for it; `None` if the person started it.
 */
by_agent: string | null, 
/**
 * Its steps, in the order of the plan.
 */
steps: Array<QuestStep>, 
/**
 * The page is no longer as it was at the start, besides the ticks of steps that are done. The quest keeps its plan.
 */
page_changed: boolean, };

export type QuestPlanStep = { 
/**
 * From 1, in the order of the plan.
 */
number: number, 
/**
 * Its first line.
 */
title: string, 
/**
 * It would begin once this step is done; `None` if it waits for no other.
 */
after: number | null, 
/**
 * It is ticked in the page, so a quest would not begin it.
 */
done: boolean, };

export type QuestPlan = { 
/**
 * The page.
 */
path: string, 
/**
 * The title of the page.
 */
name: string, 
/**
 * Its steps.
 */
steps: Array<QuestPlanStep>, };

export type AgentTrouble = { 
/**
 * The agent.
 */
agent: string, 
/**
 * Why.
 */
error: Error, 
/**
 * Since when, in ms since 1970.
 */
since: number, 
/**
 * It does not try again by itself: [`crate::Request::Resume`] makes it try. Otherwise it tries until it can.
 */
has_given_up: boolean, };

export type HeldMail = { 
/**
 * The receiver.
 */
to: string, 
/**
 * Number of mails that wait.
 */
count: number, 
/**
 * Why.
 */
cause: string, 
/**
 * Since when, in ms since 1970.
 */
since: number, };

export type Health = { 
/**
 * The agents that cannot go on, by id.
 */
agents: Array<AgentTrouble>, 
/**
 * Mail that cannot be delivered, by receiver.
 */
mail: Array<HeldMail>, };

export type InboxKind = "failed" | "trouble" | "mail" | "memory" | "stack" | "quest" | "finished";

export type InboxEntry = { 
/**
 * Names this event: the next failure of the same agent has another id.
 */
id: string, 
/**
 * What it is about.
 */
kind: InboxKind, 
/**
 * The agent; `None` if it is about memory or a container.
 */
agent: string | null, 
/**
 * The name of the agent or container, for people. A model may have chosen it.
 */
name: string, 
/**
 * Since when, in ms since 1970.
 */
since: number, 
/**
 * What happened, in a sentence. `None` if `ended` says it.
 */
text: string | null, 
/**
 * What the person can do, if `ended` does not say it.
 */
next_step: string | null, 
/**
 * How the turn ended, if it is about one.
 */
ended: Ended | null, 
/**
 * The money that was missing, if a budget ended the turn.
 */
shortfall: Shortfall | null, 
/**
 * How long the turn took, in ms.
 */
took: number | null, 
/**
 * The person has opened it or marked it as read.
 */
is_seen: boolean, };

export type PartKind = "model" | "tool" | "person" | "limit" | "cut" | "session" | "waiting" | "sub_agent" | "queue" | "other";

export type TimelinePartState = "running" | "done" | "failed" | "stopped" | "cut" | "goes_on";

export type AgentStep = { 
/**
 * The agent.
 */
agent: string, 
/**
 * When its turn began, in ms since 1970, or when it began to wait for its turn.
 */
began_at: number, 
/**
 * What kind of work it is.
 */
kind: PartKind, 
/**
 * The step, in words.
 */
label: string, 
/**
 * Since when, in ms since 1970.
 */
since: number, };

export type TimelinePart = { 
/**
 * What kind it is.
 */
kind: PartKind, 
/**
 * What became of it.
 */
state: TimelinePartState, 
/**
 * What it is, in words.
 */
label: string, 
/**
 * When it began, in ms since 1970.
 */
from: number, 
/**
 * When it ended; `None` while it goes on.
 */
to: number | null, 
/**
 * The known cost; `None` if it cost nothing by itself, or if the cost is not known yet.
 */
cost: number | null, 
/**
 * What counts as spent although the bill is not known.
 */
unknown: number, 
/**
 * The sub-agent that it is about.
 */
agent: string | null, 
/**
 * The tool call that it is about.
 */
effect: string | null, };

export type PartSum = { 
/**
 * The kind.
 */
kind: PartKind, 
/**
 * How long, in ms. Each moment of a turn counts once: see [`PartKind`].
 */
time: number, 
/**
 * The known cost.
 */
cost: number, 
/**
 * What counts as spent although the bill is not known.
 */
unknown: number, 
/**
 * The number of parts.
 */
parts: number, };

export type Timeline = { 
/**
 * The agent.
 */
agent: string, 
/**
 * Its name.
 */
name: string, 
/**
 * The number of the turn; 1 for the first.
 */
turn: number, 
/**
 * The number of turns that the agent has begun, with one that waits to begin.
 */
turns: number, 
/**
 * When it began, in ms since 1970, with the wait for its turn.
 */
began_at: number, 
/**
 * When it ended; `None` while it runs.
 */
ended_at: number | null, 
/**
 * The time up to which the sums count: the end of the turn, or now.
 */
until: number, 
/**
 * How it ended; `None` while it runs.
 */
ended: Ended | null, 
/**
 * The money that was missing, if a budget ended the turn.
 */
shortfall: Shortfall | null, 
/**
 * The parts by the time at which they began. Parts may overlap.
 */
parts: Array<TimelinePart>, 
/**
 * How many parts are left out of `parts`, because there are too many. The sums count them.
 */
left_out: number, 
/**
 * The sums of each kind. The times add up to the length of the turn.
 */
sums: Array<PartSum>, };

export type LogTone = "quiet" | "good" | "warn" | "bad";

export type LogLine = { 
/**
 * Names the line in all channels.
 */
id: string, 
/**
 * When, in ms since 1970.
 */
at: number, 
/**
 * The agent; `None` if it is about something else.
 */
agent: string | null, 
/**
 * Who or what it is about, for people. A model may have chosen it.
 */
name: string, 
/**
 * What happened.
 */
text: string, 
/**
 * How it is to be taken.
 */
tone: LogTone, };

export type LogCursor = { 
/**
 * The position of the last event of the journals that was read.
 */
events: number, 
/**
 * The number of the last line that was read of what the host keeps in memory.
 */
host: number, 
/**
 * The host that keeps them; 0 without one. The numbers begin anew with each.
 */
run: number, };

export type LogPage = { 
/**
 * The lines, oldest first.
 */
lines: Array<LogLine>, 
/**
 * Lines after this are newer than those of this part.
 */
after: LogCursor, 
/**
 * The position before which there may be older lines; `None` if these are the oldest.
 */
before: number | null, 
/**
 * Whether more lines are there already.
 */
has_more: boolean, 
/**
 * How many lines of the host were lost, because there were too many since the last reading.
 */
lost: number, };

export type DestinationKind = "model" | "local_models" | "sign_in" | "database" | "images" | "memory_copy" | "workbench" | "tool_server" | "web_pages" | "web_search" | "proxy" | "updates";

export type Destination = { 
/**
 * What it is for.
 */
kind: DestinationKind, 
/**
 * Who gets the data: the name of a service or program.
 */
name: string, 
/**
 * Where it is, without user names, passwords and keys; `None` if nothing is sent.
 */
address: string | null, 
/**
 * True if the data stays on this computer.
 */
is_local: boolean, 
/**
 * True if the present settings lead there.
 */
in_use: boolean, 
/**
 * What goes there.
 */
sends: string, 
/**
 * When.
 */
when: string, };

export type Request = { "op": "hello", 
/**
 * The client's [`crate::VERSION`].
 */
version: number, 
/**
 * True if the client goes on without this host: it attaches to the next one, or becomes it.
 */
reconnects: boolean, } | { "op": "say", 
/**
 * The receiver; `grow` is the Grow Agent.
 */
agent: string, 
/**
 * Chosen by the client. A second message with the same id is ignored.
 */
id: string, 
/**
 * The message.
 */
text: string, 
/**
 * The hashes of the files to attach, which [`Request::Attach`] has stored.
 */
attachments?: Array<string>, } | { "op": "start_fresh", 
/**
 * Chosen by the client. A second request with the same id is ignored.
 */
id: string, } | { "op": "say_again", 
/**
 * The event that recorded the earlier message.
 */
message: number, 
/**
 * Chosen by the client. A second message with the same id is ignored.
 */
id: string, 
/**
 * The new message.
 */
text: string, 
/**
 * The hashes of the files to attach, which [`Request::Attach`] has stored.
 */
attachments?: Array<string>, } | { "op": "attach", 
/**
 * Its name.
 */
name: string, 
/**
 * Its content, in base64.
 */
content_base64: string, } | { "op": "attachment", 
/**
 * Its hash.
 */
hash: string, } | { "op": "attachment_limits" } | { "op": "cancel", 
/**
 * The agent.
 */
agent: string, 
/**
 * Stop its sub-agents as well. Otherwise they work on.
 */
tree: boolean, } | { "op": "finish", 
/**
 * The agent.
 */
agent: string, 
/**
 * Let its sub-agents finish as well, and wait for their reports.
 */
tree: boolean, } | { "op": "withdraw_message", 
/**
 * The agent.
 */
agent: string, 
/**
 * The event that recorded the message.
 */
message: number, } | { "op": "edit_message", 
/**
 * The agent.
 */
agent: string, 
/**
 * The event that recorded the message.
 */
message: number, 
/**
 * The new text.
 */
text: string, } | { "op": "answer_ask", 
/**
 * The ask.
 */
ask: string, 
/**
 * The answer; `None` if the person will not answer.
 */
answer: AskAnswer | null, } | { "op": "add_rule", 
/**
 * The line.
 */
line: string, } | { "op": "remove_rule", 
/**
 * Its id.
 */
id: string, } | { "op": "tool_servers" } | { "op": "add_tool_server", 
/**
 * The server.
 */
server: NewToolServer, 
/**
 * It takes the place of another server with this name. Without this, a name that is in use is refused.
 */
replace: boolean, } | { "op": "remove_tool_server", 
/**
 * Its name.
 */
name: string, } | { "op": "switch_tool_server", 
/**
 * Its name.
 */
name: string, 
/**
 * Whether they are offered.
 */
is_on: boolean, } | { "op": "test_tool_server", 
/**
 * Its name.
 */
name: string, } | { "op": "sign_in_tool_server", 
/**
 * Its name.
 */
name: string, } | { "op": "stop_tool_sign_in", 
/**
 * Its name.
 */
name: string, } | { "op": "sign_out_tool_server", 
/**
 * Its name.
 */
name: string, } | { "op": "tool_configurations" } | { "op": "import_tool_servers", 
/**
 * The file.
 */
path: string, 
/**
 * The version that the person was shown.
 */
version: string, 
/**
 * What the file calls them.
 */
titles: Array<string>, } | { "op": "tool_log", 
/**
 * Its name.
 */
name: string, } | { "op": "add_schedule", 
/**
 * The schedule.
 */
schedule: NewSchedule, } | { "op": "pause_schedule", 
/**
 * Its id.
 */
id: string, } | { "op": "resume_schedule", 
/**
 * Its id.
 */
id: string, } | { "op": "remove_schedule", 
/**
 * Its id.
 */
id: string, } | { "op": "run_schedule", 
/**
 * Its id.
 */
id: string, } | { "op": "start_quest", 
/**
 * The quest.
 */
quest: NewQuest, } | { "op": "pause_quest", 
/**
 * Its id.
 */
id: string, } | { "op": "resume_quest", 
/**
 * Its id.
 */
id: string, } | { "op": "cancel_quest", 
/**
 * Its id.
 */
id: string, } | { "op": "retry_step", 
/**
 * The quest.
 */
id: string, 
/**
 * The step's number.
 */
step: number, } | { "op": "skip_step", 
/**
 * The quest.
 */
id: string, 
/**
 * The step's number.
 */
step: number, } | { "op": "set_quest_budget", 
/**
 * Its id.
 */
id: string, 
/**
 * The whole budget.
 */
budget: number, } | { "op": "skills" } | { "op": "skill", 
/**
 * Its name.
 */
name: string, } | { "op": "change_skills", 
/**
 * The change.
 */
change: SkillChange, } | { "op": "change_folders", 
/**
 * The change.
 */
change: FolderChange, } | { "op": "resume", 
/**
 * The agent.
 */
agent: string, 
/**
 * Chosen by the client, as in `Say`.
 */
id: string, } | { "op": "follow" } | { "op": "health" } | { "op": "inbox" } | { "op": "see_inbox", 
/**
 * Their ids. Unknown ones are ignored.
 */
entries: Array<string>, } | { "op": "log", 
/**
 * `#all`, `#stack`, `#memory`, or the id of an agent.
 */
channel: string, 
/**
 * Only lines with this text, in any case.
 */
filter: string | null, 
/**
 * The lines after this; `None`: the last ones, or those before `before`.
 */
after: LogCursor | null, 
/**
 * The lines before this position of the journals; `None`: up to the end.
 */
before: number | null, 
/**
 * The most lines, at most 1000.
 */
limit: number, } | { "op": "see_conversation", 
/**
 * The agent.
 */
agent: string, 
/**
 * The event.
 */
seq: number, } | { "op": "write_memory", 
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
rev: string, } | { "op": "undo_memory", 
/**
 * The agent.
 */
agent: string, 
/**
 * The turn; `None` for all of them.
 */
turn: number | null, 
/**
 * The [`crate::UndoPreview::seen`] of the preview that the person has seen: only if it would still be the same.
 */
seen: string | null, } | { "op": "confirm_memory" } | { "op": "set_setting", 
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
 * `None` to remove it.
 */
value: string | null, } | { "op": "check_key", 
/**
 * `anthropic` or `openai`.
 */
name: string, 
/**
 * The key.
 */
value: string, } | { "op": "keys" } | { "op": "unlock_keychain" } | { "op": "local_servers" } | { "op": "stack_status" } | { "op": "stack_up", 
/**
 * The person agrees to download the images that are missing.
 */
agreed: boolean, } | { "op": "stack_down" } | { "op": "stack_reset", 
/**
 * The id of the profile, as a confirmation.
 */
profile: string, } | { "op": "stack_remove_orphans", 
/**
 * What the person has seen and agreed to remove. What is no orphan any more stays.
 */
orphans: Array<OrphanKey>, } | { "op": "stack_log", 
/**
 * `gitea` or `opencode`.
 */
part: string, 
/**
 * How many lines, at most 1000.
 */
lines: number, } | { "op": "gitea_login" } | { "op": "sync_memory", 
/**
 * The person has seen that the copy on Gitea is not the one from before (emptied, restored or another one), and wants it
 * to be joined with this computer's memory. Nothing is overwritten on either side.
 */
join: boolean, } | { "op": "work_files", 
/**
 * The sub-agent.
 */
agent: string, } | { "op": "read_work_file", 
/**
 * The sub-agent.
 */
agent: string, 
/**
 * The file's path in its folder.
 */
path: string, };

export type Reply = { "hello": { 
/**
 * The host's [`crate::VERSION`].
 */
version: number, 
/**
 * Its process id.
 */
pid: number, 
/**
 * The profile that it runs.
 */
profile: string, } } | { "said": { 
/**
 * The agent after it recorded the message.
 */
agent: Agent, } } | "done" | { "attached": { 
/**
 * What was found in it.
 */
attachment: Attachment, } } | { "attachment": { 
/**
 * What it is.
 */
attachment: Attachment, 
/**
 * Its content, in base64.
 */
content_base64: string, } } | { "attachment_limits": { 
/**
 * The limits.
 */
limits: AttachmentLimits, } } | { "health": { 
/**
 * All of it.
 */
health: Health, } } | { "inbox": { 
/**
 * Newest first.
 */
entries: Array<InboxEntry>, } } | { "log": { 
/**
 * The part.
 */
page: LogPage, } } | { "tool_servers": { 
/**
 * By name.
 */
servers: Array<ToolServer>, } } | { "tool_sign_in": { 
/**
 * The page to open in a browser of this computer. Not for logs.
 */
page: string, } } | { "tool_configurations": { 
/**
 * Those that have servers or cannot be read.
 */
configurations: Array<ToolConfiguration>, } } | { "tool_log": { 
/**
 * Oldest first.
 */
lines: Array<ToolLogLine>, } } | { "schedule": { 
/**
 * The schedule.
 */
schedule: Schedule, } } | { "quest": { 
/**
 * The quest.
 */
quest: Quest, } } | { "folders": { 
/**
 * All of them.
 */
folders: Array<FileFolder>, } } | { "skills": { 
/**
 * All of them.
 */
skills: SkillList, } } | { "skill": { 
/**
 * Its text.
 */
skill: SkillText, } } | { "changed": { 
/**
 * The commit's id.
 */
commit: string, 
/**
 * The first pages that it touched.
 */
paths: Array<string>, 
/**
 * The number of pages that it touched besides these.
 */
more_paths: number, } } | { "undone_memory": { 
/**
 * The commit's id; `None` if every page was left as it is.
 */
commit: string | null, 
/**
 * The first pages that it touched.
 */
paths: Array<string>, 
/**
 * The number of pages that it touched besides these.
 */
more_paths: number, 
/**
 * The pages that were left as they are: others have changed the same lines since, or they cannot be changed.
 */
left: Array<string>, 
/**
 * Changes of another conversation under the same agent and turn, which stay.
 */
others: OtherChanges, } } | { "keys": { 
/**
 * The keys, without their values.
 */
keys: Array<Key>, 
/**
 * Whether keys can be stored.
 */
keychain: Keychain, } } | { "key_checked": { 
/**
 * The result.
 */
check: KeyCheck, } } | { "local_servers": { 
/**
 * The server at the set address comes first.
 */
servers: Array<LocalServer>, } } | { "stack": { 
/**
 * The state.
 */
stack: Stack, } } | { "stack_log": { 
/**
 * The lines, oldest first.
 */
lines: Array<string>, } } | { "gitea_login": { 
/**
 * Shown once.
 */
login: GiteaLogin, } } | { "work_files": { 
/**
 * By path.
 */
files: Array<WorkFile>, } } | { "work_file": { 
/**
 * Its text, character for character; `None` if it is not a text.
 */
text: string | null, 
/**
 * Whether its end was left out because it is too long.
 */
cut: boolean, 
/**
 * Its size in bytes.
 */
bytes: number, } };

export type DeltaKind = "text" | "thinking" | "call" | "retrying" | "discarded";

export type Push = { "recorded": { 
/**
 * The agent after the events.
 */
agent: Agent, 
/**
 * The events, in order.
 */
events: Array<EventLine>, } } | { "delta": { 
/**
 * The agent.
 */
agent: string, 
/**
 * Its kind.
 */
kind: DeltaKind, 
/**
 * Its text.
 */
text: string, } } | "missed" | "memory_changed" | { "memory_progress": { 
/**
 * Pages that are recorded.
 */
done: number, 
/**
 * Pages to record.
 */
total: number, } } | { "stack_changed": { 
/**
 * The new state.
 */
stack: Stack, } } | { "health_changed": { 
/**
 * All of it.
 */
health: Health, } } | { "stopped": { 
/**
 * The agent.
 */
agent: string, 
/**
 * The error.
 */
error: Error, } };

export type EventKind = "agent_created" | "journal_named" | "user_said" | "said_again" | "fresh_requested" | "fresh_started" | "mail_received" | "segment_started" | "turn_started" | "model_requested" | "model_answered" | "model_failed" | "tool_started" | "tool_interrupted" | "tool_resumed" | "commit_intended" | "tool_finished" | "child_requested" | "scheduled_work_started" | "child_told" | "child_cancelled" | "cancel_requested" | "charge_reserved" | "charge_settled" | "charge_refused" | "session_intended" | "session_started" | "session_progressed" | "session_decided" | "session_replied" | "session_ended" | "ask_raised" | "ask_settled" | "review_intended" | "review_closed" | "finish_requested" | "turn_paused" | "message_withdrawn" | "message_edited" | "turn_ending" | "turn_ended";

export type JournalEvent = { "kind": "agent_created", "data": AgentCreated } | { "kind": "journal_named", "data": JournalNamed } | { "kind": "user_said", "data": UserSaid } | { "kind": "said_again", "data": SaidAgain } | { "kind": "fresh_requested", "data": FreshRequested } | { "kind": "fresh_started", "data": FreshStarted } | { "kind": "mail_received", "data": MailReceived } | { "kind": "segment_started", "data": SegmentStarted } | { "kind": "turn_started", "data": TurnStarted } | { "kind": "model_requested", "data": ModelRequested } | { "kind": "model_answered", "data": ModelAnswered } | { "kind": "model_failed", "data": ModelFailed } | { "kind": "tool_started", "data": ToolStarted } | { "kind": "tool_interrupted", "data": ToolInterrupted } | { "kind": "tool_resumed", "data": ToolResumed } | { "kind": "commit_intended", "data": CommitIntended } | { "kind": "tool_finished", "data": ToolFinished } | { "kind": "child_requested", "data": ChildRequested } | { "kind": "scheduled_work_started", "data": ScheduledWorkStarted } | { "kind": "child_told", "data": ChildTold } | { "kind": "child_cancelled", "data": ChildCancelled } | { "kind": "cancel_requested", "data": CancelRequested } | { "kind": "charge_reserved", "data": ChargeReserved } | { "kind": "charge_settled", "data": ChargeSettled } | { "kind": "charge_refused", "data": ChargeRefused } | { "kind": "session_intended", "data": SessionIntended } | { "kind": "session_started", "data": SessionStarted } | { "kind": "session_progressed", "data": SessionProgressed } | { "kind": "session_decided", "data": SessionDecided } | { "kind": "session_replied", "data": SessionReplied } | { "kind": "session_ended", "data": SessionEnded } | { "kind": "ask_raised", "data": AskRaised } | { "kind": "ask_settled", "data": AskSettled } | { "kind": "review_intended", "data": ReviewIntended } | { "kind": "review_closed", "data": ReviewClosed } | { "kind": "finish_requested", "data": FinishRequested } | { "kind": "turn_paused", "data": TurnPaused } | { "kind": "message_withdrawn", "data": MessageWithdrawn } | { "kind": "message_edited", "data": MessageEdited } | { "kind": "turn_ending", "data": TurnEnding } | { "kind": "turn_ended", "data": TurnEnded };

export type AgentCreated = { 
/**
 * `None` for the Grow Agent.
 */
birth: SpawnRequest | null, 
/**
 * Its parent.
 */
parent: string | null, 
/**
 * The mail that created it.
 */
mail: string | null, };

export type JournalNamed = { 
/**
 * Random; part of every effect id from this event on.
 */
name: string, };

export type UserSaid = { 
/**
 * Chosen by the sender.
 */
id: string, 
/**
 * The message.
 */
text: string, 
/**
 * Whether the person had been asked about a limit: the message counts with the work that the answer lets go on.
 */
at_limit?: boolean, 
/**
 * The attached files.
 */
attachments?: Array<Attachment>, };

export type SaidAgain = { 
/**
 * Chosen by the sender.
 */
id: string, 
/**
 * The event that recorded the earlier message.
 */
message: number, 
/**
 * The new message.
 */
text: string, 
/**
 * The past up to the earlier message, as the model reads it; `None` if there is none.
 */
past?: string, 
/**
 * The attached files.
 */
attachments?: Array<Attachment>, };

export type FreshRequested = { 
/**
 * Chosen by the sender.
 */
id: string, };

export type FreshStarted = Record<symbol, never>;

export type MailReceived = { 
/**
 * The mail.
 */
mail: Mail, 
/**
 * The same mail for the agent above: this one works no longer.
 */
forwarded?: Array<Mail>, 
/**
 * Whether what the agent does about it is paid from the budget of the work that was under way.
 */
counts_with_work?: boolean, };

export type SegmentStarted = { 
/**
 * Hash of the stored segment.
 */
segment: string, 
/**
 * Its provider.
 */
provider: string, 
/**
 * Its model.
 */
card: ModelCard, 
/**
 * Bytes of system text and tools.
 */
bytes: number, 
/**
 * The past, rendered as one user message; `None` if there is none.
 */
carried: string | null, 
/**
 * A picture of memory, with which the segment begins.
 */
picture?: string, 
/**
 * Its tools.
 */
tools?: Array<CatalogueEntry>, };

export type TurnStarted = { 
/**
 * 1 for the first.
 */
turn: number, 
/**
 * The limits in force.
 */
limits: Limits, };

export type ModelRequested = { 
/**
 * 1 for the first time that this request is sent.
 */
attempt: number, 
/**
 * SHA-256 over the request.
 */
request_hash: string, 
/**
 * The output limit in tokens.
 */
max_tokens: number, 
/**
 * The most this call can cost; `None` if the price is unknown.
 */
reservation: number | null, 
/**
 * The most tokens that the call can use, if its price is unknown.
 */
tokens?: number, 
/**
 * Whether long texts were shortened to fit the budget.
 */
shortened?: boolean, 
/**
 * Whether messages wait, because the service still carries out a call of its own.
 */
holds_messages?: boolean, 
/**
 * The content of the user message that the request adds, as it is sent.
 */
content?: unknown, 
/**
 * Random; part of the effect ids of the answer's tool calls.
 */
salt?: string, };

export type ModelAnswered = { 
/**
 * The answer.
 */
reply: ModelReply, 
/**
 * Whether it is used.
 */
verdict?: Verdict, 
/**
 * What counts as spent although the bill is not known, in USD micro-cents.
 */
unknown?: number, 
/**
 * Sources of the untrusted text that the provider has given the model while it answered.
 */
untrusted?: Array<string>, };

export type ModelFailed = { 
/**
 * The reason.
 */
failure: Failure, 
/**
 * An upper bound of the bill. Version 1 only, which wrote `null` if it was not known.
 */
bound?: number | null, 
/**
 * How much of the reservation counts as spent.
 */
counted?: Counted, 
/**
 * The model that was asked. `None` before version 3.
 */
model?: string, 
/**
 * What counts as spent although the bill is not known, in USD micro-cents.
 */
unknown?: number, };

export type ToolStarted = { 
/**
 * The model's id of the call.
 */
call: string, 
/**
 * The tool's name.
 */
name: string, 
/**
 * The input as received.
 */
input: unknown, 
/**
 * The id of the call's effect.
 */
effect: string, 
/**
 * The executor of the call.
 */
executor?: string, 
/**
 * How to continue with the call if the program stops meanwhile.
 */
repeat?: Repeat, 
/**
 * The sub-agents whose reports it waits for.
 */
waits_for?: Array<string>, 
/**
 * The line of the rules that decided the call.
 */
rule?: string, 
/**
 * The ask that must be settled before the call is carried out.
 */
ask?: string, 
/**
 * The line because of which the change of memory waits for the person's approval.
 */
held?: string, 
/**
 * The hash of the definition of another program's tool: no other definition is called.
 */
definition?: string, };

export type ToolInterrupted = { 
/**
 * The tool call.
 */
effect: string, };

export type ToolResumed = { 
/**
 * The tool call.
 */
effect: string, };

export type CommitIntended = { 
/**
 * The tool call.
 */
effect: string, 
/**
 * The change.
 */
plan: CommitPlan, };

export type ToolFinished = { 
/**
 * The tool call.
 */
effect: string, 
/**
 * Its result.
 */
content: ToolContent, 
/**
 * Whether the call failed.
 */
is_error: boolean, 
/**
 * Where the content comes from, if nobody vouches for it.
 */
source?: string, };

export type ChildRequested = { 
/**
 * The tool call.
 */
effect: string, 
/**
 * The mail that creates the sub-agent.
 */
mail: Mail, };

export type ScheduledWorkStarted = { 
/**
 * The schedule, or the step of a quest.
 */
schedule: string, 
/**
 * When it was due, in ms since 1970.
 */
due: number, 
/**
 * The mail that creates the sub-agent.
 */
mail: Mail, };

export type ChildTold = { 
/**
 * The mail with the message.
 */
mail: Mail, 
/**
 * The id of the person's message, if the person wrote it.
 */
message: string | null, 
/**
 * Whether the person's message is paid from the budget of the work that was under way.
 */
counts_with_work?: boolean, };

export type ChildCancelled = { 
/**
 * The mail.
 */
mail: Mail, };

export type CancelRequested = { 
/**
 * Whether the person asked, rather than the parent agent.
 */
by_person: boolean, };

export type ChargeReserved = { 
/**
 * The charge's id.
 */
charge: string, 
/**
 * What the money is for: a short text for the person.
 */
purpose: string, 
/**
 * The most that it can cost; `None` if the price is unknown.
 */
reservation: number | null, 
/**
 * The most tokens that it can use, if its price is unknown.
 */
tokens?: number, 
/**
 * The most that it can have cost if it is cut early.
 */
bound?: CostBound, };

export type ChargeSettled = { 
/**
 * The charge's id.
 */
charge: string, 
/**
 * The cost; `None` if it will never be known.
 */
cost: number | null, 
/**
 * What the money was for.
 */
purpose?: string, 
/**
 * What counts as spent although the bill is not known, in USD micro-cents.
 */
unknown?: number, 
/**
 * The tokens that the provider has counted, if it was a model call.
 */
usage?: Usage, };

export type ChargeRefused = { 
/**
 * The charge's id.
 */
charge: string, 
/**
 * What the money was for: a short text for the person.
 */
purpose: string, 
/**
 * The most that it could have cost; `None` if the price is unknown.
 */
reservation: number | null, 
/**
 * The most tokens that it could have used, if its price is unknown.
 */
tokens?: number, 
/**
 * The limit that does not cover it.
 */
limit: LimitReached, };

export type SessionIntended = { 
/**
 * The id of the prompt's effect.
 */
effect: string, 
/**
 * The title of the session.
 */
title: string, 
/**
 * The id of the prompt in the workbench.
 */
message: string, 
/**
 * The prompt.
 */
prompt: string, 
/**
 * Random; part of the effect's id.
 */
salt: string, 
/**
 * Whether it lets a session go on that was interrupted.
 */
resumes?: boolean, };

export type SessionStarted = { 
/**
 * The prompt.
 */
effect: string, 
/**
 * The session, as the workbench names it.
 */
session: string, };

export type SessionProgressed = { 
/**
 * The prompt.
 */
effect: string, 
/**
 * Short texts, one for each step.
 */
steps: Array<string>, };

export type SessionDecided = { 
/**
 * The prompt.
 */
effect: string, 
/**
 * The request, as the workbench names it.
 */
request: string, 
/**
 * The session that asks.
 */
session: string, 
/**
 * What it wants to do.
 */
what: string, 
/**
 * The command, path or address.
 */
argument?: string, 
/**
 * The line of the rules that decided; `None` if too many questions wait already.
 */
rule?: string, 
/**
 * The reply.
 */
reply: SessionReply, };

export type SessionReplied = { 
/**
 * The prompt.
 */
effect: string, 
/**
 * The request.
 */
request: string, 
/**
 * The session no longer waited for the reply.
 */
was_gone?: boolean, 
/**
 * The source of untrusted text that the session may read from now on.
 */
source?: string, };

export type SessionEnded = { 
/**
 * The prompt.
 */
effect: string, 
/**
 * Its last words.
 */
words: string, 
/**
 * The files that it has changed.
 */
files?: Array<ChangedFile>, 
/**
 * How many changed files are left out here.
 */
more_files?: number, 
/**
 * The tokens of its model calls since the prompt, as far as the provider has counted them.
 */
tokens: SessionTokens, 
/**
 * How it ended.
 */
outcome: SessionOutcome, 
/**
 * Where its words come from: untrusted text.
 */
source: string, };

export type AskRaised = { 
/**
 * The question.
 */
ask: Ask, 
/**
 * Mail to the agents that wait for this one.
 */
notices?: Array<Mail>, };

export type AskSettled = { 
/**
 * The ask.
 */
ask: string, 
/**
 * Who settled it.
 */
by: SettledBy, 
/**
 * The answer, if there is one. A question that is withdrawn may have the reason as its text.
 */
answer?: AskAnswer, 
/**
 * The line of the rules that the answer adds, or that decided.
 */
rule?: string, 
/**
 * What follows for the call or the limit that it was about; `None` for a question, and if it was withdrawn.
 */
outcome?: AskOutcome, 
/**
 * The commit of memory that contains the held change, if the person has merged its pull request in Gitea.
 */
merged?: string, 
/**
 * The account in Gitea whose comment the text of the answer is; `None` if it is the person's text.
 */
commented_by?: string, 
/**
 * Mail to the agents that wait for this one.
 */
notices?: Array<Mail>, 
/**
 * Whether the model calls that follow from the answer are counted with those before.
 */
counts_with_work?: boolean, };

export type ReviewIntended = { 
/**
 * The ask with which the person has approved the change.
 */
ask: string, 
/**
 * The commit that brings the change into memory.
 */
plan: CommitPlan, };

export type ReviewClosed = { 
/**
 * The ask with which the person has decided.
 */
ask: string, 
/**
 * The commit that has brought the change into memory.
 */
commit?: string, 
/**
 * Why the approved change could not be committed.
 */
problem?: string, 
/**
 * The text that a rejected change has proposed, if the agent is to read it again.
 */
proposed?: string, 
/**
 * Mail that tells the agent above, if this one works no longer.
 */
notices?: Array<Mail>, 
/**
 * Whether what the agent does about a rejection is paid from the budget of the work that was under way.
 */
counts_with_work?: boolean, };

export type FinishRequested = { 
/**
 * Whether the person asked, rather than the parent agent.
 */
by_person: boolean, 
/**
 * Mail to its sub-agents at work.
 */
mail?: Array<Mail>, };

export type TurnPaused = { 
/**
 * The limit.
 */
limit: LimitReached, };

export type MessageWithdrawn = { 
/**
 * The event that recorded the message.
 */
message: number, 
/**
 * What the person has added at a limit since the message came; it stays added.
 */
raised?: Raise, };

export type MessageEdited = { 
/**
 * The event that recorded the message.
 */
message: number, 
/**
 * The new text.
 */
text: string, };

export type TurnEnding = { 
/**
 * How it will end.
 */
ended: Ended, };

export type TurnEnded = { 
/**
 * The number of the turn.
 */
turn: number, 
/**
 * How it ended.
 */
ended: Ended, 
/**
 * A sub-agent's reports.
 */
reports: Array<Mail>, 
/**
 * If a budget ended it: the money that the next request needed.
 */
shortfall?: Shortfall, };

export type Mind = "model" | "session";

export type Permission = { 
/**
 * What it wants to do: `bash`, `edit`, `webfetch`, …
 */
what: string, 
/**
 * The patterns that the workbench compares.
 */
patterns?: Array<string>, 
/**
 * The patterns that the workbench proposes to permit for longer.
 */
always?: Array<string>, 
/**
 * The command line.
 */
command?: string, 
/**
 * The path, relative to the agent's own folder if it is in there.
 */
path?: string, 
/**
 * The address of a web page.
 */
url?: string, 
/**
 * The change that it wants to make to a file, or its beginning.
 */
diff?: string, };

export type SessionReply = "once" | "always" | { "reject": { 
/**
 * The text that the session reads.
 */
message: string, } } | { "answer": { 
/**
 * The text that the session reads.
 */
text: string, } };

export type ChangedFile = { 
/**
 * Its path, relative to the agent's own folder if it is in there.
 */
path: string, 
/**
 * Number of lines added.
 */
added: number, 
/**
 * Number of lines removed.
 */
removed: number, };

export type SessionTokens = { 
/**
 * Of the prompts, those from the cache included.
 */
input: number, 
/**
 * Of the prompts, those from the cache.
 */
cached: number, 
/**
 * Of the answers.
 */
output: number, };

export type SessionOutcome = "done" | { "failed": { 
/**
 * The reason.
 */
reason: string, 
/**
 * Whether it may work later.
 */
retryable: boolean, } } | "limit" | "aborted" | { "interrupted": { 
/**
 * What may have happened, in part or whole.
 */
in_doubt?: Array<string>, } } | { "abandoned": { 
/**
 * Why the workbench could not be reached.
 */
reason: string, } };

export type SpawnRequest = { 
/**
 * A short name, chosen by its parent. Not unique.
 */
name: string, 
/**
 * Its task.
 */
task: string, 
/**
 * The money that it may spend, in USD micro-cents.
 */
allowance: number, 
/**
 * 1 for a sub-agent of the Grow Agent.
 */
depth: number, 
/**
 * What it and its own sub-agents may use besides money.
 */
quota?: Quota, 
/**
 * The sources of untrusted text that the sender had read.
 */
untrusted?: Array<string>, 
/**
 * What thinks for it.
 */
mind?: Mind, 
/**
 * Why it has this mind.
 */
why?: string, 
/**
 * The schedule, or the step of a quest, that it works for.
 */
schedule?: string, };

export type ReportEnding = "done" | "failed" | "cancelled" | "limit";

export type Report = { 
/**
 * Its name.
 */
name: string, 
/**
 * How it ended.
 */
ending: ReportEnding, 
/**
 * The text of its last answer.
 */
text: string, 
/**
 * The money that it and its own sub-agents spent since the last report.
 */
spent: number, 
/**
 * The unused part of the allowance that the receiver gave; it goes back.
 */
returned: number, 
/**
 * The number of the receiver's last message that it has received.
 */
up_to: number, 
/**
 * How much of the money spent the person has added to it.
 */
raised?: number, 
/**
 * How much of the money spent is more than was given and added: a bill can be higher than its reservation.
 */
excess?: number, 
/**
 * The unused part of the quota that the receiver gave.
 */
quota?: Quota, 
/**
 * The sources of untrusted text that the sender had read.
 */
untrusted?: Array<string>, 
/**
 * The schedule, or the step of a quest, that it works for.
 */
schedule?: string, };

export type ChangeDecided = { 
/**
 * The ask.
 */
ask: string, 
/**
 * The agent that has proposed the change.
 */
agent: string, 
/**
 * Its name.
 */
name: string, 
/**
 * The page.
 */
path: string, 
/**
 * Whether the person has approved it.
 */
approved: boolean, 
/**
 * Whether the person has written another text.
 */
edited?: boolean, 
/**
 * Whether the change is in memory.
 */
is_in_memory: boolean, 
/**
 * What the person adds, or a comment in Gitea.
 */
remark?: string, 
/**
 * The account in Gitea that has written the remark; empty if it is not known.
 */
remark_by?: string, 
/**
 * The text that was proposed, if its author can no longer see it.
 */
proposed?: string, 
/**
 * The sources of untrusted text that the author had read.
 */
untrusted?: Array<string>, };

export type MailBody = { "spawn": SpawnRequest } | { "say": { 
/**
 * The message.
 */
text: string, 
/**
 * Added to the money that it may spend, in USD micro-cents.
 */
allowance: number, 
/**
 * The limit, if no money could be added.
 */
limit: LimitReached | null, 
/**
 * Number of messages, the task included, that the sender has sent it so far.
 */
number: number, 
/**
 * Whether the person wrote it.
 */
by_person: boolean, 
/**
 * Added to what it may use besides money.
 */
quota?: Quota, 
/**
 * The sources of untrusted text that the sender had read.
 */
untrusted?: Array<string>, } } | "cancel" | "finish" | { "report": Report } | { "ask_raised": { 
/**
 * The ask.
 */
ask: string, 
/**
 * What it is about.
 */
kind: AskKind, 
/**
 * The question, or its beginning.
 */
text: string, 
/**
 * The sources of untrusted text that the sender had read.
 */
untrusted?: Array<string>, } } | { "ask_settled": { 
/**
 * The ask.
 */
ask: string, } } | { "change_decided": ChangeDecided };

export type Mail = { 
/**
 * The receiver processes each id once.
 */
id: string, 
/**
 * The sender.
 */
from: string, 
/**
 * The receiver.
 */
to: string, 
/**
 * The content.
 */
body: MailBody, };

export type Effort = "low" | "medium" | "high" | "xhigh" | "max";

export type Price = { 
/**
 * Applies to prompts of more tokens than this.
 */
above: number, 
/**
 * Uncached input.
 */
input: number, 
/**
 * Output, thinking included.
 */
output: number, 
/**
 * Input written to the five-minute cache.
 */
write_5m: number, 
/**
 * Input written to the one-hour cache.
 */
write_1h: number, 
/**
 * Input read from the cache.
 */
read: number, };

export type ModelCard = { 
/**
 * The provider's id.
 */
id: string, 
/**
 * The name for people.
 */
name: string, 
/**
 * Tokens of prompt and answer together.
 */
context_tokens: number, 
/**
 * The largest `max_tokens` accepted.
 */
max_output_tokens: number, 
/**
 * Its prices; `None` if they are unknown.
 */
prices: Array<Price> | null, 
/**
 * The effort to request; `None` if the model refuses the setting.
 */
effort: Effort | null, 
/**
 * The kinds of attached files that it reads besides text.
 */
reads?: Array<AttachmentKind>, };

export type Repeat = "safe" | "look_up" | "unknown";

export type CatalogueEntry = { 
/**
 * The name that the model uses.
 */
name: string, 
/**
 * The executor of its calls.
 */
executor: string, 
/**
 * How to continue with interrupted calls.
 */
repeat: Repeat, };

export type Unpriced = { 
/**
 * Tokens of prompts and answers.
 */
tokens: number, 
/**
 * Model calls.
 */
calls: number, };

export type Quota = { 
/**
 * Tokens of prompts and answers.
 */
tokens: number, 
/**
 * Model calls.
 */
calls: number, 
/**
 * Sub-agents started.
 */
children: number, 
/**
 * Sub-agents at work at the same time.
 */
at_once: number, };

export type Raise = { 
/**
 * Added to every limit of money, in USD micro-cents.
 */
money?: number, 
/**
 * Added to the agent's own model calls.
 */
calls?: number, 
/**
 * Added to what the tree may use.
 */
tree?: Quota, };

export type Limits = { 
/**
 * Budget of one message of the person, sub-agents included.
 */
per_message: number, 
/**
 * Budget of a UTC day.
 */
per_day: number, 
/**
 * Budget of a UTC month; `None` for no limit.
 */
per_month: number | null, 
/**
 * The largest `max_tokens` of a model call.
 */
max_tokens: number, 
/**
 * Model calls for one message.
 */
calls: number, 
/**
 * Sub-agents for one message.
 */
children: number, 
/**
 * Sub-agents at work at the same time.
 */
children_at_once: number, 
/**
 * Levels of sub-agents below the Grow Agent.
 */
depth: number, 
/**
 * What limits the tree of a message if the model has no known price.
 */
unpriced?: Unpriced, };

export type Shortfall = { 
/**
 * Its highest cost with the shortest useful answer.
 */
needed: number, 
/**
 * The available money.
 */
available: number, };

export type LimitReached = "per_message" | "per_day" | "per_month" | "allowance" | "calls" | "tree_tokens" | "tree_calls";

export type AskKind = "question" | "permission" | "budget" | "conflict" | "review" | "schedule";

export type AskOutcome = "allowed" | "refused" | { "raised": Raise } | { "finishing": Raise } | "stopped" | "approved" | "rejected";

export type AskReason = { "rule": string } | { "untrusted": Array<string> } | { "repeated": number };

export type AskOption = { 
/**
 * Names it in an answer.
 */
id: string, 
/**
 * For the person.
 */
label: string, };

export type AskScope = "once" | "agent" | "always";

export type AskDetail = { "call": { 
/**
 * The id of the call's effect.
 */
effect: string, 
/**
 * The tool.
 */
tool: string, 
/**
 * What the call concerns, as rules compare it; `None` if that is not clear, or there is nothing to compare.
 */
argument?: string, 
/**
 * The input's JSON text, or the beginning of a long one.
 */
input: string, 
/**
 * How many bytes of the input are left out.
 */
cut?: number, 
/**
 * Why it needs a question.
 */
why: AskReason, 
/**
 * The line that the scope "always" adds, and "this agent" for that agent.
 */
rule?: string, } } | { "session": { 
/**
 * The id of the prompt's effect.
 */
effect: string, 
/**
 * The request, as the workbench names it.
 */
request: string, 
/**
 * The session that asks.
 */
session: string, 
/**
 * What it wants to do; `None` if it has a question.
 */
permission?: Permission, 
/**
 * How many bytes of the permission's texts are left out.
 */
cut?: number, 
/**
 * Why it needs a question; `None` for a question of the session.
 */
why?: AskReason, 
/**
 * The line that the scope "always" adds, and "this agent" for that agent.
 */
rule?: string, } } | { "conflict": { 
/**
 * The id of the merge commit.
 */
merge: string, 
/**
 * The pages, or the first of many.
 */
pages: Array<ConflictPage>, 
/**
 * How many pages are left out.
 */
more?: number, } } | { "review": { 
/**
 * The id of the call's effect.
 */
effect: string, 
/**
 * The agent's turn at that time.
 */
turn: number, 
/**
 * The held change: the commit on its branch.
 */
held: CommitPlan, 
/**
 * The reason that the agent gives, or its beginning.
 */
message: string, 
/**
 * The line because of which it is held.
 */
rule: string, 
/**
 * The sources of untrusted text that the agent had read: that text may have caused the change.
 */
untrusted?: Array<string>, 
/**
 * The version of the page that an approval changes; `None`: there is no such page.
 */
base?: string, 
/**
 * Why an approval could not be carried out.
 */
problem?: string, 
/**
 * The text of that approval, if the person had edited the page. It counts for the next approval without a text.
 */
edited?: string, 
/**
 * The remark of that approval. It counts for the next decision without one.
 */
remark?: string, } } | { "work": DueWork } | { "limit": { 
/**
 * Which one.
 */
limit: LimitReached, 
/**
 * The money that the next request needs.
 */
shortfall?: Shortfall, 
/**
 * What the answer "raise" adds. The person may name another amount of money.
 */
raise: Raise, 
/**
 * What the answer "finish" adds, for one last call.
 */
finish: Raise, } };

export type ConflictPage = { 
/**
 * The page with the version of this computer; there is no such page if it was deleted here.
 */
path: string, 
/**
 * The page with Gitea's version.
 */
copy: string, };

export type DueWork = { 
/**
 * The schedule.
 */
schedule: string, 
/**
 * When it was due, in ms since 1970.
 */
due: number, 
/**
 * The name of the sub-agent that does it.
 */
name: string, 
/**
 * Its task.
 */
task: string, 
/**
 * What it may spend, in USD micro-cents.
 */
budget: number, 
/**
 * The agent that has asked for the schedule.
 */
by_agent?: string, };

export type Ask = { 
/**
 * Its id.
 */
id: string, 
/**
 * What it is about.
 */
kind: AskKind, 
/**
 * The question. A model may have written it.
 */
text: string, 
/**
 * What exactly the answer decides, if it is not a plain question.
 */
detail?: AskDetail, 
/**
 * The answers to choose from. A question may also be answered in free text.
 */
options?: Array<AskOption>, 
/**
 * How far an answer may reach.
 */
scopes?: Array<AskScope>, 
/**
 * When the default answer counts, in ms since 1970; `None`: it waits for the person.
 */
deadline?: number, 
/**
 * The answer at the deadline.
 */
default?: AskAnswer, };

export type EditedPage = { 
/**
 * The whole text.
 */
text: string, 
/**
 * The version of the page that the person has seen. `None`: the version that the held change was made from.
 */
base?: string, };

export type AskAnswer = { 
/**
 * The id of the chosen option.
 */
option?: string, 
/**
 * Free text: the answer to a question, or a remark.
 */
text?: string, 
/**
 * How far it reaches.
 */
scope?: AskScope, 
/**
 * The amount in USD micro-cents, if the option is "raise" and not its own amount is meant.
 */
amount?: number, 
/**
 * The text of the page, if the option is "approve" and the person has edited the change.
 */
edited?: EditedPage, };

export type SettledBy = "person" | "gitea" | "rule" | "deadline" | "withdrawn";

export type Usage = { 
/**
 * Neither read from nor written to the cache.
 */
input_tokens: number, 
/**
 * Thinking included.
 */
output_tokens: number, 
/**
 * Read from the cache.
 */
cache_read_tokens: number, 
/**
 * Written to the five-minute cache.
 */
cache_write_5m_tokens: number, 
/**
 * Written to the one-hour cache.
 */
cache_write_1h_tokens: number, 
/**
 * Whether some of the counts are estimates: the provider sent none that can be read.
 */
is_estimate?: boolean, };

export type StopReason = "end_turn" | "tool_use" | "max_tokens" | "stop_sequence" | "pause_turn" | "context_full" | { "refusal": { 
/**
 * The provider's explanation, possibly empty.
 */
explanation: string, } } | { "other": string };

export type Block = { "type": "text", 
/**
 * The text.
 */
text: string, } | { "type": "thinking", 
/**
 * The text.
 */
thinking: string, } | { "type": "tool_use", 
/**
 * Its id.
 */
id: string, 
/**
 * The tool.
 */
name: string, 
/**
 * The input.
 */
input: unknown, };

export type ModelReply = { 
/**
 * The content array as received; [`ModelReply::blocks`] reads it.
 */
content: Array<Block>, 
/**
 * Why the model stopped.
 */
stop: StopReason, 
/**
 * Tokens counted.
 */
usage: Usage, 
/**
 * The model that answered.
 */
model: string, 
/**
 * The provider's id of the request, for support questions.
 */
request_id: string | null, 
/**
 * USD micro-cents; `None`: unknown price.
 */
cost: number | null, };

export type FailureKind = "key" | "no_credit" | "rejected" | "too_large" | "prompt_too_long" | "past_refused" | "unknown_model" | "busy" | "unavailable" | "offline" | "broken" | "aborted" | "interrupted";

export type Failure = { 
/**
 * Decides how interfaces react.
 */
kind: FailureKind, 
/**
 * One sentence for the person.
 */
message: string, 
/**
 * The provider's id of the request.
 */
request_id: string | null, };

export type Nudge = "empty" | "shorter";

export type Verdict = { "kept": { 
/**
 * Indices of content blocks that are left out.
 */
left_out?: Array<number>, 
/**
 * The number of tool calls in it.
 */
calls?: number, } } | { "void": { 
/**
 * A remark for the model with the next request, if any.
 */
nudge?: Nudge, } };

export type CostBound = { 
/**
 * As soon as it is sent.
 */
at_once: number, 
/**
 * For each second.
 */
per_second: number, };

export type Counted = "nothing" | "reservation" | { "at_most": number };

export type CommitPlan = { 
/**
 * The page's path.
 */
path: string, 
/**
 * The commit before it; `None` in an empty repository.
 */
base_head: string | null, 
/**
 * The page's blob before; `None` if the page is new.
 */
old_blob: string | null, 
/**
 * The page's blob after; `None` if the page is deleted.
 */
new_blob: string | null, 
/**
 * The commit's id.
 */
commit: string, 
/**
 * Whether another change to the page was merged in.
 */
merged: boolean, };

export type ContentBlock = { "type": "text", 
/**
 * The text.
 */
text: string, } | { "type": "image", 
/**
 * `image/png`, `image/jpeg`, `image/gif` or `image/webp`.
 */
media_type: string, 
/**
 * Its bytes in base64.
 */
data: string, } | { "type": "link", 
/**
 * Its address.
 */
uri: string, 
/**
 * Its title; may be empty.
 */
title: string, };

export type ToolContent = string | Array<ContentBlock>;

export type Ended = "done" | "cancelled" | "cut" | { "refused": string } | "silent" | { "limit": LimitReached } | { "failed": Failure } | { "unknown": string };

export type EndingTone = "quiet" | "warn" | "bad";

export type EndingWording = { 
/**
 * What happened.
 */
title: string, 
/**
 * Replaces the title if the amounts are known.
 */
shortfall: string | null, 
/**
 * The next step in the window.
 */
in_window: string | null, 
/**
 * The next step on the command line.
 */
on_command_line: string | null, 
/**
 * How prominently it is shown.
 */
tone: EndingTone, 
/**
 * Whether the agent can be resumed.
 */
resumable: boolean, 
/**
 * Whether the next step is in the settings.
 */
settings: boolean, };

export type Endings = { 
/**
 * See [`Ended::Cancelled`].
 */
cancelled: EndingWording, 
/**
 * See [`Ended::Cut`].
 */
cut: EndingWording, 
/**
 * See [`Ended::Refused`].
 */
refused: EndingWording, 
/**
 * See [`Ended::Silent`].
 */
silent: EndingWording, 
/**
 * See [`Ended::Unknown`].
 */
unknown: EndingWording, 
/**
 * See [`Ended::Limit`].
 */
limit: Record<LimitReached, EndingWording>, 
/**
 * See [`Ended::Failed`].
 */
failed: Record<FailureKind, EndingWording>, 
/**
 * A limit of a later build.
 */
other_limit: EndingWording, 
/**
 * A failure of a later build.
 */
other_failure: EndingWording, };

export const ENDINGS: Endings = {
  "cancelled": {
    "title": "Stopped. What was done so far is kept.",
    "shortfall": null,
    "in_window": null,
    "on_command_line": null,
    "tone": "quiet",
    "resumable": true,
    "settings": false
  },
  "cut": {
    "title": "The answer was cut off at its length limit.",
    "shortfall": null,
    "in_window": "Resume to get the rest.",
    "on_command_line": "Get the rest with: growqr agents resume {agent}",
    "tone": "warn",
    "resumable": true,
    "settings": false
  },
  "refused": {
    "title": "The model declined to answer. {reason}",
    "shortfall": null,
    "in_window": "Rephrase your message.",
    "on_command_line": "Rephrase your message.",
    "tone": "warn",
    "resumable": false,
    "settings": false
  },
  "silent": {
    "title": "The model gave an empty answer twice.",
    "shortfall": null,
    "in_window": "Rephrase your message, or resume.",
    "on_command_line": "Rephrase your message, or ask again with: growqr agents resume {agent}",
    "tone": "warn",
    "resumable": true,
    "settings": false
  },
  "unknown": {
    "title": "The model stopped for a reason this version does not know: {reason}",
    "shortfall": null,
    "in_window": "Resume, or send your message again.",
    "on_command_line": "Send your message again, or: growqr agents resume {agent}",
    "tone": "warn",
    "resumable": true,
    "settings": false
  },
  "limit": {
    "per_message": {
      "title": "The budget for one message is used up.",
      "shortfall": "The next step can cost up to {needed}, but only {available} is left of the budget for one message.",
      "in_window": "Raise it in Settings, or resume with a new budget.",
      "on_command_line": "Raise it with: growqr budget set --per-message USD, or resume with a new budget: growqr agents resume {agent}",
      "tone": "warn",
      "resumable": true,
      "settings": true
    },
    "per_day": {
      "title": "Today's budget is used up.",
      "shortfall": "The next step can cost up to {needed}, but only {available} is left of today's budget.",
      "in_window": "Raise it in Settings, or wait until tomorrow (UTC).",
      "on_command_line": "Raise it with: growqr budget set --per-day USD, or wait until tomorrow (UTC).",
      "tone": "warn",
      "resumable": true,
      "settings": true
    },
    "per_month": {
      "title": "This month's budget is used up.",
      "shortfall": "The next step can cost up to {needed}, but only {available} is left of this month's budget.",
      "in_window": "Raise it in Settings.",
      "on_command_line": "Raise it with: growqr budget set --per-month USD",
      "tone": "warn",
      "resumable": true,
      "settings": true
    },
    "allowance": {
      "title": "This sub-agent has used up its allowance.",
      "shortfall": "The next step can cost up to {needed}, but only {available} is left of its allowance.",
      "in_window": "Resume to give it a new one.",
      "on_command_line": "Give it a new one with: growqr agents resume {agent}",
      "tone": "warn",
      "resumable": true,
      "settings": false
    },
    "calls": {
      "title": "The limit of model calls for one message is reached.",
      "shortfall": null,
      "in_window": "Resume if the agent was making progress.",
      "on_command_line": "If the agent was making progress: growqr agents resume {agent}",
      "tone": "warn",
      "resumable": true,
      "settings": false
    },
    "tree_tokens": {
      "title": "The limit of tokens of all agents for one message is reached.",
      "shortfall": null,
      "in_window": "Raise it in Settings, or resume to allow as many again.",
      "on_command_line": "Raise it with: growqr budget set --unpriced-tokens COUNT, or allow as many again: growqr agents resume {agent}",
      "tone": "warn",
      "resumable": true,
      "settings": true
    },
    "tree_calls": {
      "title": "The limit of model calls of all agents for one message is reached.",
      "shortfall": null,
      "in_window": "Raise it in Settings, or resume to allow as many again.",
      "on_command_line": "Raise it with: growqr budget set --unpriced-calls COUNT, or allow as many again: growqr agents resume {agent}",
      "tone": "warn",
      "resumable": true,
      "settings": true
    }
  },
  "failed": {
    "key": {
      "title": "{reason}",
      "shortfall": null,
      "in_window": "Check the key in Settings.",
      "on_command_line": "See the keys in use: growqr keys list. Your message is kept; then: growqr agents resume {agent}",
      "tone": "bad",
      "resumable": true,
      "settings": true
    },
    "no_credit": {
      "title": "{reason}",
      "shortfall": null,
      "in_window": "Add credit at the provider, then resume.",
      "on_command_line": "Add credit in the provider's console. Your message is kept; then: growqr agents resume {agent}",
      "tone": "bad",
      "resumable": true,
      "settings": false
    },
    "rejected": {
      "title": "{reason}",
      "shortfall": null,
      "in_window": "Nothing is lost. Remove the cause or choose another model, then resume.",
      "on_command_line": "Your message is kept. Remove the cause or choose another model (growqr models); then: growqr agents resume {agent}",
      "tone": "bad",
      "resumable": true,
      "settings": false
    },
    "too_large": {
      "title": "{reason}",
      "shortfall": null,
      "in_window": "Send a shorter message.",
      "on_command_line": "Send a shorter message. The earlier conversation is then sent in shortened form.",
      "tone": "bad",
      "resumable": true,
      "settings": false
    },
    "prompt_too_long": {
      "title": "{reason}",
      "shortfall": null,
      "in_window": "Send a shorter message.",
      "on_command_line": "Send a shorter message. The earlier conversation is then sent in shortened form.",
      "tone": "bad",
      "resumable": true,
      "settings": false
    },
    "past_refused": {
      "title": "{reason}",
      "shortfall": null,
      "in_window": "Send your message again. The earlier conversation is then sent in shortened form.",
      "on_command_line": "Send your message again. The earlier conversation is then sent in shortened form.",
      "tone": "bad",
      "resumable": true,
      "settings": false
    },
    "unknown_model": {
      "title": "{reason}",
      "shortfall": null,
      "in_window": "Choose another model in Settings.",
      "on_command_line": "Choose another model: growqr config set model claude-opus-5-5",
      "tone": "bad",
      "resumable": true,
      "settings": true
    },
    "busy": {
      "title": "{reason}",
      "shortfall": null,
      "in_window": "Wait a moment, then resume.",
      "on_command_line": "Your message is kept. Wait a moment, then: growqr agents resume {agent}",
      "tone": "bad",
      "resumable": true,
      "settings": false
    },
    "unavailable": {
      "title": "{reason}",
      "shortfall": null,
      "in_window": "Nothing is lost. Resume to try again.",
      "on_command_line": "Your message is kept. Try again later: growqr agents resume {agent}",
      "tone": "bad",
      "resumable": true,
      "settings": false
    },
    "offline": {
      "title": "{reason}",
      "shortfall": null,
      "in_window": "Your message is saved. Resume to send it once the connection is back.",
      "on_command_line": "Your message is kept. When the connection works again: growqr agents resume {agent}",
      "tone": "bad",
      "resumable": true,
      "settings": false
    },
    "broken": {
      "title": "{reason}",
      "shortfall": null,
      "in_window": "Nothing is lost. Resume to try again.",
      "on_command_line": "Your message is kept. Try again later: growqr agents resume {agent}",
      "tone": "bad",
      "resumable": true,
      "settings": false
    },
    "aborted": {
      "title": "{reason}",
      "shortfall": null,
      "in_window": "Nothing is lost. Resume to try again.",
      "on_command_line": "Your message is kept. Try again later: growqr agents resume {agent}",
      "tone": "bad",
      "resumable": true,
      "settings": false
    },
    "interrupted": {
      "title": "{reason}",
      "shortfall": null,
      "in_window": "Nothing is lost. Resume to try again.",
      "on_command_line": "Your message is kept. Try again later: growqr agents resume {agent}",
      "tone": "bad",
      "resumable": true,
      "settings": false
    }
  },
  "other_limit": {
    "title": "A limit was reached.",
    "shortfall": null,
    "in_window": "See Settings.",
    "on_command_line": "See: growqr config get",
    "tone": "warn",
    "resumable": true,
    "settings": false
  },
  "other_failure": {
    "title": "{reason}",
    "shortfall": null,
    "in_window": "Nothing is lost. Resume to try again.",
    "on_command_line": "Your message is kept. Try again later: growqr agents resume {agent}",
    "tone": "bad",
    "resumable": true,
    "settings": false
  }
};
