import { createHmac } from 'node:crypto';
import { type Answer, type Service } from './service.js';
import { until } from './waits.js';
import type { House } from './house.js';

/** The bot's menu, letter for letter: docs/contract/dashboard.md#the-bot. */
export const MENU = [
  'Halo 👋',
  'Silakan pilih:',
  '1️⃣ Info',
  '2️⃣ Bantuan',
  '',
  'Ketik *agent* untuk berbicara dengan manusia.',
].join('\n');

let made = 0;

/** A message as Whapi delivers it: a text of this number, with an id of its own unless another is given. */
export function whapiMessage(
  phone: string,
  text?: string,
  more: Record<string, unknown> = {},
): Record<string, unknown> {
  made += 1;
  const digits = phone.replace(/^0/, '62').replace(/^\+/, '');
  return {
    id: `whapi.${process.pid}.${made}-spec`,
    from_me: false,
    type: 'text',
    chat_id: `${digits}@s.whatsapp.net`,
    timestamp: Math.floor(Date.now() / 1000),
    source: 'mobile',
    from: digits,
    from_name: 'Budi',
    ...(text === undefined ? {} : { text: { body: text } }),
    ...more,
  };
}

/** Delivers messages, or a whole body, to the webhook of Whapi. */
export function postWhapi(
  service: Service,
  messages: unknown[] | Record<string, unknown>,
  headers: Record<string, string> = {},
): Promise<Answer> {
  const event = { event: { type: 'messages', event: 'post' }, channel_id: 'MANTIS-SPEC1' };
  return service.post('/webhook/whapi', Array.isArray(messages) ? { messages, ...event } : messages, headers);
}

/** One text; fails when it was not taken. */
export async function say(service: Service, phone: string, text: string, more = {}): Promise<void> {
  const answer = await postWhapi(service, [whapiMessage(phone, text, more)]);
  if (answer.status !== 200) throw new Error(`not taken: ${answer.status} ${answer.text}`);
}

/** Delivers a body to the webhook of the Cloud API, signed as Meta does. */
export function postCloudApi(
  service: Service,
  body: unknown,
  appSecret: string,
  signature?: string,
  contentType = 'application/json',
): Promise<Answer> {
  const bytes = typeof body === 'string' ? body : JSON.stringify(body);
  const mac = createHmac('sha256', appSecret).update(bytes).digest('hex');
  return service.send('POST', '/webhook/cloud-api', bytes, {
    'content-type': contentType,
    'x-hub-signature-256': signature ?? `sha256=${mac}`,
  });
}

/** A body of the Cloud API with these messages of one number. */
export function cloudApiBody(phone: string, messages: object[], statuses: object[] = []): Record<string, unknown> {
  const digits = phone.replace(/^0/, '62').replace(/^\+/, '');
  const value = {
    messaging_product: 'whatsapp',
    metadata: { display_phone_number: '62800', phone_number_id: '1' },
    contacts: [{ profile: { name: 'Budi' }, wa_id: digits }],
    messages: messages.map((message) => ({ from: digits, type: 'text', ...message })),
    statuses,
  };
  return { object: 'whatsapp_business_account', entry: [{ id: '1', changes: [{ field: 'messages', value }] }] };
}

/** The state that the database keeps for a number; undefined when there is no conversation. */
export async function stateOf(house: House, e164: string): Promise<string | undefined> {
  const rows = await house.database.query<{ state: string }>('SELECT state FROM conversations WHERE phone = $1', [
    e164,
  ]);
  return rows[0]?.state;
}

/** Messages of a conversation that are kept, as `IN text`, in order. */
export async function kept(house: House, e164: string): Promise<string[]> {
  const rows = await house.database.query<{ direction: string; kind: string }>(
    'SELECT direction, kind FROM conversation_messages WHERE phone = $1 ORDER BY position',
    [e164],
  );
  return rows.map(({ direction, kind }) => `${direction} ${kind}`);
}

/** Waits until nothing of this number waits to be sent any more; then what its phone has got, oldest first. */
export async function answersTo(house: House, e164: string): Promise<string[]> {
  await until(`answers to ${e164} are sent`, async () => {
    const pending = await house.database.query(`SELECT 1 FROM messages WHERE recipient = $1 AND state = 'PENDING'`, [
      e164,
    ]);
    return pending.length === 0;
  });
  return house.fake.messagesFor(e164);
}
