/** What people have written on WhatsApp in the last months, and who answered. The bot answers by the service's own rules. */
import { react } from '../../build/incoming/bot/menu.js';
import { botText } from '../../build/incoming/bot/bot-texts.js';
import { settingsFrom } from '../../build/settings.js';
import { before } from './chance.mjs';
import { idAt } from './ids.mjs';
import { insertRows } from './rows.mjs';
import { TALKS } from './words.mjs';

/** The longest time that a conversation has rested, in days: they are kept for ninety. */
const OLDEST = 85;

/** @param writers whose conversations these are: `phone`, and `fullName` or null; the newest first */
export async function writeConversations(client, { chance, now, writers, staff, seal }) {
  const settings = settingsFrom({});
  const talks = writers.map((writer, at) => {
    const end = before(now, 4 + OLDEST * 24 * 60 * (at / writers.length) ** 2, 'minute');
    return new Conversation({ chance, writer, staff, seal, settings }).hold(at % TALKS.length, end);
  });
  await insertRows(
    client,
    'conversations',
    talks.map((talk) => talk.row),
  );
  const messages = talks.flatMap((talk) => talk.messages);
  await insertRows(client, 'conversation_messages', messages);
  await insertRows(
    client,
    'message_history',
    talks.flatMap((talk) => talk.sent),
  );
}

class Conversation {
  messages = [];
  /** What became of the answers. */
  sent = [];
  state = 'BOT';
  unread = 0;
  answeredAt = [];

  constructor(made) {
    Object.assign(this, made);
  }

  /** Some talks one after the other, of which the last one ends then. */
  hold(which, end) {
    const { chance, writer } = this;
    const earlier = chance.is(0.3) ? [chance.whole(0, TALKS.length - 1)] : [];
    let at = before(end, earlier.length * 3 + 0.02, 'day');
    this.startedAt = at;
    for (const talk of [...earlier, which]) {
      if (talk === which) at = before(end, TALKS[talk].length * 1.2, 'minute');
      for (const [who, text] of TALKS[talk]) {
        at = before(at, -chance.whole(8, 50), 'second');
        if (who === 'staff') this.staffSays(text, at);
        else this.personSays(who, text, at);
      }
    }
    const last = this.messages.at(-1).created_at;
    this.row = {
      phone: writer.phone,
      state: this.state,
      sealed_name: writer.fullName === null ? null : this.seal.name(writer.fullName, writer.phone),
      last_provider: 'whapi',
      last_position: this.messages.length,
      unread: this.unread,
      answered_at: this.answeredAt,
      created_at: this.startedAt,
      last_activity_at: last,
    };
    return this;
  }

  personSays(who, text, at) {
    const kind = who === 'in' ? 'text' : who;
    const id = idAt(at);
    const media = kind === 'text' ? null : { id: `demo-${id}`, url: null, mimeType: null, fileName: text };
    const content = { text: kind === 'text' ? text : null, media, sentAt: at.toISOString() };
    const from = { provider: 'whapi', provider_message_id: `demo.${id}` };
    this.say({ id, direction: 'IN', kind, content, at, ...from });
    this.unread += 1;
    const { state, answer } = react(this.state, { kind, text: content.text, media });
    this.state = state;
    if (answer !== null) this.answer(botText(answer, this.settings), before(at, -1, 'second'), null);
  }

  staffSays(text, at) {
    this.state = 'AGENT';
    this.unread = 0;
    this.answer(text, at, this.chance.one(this.staff).id);
  }

  answer(text, at, sentBy) {
    const id = idAt(at);
    this.say({ id, direction: 'OUT', kind: 'text', content: { text, media: null, sentAt: null }, at, sentBy });
    if (sentBy === null) this.answeredAt.push(at);
    const later = (seconds) => before(at, -seconds, 'second');
    this.sent.push({
      ...{ id, purpose: 'text', recipient: this.writer.phone, user_id: null, state: 'READ', attempts: 1 },
      ...{
        provider: 'whapi',
        provider_message_id: `demo.${id}`,
        created_at: at,
        closed_at: later(0.3),
        accept_ms: 300,
      },
      ...{ sent_at: later(1), delivered_at: later(2), read_at: later(6), refused_by: [] },
    });
  }

  say({ id, direction, kind, content, at, provider = null, provider_message_id = null, sentBy = null }) {
    this.messages.push({
      ...{ id, phone: this.writer.phone, position: this.messages.length + 1, direction, kind },
      ...{ sealed_content: this.seal.content(content, id), provider, provider_message_id },
      ...{ sent_by: sentBy, created_at: at },
    });
  }
}
