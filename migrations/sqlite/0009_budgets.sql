-- What the Grow Agent has used of its limits, as JSON, so that showing the budget reads one row. A part of the view `agents`; null
-- for sub-agents, and until the next append of an agent that an earlier build wrote.
alter table agents add column budget text;
