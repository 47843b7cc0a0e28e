/** Texts of the simulated agents. */

export const REPORTS = [
  {
    name: "Courses",
    task: "Find out which courses fit a person who knows TypeScript and wants to learn Rust for databases. Report three at most.",
    path: "research/courses.md",
    ms: 2_600,
    page: "# Courses\n\n- **CMU 15-445**, database systems: free lectures, C++, ideas carry over\n- **Rust for Rustaceans**: for after the first project\n- Rustlings: a week of evenings\n",
    report: "Three fit. Start with **Rustlings** (a week of evenings), then the **CMU 15-445** lectures; *Rust for Rustaceans* after a first project. Details stand in `research/courses.md`.",
  },
  {
    name: "Projects",
    task: "Propose three small projects in Rust that teach storage engines, each doable in two weekends.",
    path: "research/projects.md",
    ms: 4_200,
    page: "# Projects\n\n1. A log-structured key-value store\n2. A B-tree that survives `kill -9`\n3. A tiny SQL parser\n",
    report: "The best first one is a **log-structured key-value store**: two weekends, and it teaches fsync, compaction and recovery. Two more stand in `research/projects.md`.",
  },
  {
    name: "People",
    task: "Look in memory for people who could help with a move into systems engineering. Report who and why.",
    path: "people/mentors.md",
    ms: 3_400,
    page: "# Mentors\n\n- **Mara** works on a storage team; you met at the meetup in March\n- **Jon** reviewed your first pull request\n",
    report: "Two people: **Mara** (storage team, met in March) and **Jon** (reviewed your first pull request). Mara is the one to ask first.",
  },
];

export const PLAN_TEXT = `All three are back. Here is how it fits together.

| When | What | Why |
|---|---|---|
| Week 1 | Rustlings, evenings | syntax out of the way |
| Weeks 2–3 | Log-structured store | fsync, compaction, recovery |
| Week 4 | Ask **Mara** for a review | she works on storage |

The heart of the first project is small enough to keep in your head:

\`\`\`rust
/// Appends a record and returns once it is on disk.
fn append(&mut self, key: &[u8], value: &[u8]) -> io::Result<u64> {
    let offset = self.file.seek(SeekFrom::End(0))?;
    self.file.write_all(&encode(key, value))?;
    self.file.sync_data()?; // durable before we say so
    Ok(offset)
}
\`\`\`

I noted the courses, projects and people in memory. **Next step:** shall I write to Mara for you, or would you rather do it yourself?`;

export const LONG = `## A plan for the next three months

You said in January that you want to move from front-end work into **systems engineering**. What follows builds on that.

### What to learn

1. Ownership and borrowing, until they feel natural
2. Files: \`fsync\`, torn writes, checksums
3. Concurrency: channels first, locks later

### What to build

- A key-value store that survives \`kill -9\`
- A small query language on top of it
- A write-up, published

> Ship something small every second week; it is the reviews that teach.

### How to keep going

Two evenings a week and one long morning. When a week goes wrong, shrink the step rather than skip it.

Which of the three would you like to begin with?`;

/** Links that a model might write after reading a hostile page. */
export const LINKS = `Read [the book](https://doc.rust-lang.org/book/), write to [Mara](mailto:mara@example.org?subject=Review), then sign in at [your bank](https://bank.example@evil.example/login).`;

/** A small picture of squares, as base64 of a PNG. */
export const PICTURE = "iVBORw0KGgoAAAANSUhEUgAAAKAAAABQCAMAAACpg44GAAAABlBMVEXW4tZAeFjC55P/AAAAWElEQVR42u3ZoQ0AAAgDsPH/0zyAJ4FOI5pNkhqSIVt3AQQEBAQEBAQEBAQ8DdQqICAgICAgICAgIOAmUFuAgICAgICAgICAgP4kZgcEBAQEBAQEBAR8Cmw/KxkBI4ZymQAAAABJRU5ErkJggg==";
