import { ownerOf } from '../rooms.mjs';

/**
 * A table is named in SQL, or reached through Prisma's model, only by the room that owns it (rooms.mjs). The room
 * is the one place to read when its rows look wrong. `platform/database/` may name every table: it migrates and translates the
 * constraints. `operations/analytics/`, the read side, may read every table and write none. Other rooms put the owner's `*.sql.ts` fragments into their own statements.
 *
 * It reads text and not SQL: what it looks for is a table's name where SQL would have one.
 */
const OWNERS = {
  'login/codes': {
    otp_codes: 'otpCode',
    otp_sessions: 'otpSession',
    device_guesses: 'deviceGuess',
    verifications: 'verification',
    verification_phones: 'verificationPhone',
  },
  'login/second-factor': {
    second_factors: 'secondFactor',
    recovery_codes: 'recoveryCode',
    passkeys: 'passkey',
    second_factor_challenges: 'secondFactorChallenge',
  },
  delivery: {
    messages: 'message',
    message_history: 'messageHistory',
    code_counts: 'codeCount',
    code_times: 'codeTime',
    code_recounts: 'codeRecount',
    codes_counted: 'codesCounted',
    developer_inbox: 'developerInboxMessage',
    provider_health: 'providerHealth',
  },
  'incoming/bot': { conversations: 'conversation', conversation_messages: 'conversationMessage' },
  'identity/users': { users: 'user', password_budgets: 'passwordBudget' },
  'identity/sessions': { login_sessions: 'loginSession', refresh_tokens: 'refreshToken', signing_keys: 'signingKey' },
  'identity/api-keys': { api_keys: 'apiKey' },
  'identity/people-import': { import_runs: 'importRun', import_rows: 'importRow', import_origins: 'importOrigin' },
  gateway: {
    gateway_sessions: 'gatewaySession',
    gateway_keys: 'gatewayKey',
    gateway_messages: 'gatewayMessage',
    gateway_commands: 'gatewayCommand',
    gateway_tickets: 'gatewayTicket',
    gateway_contacts: 'gatewayContact',
    gateway_media: 'gatewayMedia',
    gateway_media_chunks: 'gatewayMediaChunk',
    gateway_menus: 'gatewayMenu',
  },
  'login/oidc': { oidc_clients: 'oidcClient', oidc_artifacts: 'oidcArtifact' },
  'applications/webhooks': { webhooks: 'webhook', webhook_deliveries: 'webhookDelivery' },
  'records/activity': { activity_log: 'activityLog', activity_days: 'activityDay', activity_numbers: 'activityNumber' },
  'records/audit': {
    audit_events: 'auditEvent',
    refusal_counts: 'refusalCount',
    refusals_counted: 'refusalsCounted',
  },
  'platform/idempotency': { idempotency_keys: 'idempotencyKey' },
  'platform/limits': { rate_limits: 'rateLimit' },
  'platform/database': { auth_secrets: 'authSecretCheck' },
};

const tables = Object.entries(OWNERS).flatMap(([owner, owned]) =>
  Object.entries(owned).map(([table, model]) => ({ owner, table, model, patterns: patternsFor(table) })),
);

const PRISMA_METHOD = /^(find|create|update|upsert|delete|count$|aggregate$|groupBy$)/;

const PRISMA_READ = /^(find|count$|aggregate$|groupBy$)/;

/** Keywords after which SQL names a table; `update` needs its `set`, so that "update users" in prose passes. */
function patternsFor(table) {
  const name = `(?:only\\s+)?(?:"?public"?\\.)?"?${table}"?(?![\\w-])`;
  const named = [
    new RegExp(`\\b(?:insert\\s+into|merge\\s+into|delete\\s+from|from|join|table|truncate)\\s+${name}`, 'i'),
    new RegExp(`\\bupdate\\s+${name}\\s+(?:as\\s+)?(?:\\w+\\s+)?set\\b`, 'i'),
    new RegExp(`\\b(?:from|using)\\s[^;()]*,\\s*${name}`, 'i'),
  ];
  // A name with an underscore is no English word: with any keyword of SQL beside it, it is the table.
  const distinctive = new RegExp(
    `\\b(?:select|insert|update|delete|from|join|into|set|truncate)\\b[^]*\\b${table}\\b`,
    'i',
  );
  return table.includes('_') ? [...named, distinctive] : named;
}

/** SQL that changes rows or locks them. */
const WRITES =
  /\b(?:insert\s+into|update\s+\S+\s+(?:as\s+)?(?:\w+\s+)?set|delete\s+from|merge\s+into|truncate|for\s+(?:no\s+key\s+)?update)\b/i;

/** By the path below the repository, however the file was named. */
const ownerOfFile = (filename) => ownerOf(/(?:^|\/)(src\/.*)$/.exec(filename.replaceAll('\\', '/'))?.[1] ?? '');
const textOf = (node) =>
  node.type === 'TemplateLiteral' ? node.quasis.map(({ value }) => value.raw).join(' ? ') : node.value;
/** Texts of decorators are descriptions for people; import paths are no SQL either. */
const isProse = (ancestors) => ancestors.some(({ type }) => type === 'Decorator' || type.startsWith('Import'));

export default {
  meta: {
    type: 'problem',
    schema: [],
    messages: {
      foreign:
        'The table {{table}} belongs to {{owner}}/, and only that room names it. Call a method of {{owner}}/’s service; ' +
        'if one statement must join both (with its measured reason beside it), import the fragment that {{owner}}/ ' +
        'keeps in a *.sql.ts file and compose it in your repository.',
    },
  },
  create(context) {
    const room = ownerOfFile(context.filename);
    if (room === undefined || room === 'platform/database') return {};
    const foreign = tables.filter(({ owner }) => owner !== room);
    const report = (node, { table, owner }) => context.report({ node, messageId: 'foreign', data: { table, owner } });

    function checkText(node) {
      const text = textOf(node);
      if (typeof text !== 'string' || isProse(context.sourceCode.getAncestors(node))) return;
      if (room === 'operations/analytics' && !WRITES.test(text)) return;
      for (const entry of foreign) if (entry.patterns.some((pattern) => pattern.test(text))) report(node, entry);
    }

    return {
      Literal: checkText,
      TemplateLiteral: checkText,
      /** `prisma.otpSession.findFirst(…)`, whatever the client is called. */
      'CallExpression > MemberExpression.callee[object.type="MemberExpression"]'(node) {
        const entry = foreign.find(({ model }) => model === node.object.property.name);
        const method = node.property.name ?? '';
        if (room === 'operations/analytics' && PRISMA_READ.test(method)) return;
        if (entry && PRISMA_METHOD.test(method)) report(node.object.property, entry);
      },
    };
  },
};
