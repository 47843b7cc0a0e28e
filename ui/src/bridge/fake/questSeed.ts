/** The world `quests`: one that waits for an answer, one that a failed step stops, one that is done; a plan that has not begun, and a page without steps. */
import type { World } from "./world";
import { changeQuest, quests } from "./quests";

const PAGES: ReadonlyArray<[string, string]> = [
  ["quests/blog.md", "# Move the blog\n\nEvery old address must go on working.\n\n1. [x] Choose the server\n2. [ ] List the pages of the old blog\n3. [ ] Ask me a question about the design\n4. [ ] Write each page as Markdown\n5. [ ] Check every link\n6. [ ] Tell the readers\n"],
  ["quests/interview.md", "# Prepare the interview\n\n- [ ] Read about the company\n- [ ] Collect questions for them\n- [ ] Mend the broken headset\n- [ ] Answer their endless questionnaire\n- [ ] Choose examples of my work\n"],
  ["quests/desk.md", "# Tidy the desk\n\n1. [ ] Sort the notes\n2. [ ] Keep what matters\n"],
  ["quests/course.md", "# Find a course\n\n- [x] Ask Mara which she took\n- [ ] Compare the courses of three schools\n- [ ] Find out what each costs\n"],
  ["quests/ideas.md", "# Ideas\n\nNothing here is a task yet.\n"],
];

const BUDGETS = { "quests/desk.md": 50_000_000, "quests/interview.md": 100_000_000, "quests/blog.md": 200_000_000 };

export function addQuests(world: World) {
  const clock = { at: Date.now() - 40 * 60_000 };
  world.now = () => clock.at;
  for (const [path, text] of PAGES) world.memory.write(path, text, null, `Begin ${path}`, clock.at, null);
  for (const [index, [path, budget]] of Object.entries(BUDGETS).entries()) {
    clock.at += 60_000;
    changeQuest(world, { op: "start_quest", quest: { id: `q-${index + 1}`, path, budget } });
    // Step by step, until nothing more begins by itself.
    for (let steps = 0; steps < 6; steps += 1) {
      world.runAll(clock);
      quests(world);
    }
  }
}
