-- Imports of admins that nobody goes on with: few of all that are kept, and looked for each minute.
CREATE INDEX "import_runs_under_way_idx" ON "import_runs" ("updated_at")
  WHERE "state" IN ('CHECKING', 'WRITING') AND "created_by" IS NOT NULL;
