/** What staff did, and what happened to accounts, as the audit log tells it. */
import { before } from './chance.mjs';
import { idAt } from './ids.mjs';

/** How often admins look into logs and change accounts in a year. */
const ACTS = 170;

/** What an admin does with somebody's account, or with nobody's. */
const KINDS = [
  { type: 'user.unlocked', detail: null },
  { type: 'user.sessions_ended', detail: { count: 2 } },
  { type: 'user.changed', detail: { fields: ['fullName'] } },
  { type: 'user.changed', detail: { fields: ['email'] } },
  { type: 'user.password_removed', detail: null },
  { type: 'audit.read', detail: { as: 'json' }, isAboutNobody: true },
  { type: 'audit.read', detail: { as: 'csv', type: 'login.password', outcome: 'failure' }, isAboutNobody: true },
];

export function eventsOfStaff({ chance, now, people, keys, webhooks, applications }) {
  const [admin] = people;
  return [
    ...people.slice(1).flatMap((person) => eventsOfAccount(person, admin)),
    ...keys.flatMap((key) => eventsOfKey(key, admin)),
    ...webhooks.map(({ id, url, key, events, createdAt }) => {
      const detail = { host: new URL(url).host, events, apiKeyId: key === undefined ? null : keys[key].id };
      return done('webhook.created', createdAt, admin, id, detail);
    }),
    ...applications.map(({ id, name, kind, created_at: at }) =>
      done('oidc_client.created', at, admin, id, { kind, name }),
    ),
    ...Array.from({ length: ACTS }, () => somethingDone(chance, now, people)),
  ];
}

function eventsOfAccount(person, admin) {
  const { id, createdAt, endedAt, trouble, role } = person;
  const [type, actor] = trouble === 'registered' ? ['user.registered', person] : ['user.created', admin];
  return [
    done(type, createdAt, actor, id, { role }),
    ...(trouble === 'disabled' ? [done('user.changed', endedAt, admin, id, { fields: ['isActive'] })] : []),
    ...(trouble === 'erased' ? [done('user.erased', endedAt, admin, id)] : []),
  ];
}

function eventsOfKey({ id, name, scopes, requests_per_minute: requestsPerMinute, ...key }, admin) {
  const detail = { name, scopes, requestsPerMinute, expiresAt: key.expires_at };
  return [
    done('api_key.created', key.created_at, admin, id, detail),
    ...(key.revoked_at === null ? [] : [done('api_key.revoked', key.revoked_at, admin, id, { name })]),
  ];
}

/** In the hours of an office, by somebody who was there already. */
function somethingDone(chance, now, people) {
  const day = before(now, chance.whole(1, 360), 'day');
  day.setUTCHours(chance.whole(1, 9), chance.whole(0, 59), chance.whole(0, 59));
  const there = (person) => person.createdAt < day && person.trouble === null;
  const { type, detail, isAboutNobody = false } = chance.one(KINDS);
  const actor = chance.one(people.filter((person) => person.role === 'ADMIN' && there(person)));
  const subject = isAboutNobody ? null : chance.one(people.slice(3).filter(there)).id;
  return done(type, day, actor, subject, detail);
}

function done(type, at, actor, subject, detail = null) {
  return {
    ...{ id: idAt(at), occurred_at: at, type, outcome: 'success', user_id: actor.id, subject_id: subject },
    ...{ address: actor.addresses[0], request_id: idAt(at), detail },
  };
}
