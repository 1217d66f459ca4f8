/**
 * What the check finds and we know better, each with its reason. One that is no longer found fails the check.
 *
 * `file` is a file or a folder; `name` a statement, or the function around a question to the driver; `subject` a column.
 */
export const EXCEPTIONS = [
  ...[
    ['src/platform/database/connection/', 'What a session begins with, put together of settings; sent at every start.'],
    ['src/platform/database/migrations/', 'Scripts of Prisma, and commands with names of schemas.'],
    ['src/platform/database/partitions.ts', 'Commands with names of partitions.'],
    [
      'src/platform/database/database.ts',
      'Runs statements, which are checked where they are made, and texts of pg-boss.',
    ],
    ['src/platform/embedded-postgres/', 'Sets a server up that has no tables yet.'],
    ['src/platform/jobs/job-schema.ts', 'Texts of pg-boss.'],
  ].map(([file, reason]) => ({ file, kind: 'no-text', reason })),
  {
    name: 'messages_reclaim',
    kind: 'null',
    subject: 'sealed_content',
    reason: 'A message that is PENDING has it: messages_content_check.',
  },
  {
    name: 'gateway_messages_claim',
    kind: 'null',
    subject: 'sealed_content',
    reason: 'A message that is SENDING has it: gateway_messages_content_check.',
  },
  {
    name: 'signing_keys_insert_next',
    kind: 'null',
    subject: 'activates_at',
    reason: 'The statement writes it.',
  },
  {
    name: 'users_active_phones_among',
    kind: 'null',
    subject: 'phone',
    reason: 'The condition compares it, and nothing is equal to null.',
  },
  {
    name: 'codes_of',
    kind: 'null',
    subject: 'client_address',
    reason: 'Written together with current_user_id, which the condition compares.',
  },
  ...['created_at', 'expires_at'].map((subject) => ({
    name: 'codes_of',
    kind: 'null',
    subject,
    reason: 'A row that has current_session_id has it: otp_codes_current_check.',
  })),
];
