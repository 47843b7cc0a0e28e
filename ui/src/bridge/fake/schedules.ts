/** Schedules of the simulated host. Words that begin as people begin them are understood, and are due at 8 on the next days. */
import type { Reply, Request, RunOutcome, Schedule, SchedulePreview, ScheduleRun } from "../wire";
import { hostError } from "./hostError";
import type { Stage } from "./stage";

type Change = Extract<Request, { op: `${string}_schedule` }>;
type New = Extract<Request, { op: "add_schedule" }>["schedule"];

const DAY = 86_400_000;

export function schedules(world: Stage): Schedule[] {
  return (world.state.schedules ?? []).map((schedule) => ({ ...schedule, last: scheduleRuns(world, schedule.id)[0] ?? null }));
}

export function scheduleRuns(world: Stage, schedule: string | null): ScheduleRun[] {
  return (world.state.scheduleRuns ?? []).filter((run) => schedule === null || run.schedule === schedule).toReversed();
}

export function previewSchedule(world: Stage, words: string): SchedulePreview {
  const text = words.trim().toLowerCase();
  const isOnce = /^(in|at|on|today|tomorrow|next)\b/.test(text);
  if (!isOnce && !/^(every|daily|weekdays|\d|\*)/.test(text)) throw hostError("bad_request", `${JSON.stringify(words.split(" ")[0])} is not understood here`, "Examples: every weekday at 8 · in two hours · tomorrow at 9:30");
  const first = new Date(world.now() + DAY).setHours(8, 0, 0, 0);
  return { cron: isOnce ? null : "0 8 * * *", zone: "Europe/Berlin", next: isOnce ? [first] : [first, first + DAY, first + 2 * DAY] };
}

export function changeSchedule(world: Stage, request: Change): Reply {
  switch (request.op) {
    case "add_schedule":
      return addSchedule(world, request.schedule);
    case "pause_schedule":
      return pauseSchedule(world, request.id);
    case "resume_schedule":
      return resumeSchedule(world, request.id);
    case "remove_schedule":
      return removeSchedule(world, request.id);
    case "run_schedule":
      return runSchedule(world, request.id);
  }
}

function addSchedule(world: Stage, { id, name, task, words, on_missed, budget }: New): Reply {
  const { cron, zone, next } = previewSchedule(world, words);
  const schedule: Schedule = { id, name, task, words, cron, zone: cron === null ? null : zone, on_missed, budget: budget ?? 50_000_000, has_price: true, state: "active", next_at: next[0] ?? null, by_agent: null, created_at: world.now(), last: null, problem: null };
  world.state.schedules = [...(world.state.schedules ?? []).filter((other) => other.id !== id), schedule];
  return { schedule: { schedule } };
}

function pauseSchedule(world: Stage, id: string): Reply {
  return change(world, id, (schedule) => ({ ...schedule, state: "paused", next_at: null }));
}

function resumeSchedule(world: Stage, id: string): Reply {
  return change(world, id, (schedule) => ({ ...schedule, state: "active", next_at: previewSchedule(world, schedule.words).next[0] ?? null }));
}

function removeSchedule(world: Stage, id: string): Reply {
  const schedule = find(world, id);
  world.state.schedules = world.state.schedules?.filter((other) => other !== schedule);
  return { schedule: { schedule: { ...schedule, state: "removed", next_at: null } } };
}

function runSchedule(world: Stage, id: string): Reply {
  const { name } = find(world, id);
  const at = world.now();
  const outcome: RunOutcome = "done";
  const run: ScheduleRun = { schedule: id, name, due: at, last: at, count: 1, outcome, agent: null, ask: null, by_hand: true };
  world.state.scheduleRuns = [...(world.state.scheduleRuns ?? []), run];
  return change(world, id, (schedule) => schedule);
}

function change(world: Stage, id: string, changed: (schedule: Schedule) => Schedule): Reply {
  const before = find(world, id);
  const schedule = changed(before);
  world.state.schedules = world.state.schedules?.map((other) => (other === before ? schedule : other));
  return { schedule: { schedule: { ...schedule, last: scheduleRuns(world, id)[0] ?? null } } };
}

function find(world: Stage, id: string): Schedule {
  const schedule = world.state.schedules?.find((other) => other.id === id);
  if (!schedule) throw hostError("not_found", `there is no schedule ${JSON.stringify(id)}`);
  return schedule;
}
