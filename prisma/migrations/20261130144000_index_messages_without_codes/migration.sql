-- Messages that are no codes are not counted by the hour: figures of a span read them by this. A code is not in it and costs nothing.
CREATE INDEX "message_history_no_code_idx" ON "message_history" ("created_at") WHERE "purpose" NOT IN ('login', 'reset', 'phone-change');
