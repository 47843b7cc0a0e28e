/** The simulated host's handler of each command. */
import type { Answer, Args, CommandName } from "../commands";
import type { Backup, Reply, Request } from "../wire";
import type { Account } from "./account";
import { attach, attached, limits, readAttachment } from "./attachments";
import { answerAsk, applyRules, askById, openAsks, settledAsks } from "./asks";
import { backup } from "./backup";
import { checkKey, keysReply, MODELS, type Providers } from "./providers";
import { fileChange } from "./fileChange";
import { changeFolders } from "./folders";
import { log } from "./log";
import type { FakeMemoryNotice } from "./memoryNotice";
import { signal } from "./outside";
import { sayAgain, startFresh } from "./fresh";
import { inbox, seeInbox } from "./inbox";
import { openLink } from "./openLink";
import { messages } from "./messages";
import { seeConversation, withUnread } from "./reading";
import { editMessage, withdrawMessage } from "./queue";
import { destinations } from "./privacy";
import { changeQuest, questPlan, questPlans, quests } from "./quests";
import { addRule, removeRule, rules, testRules } from "./rules";
import { changeSchedule, previewSchedule, scheduleRuns, schedules } from "./schedules";
import { spending } from "./spending";
import type { FakeStack } from "./stack";
import { agentSteps, timeline } from "./timeline";
import { changeSkills, skill, skills } from "./skills";
import { answerAboutTools } from "./toolServers";
import type { World } from "./world";

type Answers = { [N in CommandName]: (args: Args<N>) => Answer<N> | Promise<Answer<N>> };

let startsAtLogin = false;
let lastBackup: Backup | null = null;

export function answers(world: World, providers: Providers, account: Account, stack: FakeStack, notice: FakeMemoryNotice): Answers {
  const { memory } = world;
  return {
    about: () => ({ version: "0.2.0", profile: account.profile(), data_folder: "/home/you/.local/share/ai.growqr.desktop", memory_folder: "/home/you/.local/share/ai.growqr.desktop/profiles/local/memory" }),
    ask: ({ request }) => ask(world, providers, account, stack, notice, request),
    agents: () => Object.values(world.state.agents).map((agent) => withUnread(world, agent, messages(world))),
    agent_steps: () => agentSteps(world),
    timeline: ({ agent, turn }) => timeline(world, agent, turn),
    messages: ({ agent, before, limit }) => messages(world).filter((one) => one.agent === agent && (before === null || one.seq < before)).slice(-limit),
    events: ({ agent, since, limit }) => world.lines(agent, since, limit),
    events_before: ({ agent, before, limit }) => world.linesBefore(agent, before, limit),
    search: ({ text, agent, limit }) => messages(world).filter((one) => (agent === null || one.agent === agent) && one.text.toLowerCase().includes(text.toLowerCase())).reverse().slice(0, limit),
    settings: () => world.settings(),
    models: () => MODELS,
    budget: () => world.budget(),
    queued: ({ agent }) => messages(world).filter((one) => one.agent === agent && world.state.waiting[agent]?.some(({ seq }) => seq === one.seq)),
    asks: () => openAsks(world),
    settled_asks: ({ limit }) => settledAsks(world, limit),
    ask_by_id: ({ id }) => askById(world, id),
    schedules: () => schedules(world),
    schedule_runs: ({ schedule, limit }) => scheduleRuns(world, schedule).slice(0, limit),
    schedule_preview: ({ words }) => previewSchedule(world, words),
    quests: () => quests(world),
    quest_plan: ({ path }) => questPlan(world, path),
    quest_plans: () => questPlans(world),
    rules: () => rules(world),
    test_rules: ({ tool, input, agent }) => testRules(world, tool, input, agent),
    spending: ({ by, since }) => spending(world, by, since),
    memory_notice: () => notice.get(),
    memory_list: ({ prefix, after }) => memory.part(prefix, after),
    memory_read: ({ path }) => memory.read(path),
    memory_search: ({ text }) => memory.search(text),
    memory_log: ({ path }) => memory.log(path),
    memory_diff: ({ rev }) => ({ text: memory.diff(rev) }),
    file_change: ({ ask }) => fileChange(world, ask),
    held_change: ({ held }) => memory.compare(held),
    memory_undo_preview: ({ agent, turn }) => memory.undoPreview(agent, turn),
    memory_page_at: ({ path, rev }) => memory.pageAt(path, rev),
    memory_blame: ({ path }) => memory.blame(path),
    export_conversation: ({ agent }) => `/home/you/Downloads/Conversation with ${world.agent(agent).name}.md`,
    export_log: ({ channel }) => `/home/you/Downloads/GrowQR log ${channel.replace("#", "")}.txt`,
    back_up: () => (lastBackup = backup(world.now())),
    last_backup: () => lastBackup,
    open_architecture: () => null,
    open_memory_folder: () => null,
    open_data_folder: () => null,
    quit: () => null,
    open_link: ({ address }) => openLink(address),
    sign_in_view: () => account.view(),
    sign_in: ({ by_port }) => account.begin(by_port),
    sign_in_cancel: () => account.cancel(),
    sign_in_choose: ({ adopt }) => account.choose(adopt),
    sign_in_check: () => account.check(),
    sign_out: () => account.signOut(),
    switch_profile: ({ profile }) => account.switchTo(profile),
    picture: () => account.picture(),
    hide_quick: () => signal("fake-quick-hidden", null),
    open_in_window: ({ hash }) => signal("fake-opened-in-window", hash),
    open_quick: () => signal("fake-quick-opened", null),
    shortcut: () => ({ active: true, problem: null }),
    privacy: () => destinations(world.setting("model")),
    start_at_login: ({ change }) => (startsAtLogin = change ?? startsAtLogin),
    network: () => null,
    take_dropped: () => [],
    take_place: () => account.takePlace(),
  };
}

async function ask(world: World, providers: Providers, account: Account, stack: FakeStack, notice: FakeMemoryNotice, request: Request): Promise<Reply> {
  switch (request.op) {
    case "hello":
      return { hello: { version: 1, pid: 1, profile: "local" } };
    case "say":
      return { said: { agent: world.say(request.agent, request.id, request.text, attached(world, request.attachments, request.text)) } };
    case "start_fresh":
      startFresh(world, request.id);
      return { said: { agent: { ...world.agent("grow") } } };
    case "say_again":
      return { said: { agent: sayAgain(world, request.message, request.id, request.text, attached(world, request.attachments, request.text)) } };
    case "attach":
      return { attached: { attachment: await attach(world, request.name, request.content_base64) } };
    case "attachment":
      return { attachment: readAttachment(world, request.hash) };
    case "attachment_limits":
      return { attachment_limits: { limits: limits(world) } };
    case "cancel":
      world.cancel(request.agent, request.tree);
      return "done";
    case "finish":
      world.finish(request.agent, request.tree);
      return "done";
    case "withdraw_message":
      withdrawMessage(world, request.agent, request.message);
      return "done";
    case "edit_message":
      editMessage(world, request.agent, request.message, request.text);
      return "done";
    case "answer_ask":
      answerAsk(world, request.ask, request.answer);
      return "done";
    case "add_rule":
      addRule(world, request.line);
      applyRules(world);
      return "done";
    case "remove_rule":
      removeRule(world, request.id);
      applyRules(world);
      return "done";
    case "add_schedule":
    case "pause_schedule":
    case "resume_schedule":
    case "remove_schedule":
    case "run_schedule":
      return changeSchedule(world, request);
    case "start_quest":
    case "pause_quest":
    case "resume_quest":
    case "cancel_quest":
    case "retry_step":
    case "skip_step":
    case "set_quest_budget":
      return changeQuest(world, request);
    case "tool_servers":
    case "add_tool_server":
    case "tool_configurations":
    case "import_tool_servers":
    case "remove_tool_server":
    case "switch_tool_server":
    case "test_tool_server":
    case "sign_in_tool_server":
    case "stop_tool_sign_in":
    case "sign_out_tool_server":
    case "tool_log":
      return answerAboutTools(world, request);
    case "skills":
      return skills(world);
    case "skill":
      return skill(world, request.name);
    case "change_folders":
      return changeFolders(world, request.change);
    case "change_skills":
      return changeSkills(world, request.change);
    case "resume":
      world.resume(request.agent);
      return "done";
    case "follow":
      return "done";
    case "write_memory":
      return { changed: { commit: world.memory.write(request.path, request.text, request.base, `Write ${request.path}`, world.now(), null), paths: [request.path], more_paths: 0 } };
    case "delete_memory":
      return { changed: { commit: world.memory.remove(request.path, request.base, world.now()), paths: [request.path], more_paths: 0 } };
    case "restore_memory":
      return { changed: world.memory.restore(request.rev, world.now()) };
    case "undo_memory":
      return { undone_memory: world.memory.undoAll(request.agent, request.turn, world.now()) };
    case "confirm_memory":
      notice.confirm();
      return "done";
    case "set_setting":
      world.set(request.name, request.value);
      return "done";
    case "set_key":
      checkKey(request.name, request.value);
      if (request.value === null) delete world.state.keys[request.name];
      else world.state.keys[request.name] = providers.keychain().state === "ready" ? "keychain" : "memory";
      return "done";
    case "check_key":
      return { key_checked: { check: await providers.check(request.name, request.value) } };
    case "unlock_keychain":
      await providers.unlockKeychain();
      if (providers.keychain().state === "ready") for (const name of Object.keys(world.state.keys)) world.state.keys[name] = "keychain";
      return keysReply(world, providers);
    case "keys":
      return keysReply(world, providers);
    case "local_servers":
      return { local_servers: { servers: await providers.servers(world.state.settings["openai.base_url"]) } };
    case "inbox":
      return { inbox: { entries: inbox(world, stack.status(), Number(world.setting("inbox.long_work")) * 60_000) } };
    case "log":
      return { log: { page: log(world, stack.status(), request) } };
    case "see_conversation":
      seeConversation(world, request.agent, request.seq);
      return "done";
    case "see_inbox":
      seeInbox(world, request.entries);
      return "done";
    case "health":
      return { health: { health: { agents: [], mail: [] } } };
    case "stack_status":
      return { stack: { stack: stack.status() } };
    case "stack_up":
      return { stack: { stack: stack.up(request.agreed) } };
    case "stack_down":
      return { stack: { stack: stack.down() } };
    case "stack_reset":
      return { stack: { stack: stack.reset(request.profile, account.profile()) } };
    case "stack_remove_orphans":
      return { stack: { stack: stack.removeOrphans(request.orphans) } };
    case "stack_log":
      return { stack_log: { lines: stack.log(request.part, request.lines) } };
    case "gitea_login":
      return { gitea_login: { login: stack.login() } };
    case "sync_memory":
      return { stack: { stack: stack.sync(request.join) } };
    case "work_files":
      return { work_files: { files: stack.files(world.agent(request.agent).name) } };
    case "read_work_file":
      return { work_file: stack.read(request.path) };
  }
}
