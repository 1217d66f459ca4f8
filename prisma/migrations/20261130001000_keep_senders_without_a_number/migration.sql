-- Senders may hide their number: they are kept under what their provider calls them, which is never taken for a number.
ALTER TABLE "conversations" DROP CONSTRAINT "conversations_phone_check";
ALTER TABLE "conversations" ADD CONSTRAINT "conversations_phone_check"
  CHECK ("phone" ~ '^(\+[1-9][0-9]{6,14}|id:[A-Za-z0-9.@]{5,140})$');
