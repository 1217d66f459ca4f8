import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { generateKeyPairSync, randomUUID, sign, type KeyObject } from 'node:crypto';
import { expect } from '@jest/globals';
import { expectFailure } from './answers.js';
import { type Service } from './service.js';
import { until } from './waits.js';
import type { House } from './house.js';

/** A segment of a token; texts go in as they are. */
export function segment(value: unknown): string {
  return Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url');
}

/** A token with these very parts, signed with ECDSA over P-256 and SHA-256. */
export function signed(header: unknown, payload: unknown, key: KeyObject): string {
  const start = `${segment(header)}.${segment(payload)}`;
  const signature = sign('sha256', Buffer.from(start), { key, dsaEncoding: 'ieee-p1363' });
  return `${start}.${signature.toString('base64url')}`;
}

/** A key pair of ours whose private part the spec knows, as if somebody had stolen it: retired, so it signs nothing else. */
export async function leakedKey(house: House): Promise<{ kid: string; key: KeyObject }> {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const kid = randomUUID();
  const jwk = { ...publicKey.export({ format: 'jwk' }), kid, alg: 'ES256', use: 'sig' };
  await house.database.query(
    `INSERT INTO signing_keys (kid, algorithm, state, public_jwk, sealed_private, retired_at) VALUES ($1, 'ES256', 'RETIRED', $2, '\\x00', now())`,
    [kid, jwk],
  );
  return { kid, key: privateKey };
}

/** Waits until the service knows the key of a token that it should accept. */
export async function untilAccepted(service: Service, token: string): Promise<void> {
  const headers = { authorization: `Bearer ${token}` };
  await until('the token is accepted', async () => (await service.get('/api/auth/me', headers)).status === 200);
}

/** Something that a token may point at; it must never hear of it. */
export async function startTrap(): Promise<{ url: string; visits: string[]; close(): Promise<void> }> {
  const visits: string[] = [];
  const server = createServer((request, response) => {
    visits.push(request.url ?? '');
    response.end('{"keys":[]}');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    visits,
    close: () => new Promise((resolve) => server.close(() => resolve())),
  };
}

/** An API key for introspection, made by this admin. */
export async function inspector(service: Service, adminToken: string): Promise<Record<string, string>> {
  const wish = { name: 'attacks', scopes: ['tokens'], requestsPerMinute: 100_000 };
  const { status, body, text } = await service.post('/api/api-keys', wish, { authorization: `Bearer ${adminToken}` });
  if (status !== 201) throw new Error(text);
  return { 'x-api-key': body.data.key };
}

/** Expects that no door takes the token: both `me` routes 401, introspection `{active:false}` (or 400, unread, when over its length). */
export async function expectRefused(
  service: Service,
  what: string,
  token: string,
  key: Record<string, string>,
): Promise<void> {
  for (const path of ['/api/auth/me', '/auth/me']) {
    const answer = await service.get(path, { authorization: `Bearer ${token}` });
    expect({ what, path, status: answer.status }).toEqual({ what, path, status: 401 });
    expectFailure(answer, 401, 'invalid_token');
  }
  const seen = await service.post('/api/auth/introspect', { token }, key);
  if (token.length > 4096) expectFailure(seen, 400, 'validation_failed');
  else expect({ what, status: seen.status, body: seen.body }).toEqual({ what, status: 200, body: { active: false } });
}

/** Expects a quiet log: nothing at `error` or above, and nothing that looks like a token, whole or in part. */
export function expectQuietLog(service: Service, ...secrets: string[]): void {
  const lines = service.output().split('\n');
  expect(lines.filter((line) => /"level":[56]0\b/.test(line))).toEqual([]);
  expect(lines.filter((line) => /eyJ[\w-]{8}/.test(line))).toEqual([]);
  for (const secret of secrets.flatMap((each) => each.split('.')))
    expect([secret, service.output().includes(secret.slice(0, 30))]).toEqual([secret, false]);
}
